import { andThen, isPromise } from '../awaitable.js'
import { removeExpired } from '../commit/end-session.js'
import { type Followed, successorOf } from '../commit/successor.js'
import type { SessionContext } from '../context.js'
import type { Identity } from '../cookie/cookie-format.js'
import { SessionDataError } from '../errors.js'
import { elapsedSince, startTime } from '../events.js'
import { Draft } from '../session/draft.js'
import type { Values } from '../session/serializer.js'
import { type SessionPhase, SessionState, type SessionStatus } from '../session/session-state.js'
import { examine, type StoredSession, unstored } from '../session/stored-session.js'
import type { Awaitable, SessionRecord } from '../store/store.js'
import { identify } from './identify.js'

/**
 * The session of a request: the first that its cookies open, or a new, empty one. A cookie that verifies but opens
 * nothing does not hide one that does, and an id that the client chose is never taken over.
 *
 * @throws SessionStoreError if the store fails: an outage is not a missing session
 * @throws SessionDataError if its data is not usable, and `onInvalidData` says so
 */
export function loadSession(
  context: SessionContext,
  values: readonly string[],
  phase: SessionPhase,
): Awaitable<SessionState> {
  return andThen(identify(context, values), (identities) => openFirst(context, identities, phase))
}

/** The session of this identity, or a new one. */
export function loadIdentity(
  context: SessionContext,
  identity: Identity,
  phase: SessionPhase,
): Awaitable<SessionState> {
  return openFirst(context, [identity], phase)
}

/** A session that is not stored. It will be when there is something in it. */
export function newSession(context: SessionContext, phase: SessionPhase, status: SessionStatus = 'live'): SessionState {
  const stored = unstored(context)
  return new SessionState(
    context.format.create(),
    stored,
    new Draft(stored.content, {}, context.serializer),
    status,
    phase,
  )
}

function openFirst(
  context: SessionContext,
  identities: readonly Identity[],
  phase: SessionPhase,
  index = 0,
  status: SessionStatus = 'live',
): Awaitable<SessionState> {
  const identity = identities[index]
  if (identity === undefined) return newSession(context, phase, status)
  const next = (status: SessionStatus): Awaitable<SessionState> =>
    openFirst(context, identities, phase, index + 1, status)
  return andThen(openOne(context, identity, phase), (opened) => {
    // The marker of a superseded session matters only where no session lives.
    if (typeof opened === 'string') return next(opened === 'superseded' ? opened : status)
    for (const { id } of identities.slice(index + 1)) context.emit?.({ type: 'rejected', reason: 'duplicate', id })
    context.warnings.cookieReturned()
    return opened
  })
}

/** The session of one cookie, or why there is none. */
function openOne(
  context: SessionContext,
  identity: Identity,
  phase: SessionPhase,
  isSecondLook = false,
): Awaitable<SessionState | 'none' | 'superseded'> {
  const started = startTime(context.emit)
  return andThen(identity.store.load(identity.id), (record) => {
    const found = examine(context, record)
    switch (found.is) {
      case 'session':
        return unpack(context, { identity, session: found.session }, phase, started)
      case 'superseded':
        return andThen(successorOf(context, identity, found.successor), (followed) => {
          if (followed === undefined) return 'superseded'
          return andThen(unpack(context, followed, phase, started), (opened) => {
            // The answer that brought the new cookie was lost, or is under way.
            if (opened !== 'none') opened.cookie = 'due'
            return opened
          })
        })
      case 'data':
        return refuse(context, identity, started, new SessionDataError('is not what this library stores'))
      case 'ended':
        // Its sign-out is under way, and opens it again if it fails: nothing is begun in its place meanwhile.
        reject(context, identity, 'unknown', started)
        return 'superseded'
      case 'expired':
        return andThen(removeExpired(context, identity, record as SessionRecord), (isRemoved) =>
          // Somebody who came just in time has extended it.
          isRemoved || isSecondLook
            ? reject(context, identity, found.is, started)
            : openOne(context, identity, phase, true),
        )
      default:
        return reject(context, identity, found.is, started)
    }
  })
}

function unpack(
  context: SessionContext,
  { identity, session }: Followed,
  phase: SessionPhase,
  started: number,
): Awaitable<SessionState | 'none'> {
  const { serializer, emit } = context
  const { content } = session
  const { id } = identity
  const duration = startTime(emit) - started
  const admit = (values: Values): SessionState => {
    emit?.({ type: 'loaded', id, duration })
    return new SessionState(identity, session, new Draft(content, values, serializer), 'live', phase)
  }
  const fail = (error: unknown): Awaitable<'none'> => refuse(context, identity, started, error, session)
  try {
    const values = serializer.decode(content.data, content.version)
    return isPromise(values) ? values.then(admit, fail) : admit(values)
  } catch (error) {
    return fail(error)
  }
}

/** Data that is not usable. That of a newer version of the application is never given up. */
function refuse(
  context: SessionContext,
  identity: Identity,
  started: number,
  error: unknown,
  session?: StoredSession,
): 'none' {
  const isNewer = session !== undefined && session.content.version > context.serializer.version
  if (context.onInvalidData === 'throw' || isNewer) throw error
  return reject(context, identity, 'data', started)
}

function reject(
  { emit }: SessionContext,
  { id }: Identity,
  reason: 'unknown' | 'expired' | 'data',
  started: number,
): 'none' {
  emit?.({ type: 'rejected', reason, id, duration: elapsedSince(started) })
  return 'none'
}
