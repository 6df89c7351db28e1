import { isPromise } from '../awaitable.js'
import type { SessionContext } from '../context.js'
import type { Identity } from '../cookie/cookie-format.js'
import { elapsedSince, startTime } from '../events.js'
import { Draft } from '../session/draft.js'
import type { Values } from '../session/serializer.js'
import { type SessionPhase, SessionState, type SessionStatus } from '../session/session-state.js'
import { type StoredSession, unstored } from '../session/stored-session.js'
import type { Awaitable } from '../store/store.js'

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

/** The session of a record. `none`: its data is not usable. */
export function unpack(
  context: SessionContext,
  identity: Identity,
  session: StoredSession,
  phase: SessionPhase,
  started: number,
): Awaitable<SessionState | 'none'> {
  const { data, version } = session.content
  const duration = startTime(context.emit) - started
  try {
    const values = context.serializer.decode(data, version)
    return isPromise(values)
      ? admitLater(context, identity, session, phase, started, duration, values)
      : admit(context, identity, session, phase, duration, values)
  } catch (error) {
    return refuse(context, identity, started, error, session)
  }
}

// Of its own, so that a read that waits for nothing makes no closure.
async function admitLater(
  context: SessionContext,
  identity: Identity,
  session: StoredSession,
  phase: SessionPhase,
  started: number,
  duration: number,
  values: Promise<Values>,
): Promise<SessionState | 'none'> {
  try {
    return admit(context, identity, session, phase, duration, await values)
  } catch (error) {
    return refuse(context, identity, started, error, session)
  }
}

function admit(
  { serializer, emit }: SessionContext,
  identity: Identity,
  session: StoredSession,
  phase: SessionPhase,
  duration: number,
  values: Values,
): SessionState {
  emit?.({ type: 'loaded', id: identity.id, duration })
  return new SessionState(identity, session, new Draft(session.content, values, serializer), 'live', phase)
}

/** Data that is not usable. That of a newer version of the application is never given up. */
export function refuse(
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

/** Tells why there is no session. */
export function reject(
  { emit }: SessionContext,
  { id }: Identity,
  reason: 'unknown' | 'expired' | 'data',
  started: number,
): 'none' {
  emit?.({ type: 'rejected', reason, id, duration: elapsedSince(started) })
  return 'none'
}
