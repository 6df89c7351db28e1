import { andThen } from '../awaitable.js'
import type { PersistencePolicy, SessionContext } from '../context.js'
import type { Identity } from '../cookie/cookie-format.js'
import { SessionConflictError } from '../errors.js'
import { stopwatch } from '../events.js'
import type { Sealed } from '../session/draft.js'
import { expiryWhenUsed, isCookieDue, isTouchDue } from '../session/lifetime.js'
import type { SessionState } from '../session/session-state.js'
import { contentOf, metaOf, nextVersion, type StoredSession } from '../session/stored-session.js'
import type { Awaitable } from '../store/store.js'
import { applyAll, type PendingWrite, pending, reload, writeShared } from './compare-and-set.js'

/** What a save does in the store; named as the event that tells of it. */
type StoreAction = 'created' | 'saved' | 'regenerated' | 'touched' | 'destroyed'

/**
 * Makes the store agree with what a request did to its session. Not a promise if nothing has to be waited for.
 * @throws SessionError if it could not be stored; what is to be stored is then still there to be saved again
 */
export function persist(
  context: SessionContext,
  state: SessionState,
  policy: PersistencePolicy = context.persistence,
): Awaitable<void> {
  const type = decide(context, state, policy)
  if (type === undefined) return
  // As they are now: what is asked for while this save is under way is the next one's.
  const { draft, identity, regenerates, stored: before } = state
  const { emit } = context
  // From here on the store may hear of the id, whatever it answers.
  state.isIdKnown = true
  return andThen(draft.seal(before.record.data), (changes) => {
    const started = stopwatch(emit)
    return andThen(store(context, type, state, changes), (stored) => {
      const event = { id: state.identity.id, duration: stopwatch(emit) - started }
      if (stored === undefined) {
        state.end()
        return emit?.(type === 'destroyed' ? { type, ...event } : { type: 'dropped', reason: 'gone', ...event })
      }
      return andThen(draft.acceptStored(changes, contentOf(stored)), () => {
        state.stored = stored
        state.isSaved = true
        if (regenerates) state.regenerates = false
        state.isCookieDue ||= state.identity !== identity || isNewsForBrowser(identity, before, stored)
        emit?.(type === 'regenerated' ? { type, previousId: identity.id, ...event } : { type, ...event })
      })
    })
  })
}

/** Whether the cookie that came does not do any more. */
function isNewsForBrowser(
  { stale, isShared }: Identity,
  before: StoredSession,
  { record, lifetime }: StoredSession,
): boolean {
  return (
    stale ||
    !isShared ||
    before.record.meta !== record.meta ||
    before.record.version === 0 ||
    (lifetime.persistent && isCookieDue(before.record, record, lifetime))
  )
}

/** What has to be done, from the state alone. */
function decide(
  context: SessionContext,
  { isDestroyed, isGone, isLate, isNew, isSaved, draft, regenerates, stored }: SessionState,
  policy: PersistencePolicy,
): StoreAction | undefined {
  if (isGone) return undefined
  const hasChanges = draft.hasChanges()
  if (isNew) {
    const isWorthIt = draft.keys.length > 0 || draft.owner !== undefined || policy === 'always'
    return isWorthIt && !isDestroyed && !isLate ? 'created' : undefined
  }
  if (isDestroyed) return 'destroyed'
  if (regenerates) return 'regenerated'
  if (hasChanges) return 'saved'
  const { record, expiresAt, lifetime, own } = stored
  const isUseNoted = policy === 'changed' || isSaved
  if (isUseNoted && !isTouchDue(context.now(), record.createdAt, expiresAt, lifetime)) return undefined
  // A touch leaves the notes alone, and the expiry must agree with the idle timeout that is noted.
  return record.meta === metaOf(context, own) ? 'touched' : 'saved'
}

/** What is stored then; `undefined` if the record is gone, and with it what was to be stored. */
function store(
  context: SessionContext,
  action: StoreAction,
  state: SessionState,
  changes: Sealed,
): Awaitable<StoredSession | undefined> {
  const { identity, stored: base } = state
  switch (action) {
    case 'created':
      return create(identity, nextVersion(context, changes, base.record.createdAt, 1))
    case 'touched':
      return touch(context, state)
    case 'destroyed':
      return andThen(identity.store.delete(identity.id), () => undefined)
    case 'regenerated':
      return context.queue.submit(identity.id, pending(true, changes, base), ([write], newest) =>
        regenerate(context, state, write as PendingWrite, newest ?? base),
      )
    case 'saved':
      // What travels in a cookie is written by its own request only.
      return context.queue.submit(identity.id, pending(!identity.isShared, changes, base), (batch, newest) =>
        writeShared(context, identity, batch, newest),
      )
  }
}

/** Writes a new record. An existing one is never overwritten. */
function create({ id, store }: Identity, session: StoredSession): Awaitable<StoredSession> {
  return andThen(store.create(id, session.record), (isCreated) => {
    if (!isCreated) throw new SessionConflictError(1)
    return session
  })
}

function touch(context: SessionContext, { identity, stored }: SessionState): Awaitable<StoredSession | undefined> {
  const { record, lifetime } = stored
  const now = context.now()
  const expiresAt = expiryWhenUsed(now, record.createdAt, lifetime)
  const touching = now < stored.expiresAt && identity.store.touch(identity.id, expiresAt, record.version)
  return andThen(touching, (isTouched) =>
    isTouched ? { ...stored, record: { ...record, expiresAt }, expiresAt } : undefined,
  )
}

/** The new record first, then the old one goes. If that fails, the new one is taken back. */
async function regenerate(
  context: SessionContext,
  state: SessionState,
  write: PendingWrite,
  base: StoredSession,
): Promise<undefined> {
  const { identity: old } = state
  const identity = await context.carrier.issue()
  const { id, store } = identity
  const build = async (base: StoredSession, version: number): Promise<StoredSession> => {
    const next = await applyAll(context, [write], base)
    if (write.failure) throw write.failure.error
    return { ...next, record: { ...next.record, version } }
  }
  let isReplaced = false
  try {
    write.stored = await create(identity, await build(base, 1))
    // What others have stored by now comes along, and a session that is gone is not brought back.
    const newest = await reload(context, old)
    if (newest !== undefined && newest.record.version > base.record.version) {
      write.stored = await build(newest, 2)
      if (!(await store.update(id, write.stored.record))) throw new SessionConflictError(1)
    }
    isReplaced = newest !== undefined && (await old.store.delete(old.id))
  } finally {
    if (isReplaced) state.identity = identity
    else if (write.stored !== undefined) {
      write.stored = undefined
      await store.delete(id)
    }
  }
}
