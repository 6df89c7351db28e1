import { andThen, isPromise } from '../awaitable.js'
import { removeExpired } from '../commit/end-session.js'
import { successorOf } from '../commit/old-id-grace.js'
import type { SessionContext } from '../context.js'
import type { Identity } from '../cookie/cookie-format.js'
import { SessionDataError } from '../errors.js'
import { startTime } from '../events.js'
import type { Successor } from '../session/record-meta.js'
import { type EndingSession, type SessionPhase, SessionState } from '../session/session-state.js'
import { examine } from '../session/stored-session.js'
import type { Awaitable, SessionRecord } from '../store/store.js'
import { newSession, refuse, reject, unpack } from './load-outcome.js'
import { verifyCookies } from './verify-cookies.js'

/**
 * The session of a request: the first that its cookies open, or a new, empty one. A cookie that verifies but opens
 * nothing does not hide one that does, and an id that the client chose is never taken over.
 *
 * `header`: the text of all cookies, for sessions of another library that go on with ours. A visitor who has a cookie of
 * ours goes by that one.
 *
 * @throws SessionStoreError if the store fails: an outage is not a missing session
 * @throws SessionDataError if its data is not usable, and `onInvalidData` says so
 */
export function loadSession(
  context: SessionContext,
  values: readonly string[],
  header: string,
  phase: SessionPhase,
): Awaitable<SessionState> {
  return andThen(verifyCookies(context, values), openOrMoveIn, context, header, phase)
}

function openOrMoveIn(
  identities: readonly Identity[],
  context: SessionContext,
  header: string,
  phase: SessionPhase,
): Awaitable<SessionState> {
  identities = context.format.newest?.(identities) ?? identities
  return identities.length === 0 && context.oldSessions !== undefined
    ? context.oldSessions.load(context, header, phase)
    : openFirst(context, identities, phase)
}

/** The session of this identity, or a new one. */
export function loadIdentity(
  context: SessionContext,
  identity: Identity,
  phase: SessionPhase,
): Awaitable<SessionState> {
  return openFirst(context, [identity], phase)
}

function openFirst(
  context: SessionContext,
  identities: readonly Identity[],
  phase: SessionPhase,
  index = 0,
  left: Left = 'none',
): Awaitable<SessionState> {
  const identity = identities[index]
  if (identity === undefined) return inPlaceOf(context, left, phase)
  return andThen(openOne(context, identity, phase), takeOrGoOn, context, identities, phase, index, left)
}

/** An empty session, where none lives. */
function inPlaceOf(context: SessionContext, left: Left, phase: SessionPhase): SessionState {
  const state = newSession(context, phase, left === 'none' ? 'live' : 'superseded')
  if (typeof left === 'object') state.ending = left
  return state
}

/** The session that one cookie has opened, or that of the next one. */
function takeOrGoOn(
  opened: SessionState | Left,
  context: SessionContext,
  identities: readonly Identity[],
  phase: SessionPhase,
  index: number,
  left: Left,
): Awaitable<SessionState> {
  // What is left of a session matters only where no session lives.
  if (!(opened instanceof SessionState))
    return openFirst(context, identities, phase, index + 1, opened === 'none' ? left : opened)
  for (let rest = index + 1; rest < identities.length; rest++)
    context.emit?.({ type: 'rejected', reason: 'duplicate', id: (identities[rest] as Identity).id })
  context.warnings.cookieReturned()
  return opened
}

/** What there is in the place of a session. */
type Left = 'none' | 'superseded' | EndingSession

/** The session of one cookie, or why there is none. */
function openOne(
  context: SessionContext,
  identity: Identity,
  phase: SessionPhase,
  isSecondLook = false,
): Awaitable<SessionState | Left> {
  const started = startTime(context.emit)
  return andThen(identity.store.load(identity.id), openRecord, context, identity, phase, isSecondLook, started)
}

function openRecord(
  record: SessionRecord | undefined,
  context: SessionContext,
  identity: Identity,
  phase: SessionPhase,
  isSecondLook: boolean,
  started: number,
): Awaitable<SessionState | Left> {
  const found = examine(context, record)
  switch (found.is) {
    case 'session':
      return unpack(context, identity, found.session, phase, started)
    case 'superseded':
      return openSuccessor(context, identity, found.successor, phase, started)
    case 'data':
      return refuse(context, identity, started, new SessionDataError('is not what this library stores'))
    case 'ended':
      // Its sign-out is under way, and opens it again if it fails: nothing is begun in its place meanwhile.
      reject(context, identity, 'unknown', started)
      return { identity, record: found.record }
    case 'expired':
      return andThen(
        removeIfPossible(context, identity, record as SessionRecord),
        rejectOrLookAgain,
        context,
        identity,
        phase,
        isSecondLook,
        started,
      )
    default:
      return reject(context, identity, found.is, started)
  }
}

async function openSuccessor(
  context: SessionContext,
  identity: Identity,
  successor: Successor,
  phase: SessionPhase,
  started: number,
): Promise<SessionState | Left> {
  const followed = await successorOf(context, identity, successor)
  if (followed === undefined) return 'superseded'
  const opened = await unpack(context, followed.identity, followed.session, phase, started)
  // The answer that brought the new cookie was lost, or is under way.
  if (opened !== 'none') opened.cookie = 'due'
  return opened
}

function rejectOrLookAgain(
  isRemoved: boolean,
  context: SessionContext,
  identity: Identity,
  phase: SessionPhase,
  isSecondLook: boolean,
  started: number,
): Awaitable<SessionState | Left> {
  // Somebody who came just in time has extended it.
  return isRemoved || isSecondLook
    ? reject(context, identity, 'expired', started)
    : openOne(context, identity, phase, true)
}

/** As `removeExpired`. Where the store takes no writes, what is over is over all the same. */
function removeIfPossible(context: SessionContext, identity: Identity, record: SessionRecord): Awaitable<boolean> {
  const leave = (error: unknown): boolean => {
    context.emit?.({ type: 'dropped', id: identity.id, reason: 'store', error })
    return true
  }
  try {
    const removed = removeExpired(context, identity, record)
    return isPromise(removed) ? removed.catch(leave) : removed
  } catch (error) {
    return leave(error)
  }
}
