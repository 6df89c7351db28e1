import { andThen, isPromise, toPromise } from '../awaitable.js'
import type { Identity } from '../cookie/cookie-format.js'
import { SessionConflictError, SessionError } from '../errors.js'
import { elapsedSince, startTime } from '../events.js'
import { Draft } from '../session/draft.js'
import { SessionState } from '../session/session-state.js'
import { type StoredSession, unmoved } from '../session/stored-session.js'
import type { Awaitable } from '../store/store.js'
import type { CommitContext } from './commit-context.js'
import { backOff, MAX_ATTEMPTS, MAX_ATTEMPTS_ALONE, reload } from './compare-and-set.js'
import { endSession } from './end-session.js'

/** A stored session, by its id alone; `undefined` if it is gone. */
export function find(context: CommitContext, identity: Identity): Awaitable<SessionState | undefined> {
  return andThen(reload(context, identity), (found) =>
    found.is === 'session' ? stateOf(context, identity, found.session) : undefined,
  )
}

/**
 * Changes a stored session without a request. `change` runs again if another writer has won. It is no use of the session,
 * so its expiry stays where it is, unless its lifetime changes.
 */
export async function edit(
  context: CommitContext,
  identity: Identity,
  change: (state: SessionState) => void,
): Promise<boolean> {
  const started = startTime(context.emit)
  const limit = context.queue === undefined ? MAX_ATTEMPTS_ALONE : MAX_ATTEMPTS
  for (let attempt = 1; attempt <= limit; attempt++) {
    const state = await find(context, identity)
    if (state === undefined) return false
    state.isUse = false
    applyChange(() => change(state))
    // What somebody does with the session from here on would be lost, also while the schema is at work.
    state.phase = 'closed'
    if (state.regeneration !== undefined) {
      throw new SessionError('ERR_SESSION_UNSUPPORTED', 'A session can not be regenerated without its request')
    }
    if (state.status === 'destroyed') {
      const isDestroyed =
        (await endSession(context, identity, { is: 'session', session: state.stored })) === 'destroyed'
      if (isDestroyed) context.emit?.({ type: 'destroyed', id: identity.id, duration: elapsedSince(started) })
      return isDestroyed
    }
    const { content, isChanged } = await state.draft.seal()
    if (!isChanged) return true
    state.stored = unmoved(context, state.stored, content)
    if (await identity.store.update(identity.id, state.stored.record)) {
      context.emit?.({ type: 'saved', id: identity.id, duration: elapsedSince(started) })
      return true
    }
    await backOff(attempt)
  }
  throw new SessionConflictError(limit)
}

/** @throws TypeError for a change that would go on when it is stored already */
export function applyChange(change: () => unknown): void {
  const returned = toPromise(change())
  if (!isPromise(returned)) return
  returned.catch(() => {})
  throw new TypeError('fetch-sessions: the function that changes a session must not be async')
}

function stateOf(context: CommitContext, identity: Identity, session: StoredSession): Awaitable<SessionState> {
  const { data, version } = session.content
  return andThen(context.serializer.decode(data, version), (values) => {
    return new SessionState(identity, session, new Draft(session.content, values, context.serializer), 'live', 'open')
  })
}
