import { andThen, isPromise } from './awaitable.js'
import type { Identity } from './carrier.js'
import type { SessionContext } from './context.js'
import { type Content, replay, type Sealed } from './draft.js'
import { SessionConflictError } from './errors.js'
import { stopwatch } from './events.js'
import type { Awaitable } from './store.js'
import { contentOf, lookUp, nextVersion, type StoredSession } from './stored-session.js'

/** How often a write that loses is tried again. */
const MAX_ATTEMPTS = 16
const MAX_BACKOFF_MS = 50

/** One request's changes on their way into a record that others may write to at the same time. */
export interface PendingWrite {
  /** Needs the session for itself: it is never written together with others. */
  readonly alone: boolean
  readonly changes: Sealed
  /** What the changes were made to. */
  readonly base: StoredSession
  /** What was stored with these changes in it; `undefined` if the record was gone, so that they were dropped. */
  stored?: StoredSession | undefined
  /** Why they were not stored: a store that failed, or changes that do not apply to what others have stored. */
  error?: unknown
}

/**
 * Writes the changes of several requests at once, each made to the outcome of the one before it. Compare-and-set: when
 * another process has won, all of it is done again on top of that. A record that is gone stays gone. Returns what the
 * store holds then, for the next to build on.
 *
 * @throws SessionConflictError if others win each time
 */
export async function writeShared(
  context: SessionContext,
  identity: Identity,
  batch: readonly PendingWrite[],
  newest: StoredSession | undefined = batch[0]?.base,
): Promise<StoredSession | undefined> {
  const { id, store } = identity
  const started = stopwatch(context.emit)
  let base = newest
  for (let attempt = 1; ; attempt++) {
    // Somebody else may have used the session since, so it is not dead before the store says so.
    if (base === undefined || context.now() >= base.expiresAt) base = await reload(context, identity)
    if (base === undefined) return undefined
    const applied = applyAll(context, batch, base)
    const next = isPromise(applied) ? await applied : applied
    const writes = batch.filter((write) => !('error' in write))
    if (writes.length === 0) return base
    const updated = store.update(id, next.record)
    if (isPromise(updated) ? await updated : updated) {
      for (const write of writes) write.stored = next
      return next
    }
    context.emit?.({ type: 'conflict', id, attempt, duration: stopwatch(context.emit) - started })
    if (attempt === MAX_ATTEMPTS) throw new SessionConflictError(attempt)
    await backOff(attempt)
    base = undefined
  }
}

/** What `batch` makes of `base`. A write whose changes do not apply is left out and gets its error. */
export function applyAll(
  context: SessionContext,
  batch: readonly PendingWrite[],
  base: StoredSession,
): Awaitable<StoredSession> {
  const { createdAt, version } = base.record
  let outcome: Awaitable<Content> = contentOf(base)
  for (const write of batch) {
    const { changes } = write
    // What did not apply to what was there before may apply to this.
    delete write.error
    // Nothing came in between: what the request has made is what is to be stored.
    const isUpToDate = write === batch[0] && write.base.record.version === version
    outcome = andThen(outcome, (content) =>
      isUpToDate
        ? changes
        : replay(changes.steps, content, context.serializer).catch((error) => {
            write.error = error
            return content
          }),
    )
  }
  return andThen(outcome, (content) => nextVersion(context, content, createdAt, version + 1))
}

/** The live record as the store has it now. */
export async function reload(context: SessionContext, identity: Identity): Promise<StoredSession | undefined> {
  const found = await lookUp(context, identity)
  return typeof found === 'object' ? found : undefined
}

/** At once the first time, then after a random, growing while: those who collided do not collide again in step. */
async function backOff(attempt: number): Promise<void> {
  const limit = Math.min(MAX_BACKOFF_MS, 2 ** attempt)
  if (attempt > 1) await new Promise((resolve) => setTimeout(resolve, Math.random() * limit))
}
