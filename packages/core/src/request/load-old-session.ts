import { reload } from '../commit/compare-and-set.js'
import { askOld, claimOn, moveIn } from '../commit/move-in.js'
import { successorOf } from '../commit/old-id-grace.js'
import type { SessionContext } from '../context.js'
import { randomText } from '../cookie/base64url.js'
import { LONGEST_FINGERPRINT } from '../cookie/cookie-attributes.js'
import type { Identity } from '../cookie/cookie-format.js'
import { isSessionError, SessionDataError } from '../errors.js'
import { startTime } from '../events.js'
import { Draft } from '../session/draft.js'
import type { Arrival, Move, OldSession, OldSessions } from '../session/old-sessions.js'
import { WritableView } from '../session/session.js'
import { type SessionPhase, SessionState } from '../session/session-state.js'
import { storedAs } from '../session/stored-session.js'
import type { Awaitable } from '../store/store.js'
import { newSession, unpack } from './load-outcome.js'

/**
 * The session of a visitor who has no cookie of ours: what the first good one of another library brings, under a new
 * id, or a new, empty one. It is stored when it is committed, like any new session.
 */
export function loadOldSession(
  context: SessionContext,
  oldSessions: OldSessions,
  header: string,
  phase: SessionPhase,
): Awaitable<SessionState> {
  if (oldSessions.cookies(header).length === 0) return newSession(context, phase)
  return loadByOldCookie(context, oldSessions, header, phase)
}

async function loadByOldCookie(
  context: SessionContext,
  oldSessions: OldSessions,
  header: string,
  phase: SessionPhase,
): Promise<SessionState> {
  for (const old of await askOld(context, 'find', () => oldSessions.find(header))) {
    if ('reason' in old) context.emit?.({ type: 'rejected', ...old })
    else {
      const state = await openOld(context, oldSessions, old, phase)
      if (state !== undefined) return state
    }
  }
  return newSession(context, phase)
}

async function openOld(
  context: SessionContext,
  { grace, isKept }: OldSessions,
  old: OldSession,
  phase: SessionPhase,
): Promise<SessionState | undefined> {
  const claim = await claimOn(context, old)
  const { from } = old
  try {
    // 1. Others have brought it already, a moment ago or long since.
    const before = claim && (await followClaim(context, claim, phase))
    if (before !== undefined) return before === 'none' ? reject(context, from) : before
    // 2. What it brings.
    const arrival = await askOld(context, `load of ${from}`, () => old.load())
    if (arrival !== undefined)
      return await stateOf(context, moveOf(context, { old, claim, nonce: randomText(), grace, isKept }), arrival, phase)
  } catch (error) {
    return refuse(context, from, error)
  }
  // 3. Others have brought it meanwhile, and ended it there.
  const since = claim && (await followClaim(context, claim, phase))
  return since === undefined || since === 'none' ? reject(context, from) : since
}

/**
 * The session that an old one has become. `undefined`: it has not moved. `none`: it has, but its cookie leads nowhere
 * now.
 */
async function followClaim(
  context: SessionContext,
  claim: Identity,
  phase: SessionPhase,
): Promise<SessionState | 'none' | undefined> {
  const started = startTime(context.emit)
  const found = await reload(context, claim)
  if (found.is === 'ended') return 'none'
  // One that is over stays where it is: the next one replaces it. Another request may have done so by now.
  if (found.is !== 'superseded') return undefined
  const followed = await successorOf(context, claim, found.successor)
  const opened = followed && (await unpack(context, followed.identity, followed.session, phase, started))
  if (opened === undefined || opened === 'none') return 'none'
  opened.cookie = 'due'
  return opened
}

/** What of a move is known before anything is stored, and how it is stored. */
function moveOf(context: SessionContext, known: Omit<Move, 'store'>): Move {
  return {
    ...known,
    store(identity, session) {
      return moveIn(context, identity, this, session)
    },
  }
}

/** A session that holds what an old one brings. Not stored yet. */
async function stateOf(
  context: SessionContext,
  move: Move,
  { data, owner, label, lifetime }: Arrival,
  phase: SessionPhase,
): Promise<SessionState | undefined> {
  const { format, serializer, now, isAtomic } = context
  const { old, claim, nonce = '', grace, isKept } = move
  const { draft, identity } = await filled(context, (session) => {
    for (const key of Object.keys(data)) session.set(key, data[key])
    session.setOwner(owner)
    session.setLabel(label)
    session.setLifetime(lifetime)
  })
  if (draft.isEmpty) return undefined
  let { content } = await draft.seal()
  // It stays beside ours: those who were sent at the same time, and do not see the note, have to find the old one itself.
  if (isKept || (old.key !== undefined && !(claim && isAtomic)))
    content = { ...content, own: { ...content.own, old: now() + grace * 1000 } }
  const frame = { createdAt: now(), version: 0, lastUse: now(), cookie: undefined }
  // Where it is to live in its cookie, that has to have room for it.
  format.checkFit?.(identity, storedAs(context, content, { ...frame, cookie: LONGEST_FINGERPRINT }).record)
  const known = claim && (await format.succeed(claim, nonce, 0))
  // As if it had been stored so: what the request changes of it are changes.
  const stored = storedAs(context, content, frame)
  const values = await serializer.decode(content.data, content.version)
  const state = new SessionState(known ?? identity, stored, new Draft(content, values, serializer), 'live', phase)
  state.move = move
  return state
}

/** @throws SessionDataError if this is nothing that a session can hold; SessionTooLargeError if the owner is too long */
async function filled(
  context: SessionContext,
  fill: (session: WritableView<Record<string, unknown>>) => void,
): Promise<SessionState> {
  const state = newSession(context, 'open')
  try {
    fill(new WritableView(context, state))
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new SessionDataError(`that another library's session brings can not be kept: ${error.message}`)
  }
  return state
}

function reject({ emit }: SessionContext, from: string): undefined {
  emit?.({ type: 'rejected', reason: 'unknown', from })
}

/** The old cookie stays as it is: what can't be brought in today may be tomorrow. */
function refuse({ emit, onInvalidData }: SessionContext, from: string, error: unknown): undefined {
  if (onInvalidData === 'throw' || !isDataError(error)) throw error
  emit?.({ type: 'rejected', reason: 'data', from, error })
}

/** Whether it is nothing that a session can hold, or more than it can. */
function isDataError(error: unknown): boolean {
  return isSessionError(error) && (error.code === 'ERR_SESSION_DATA' || error.code === 'ERR_SESSION_TOO_LARGE')
}
