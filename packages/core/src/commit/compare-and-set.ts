import { andThen } from '../awaitable.js'
import type { SessionContext } from '../context.js'
import type { Identity } from '../cookie/cookie-format.js'
import { SessionConflictError } from '../errors.js'
import { stopwatch } from '../events.js'
import { type Content, replay, type Sealed } from '../session/draft.js'
import { contentOf, examine, nextVersion, type StoredSession } from '../session/stored-session.js'
import type { Awaitable } from '../store/store.js'

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
  stored: StoredSession | undefined
  /** Why they were not stored: a store that failed, or changes that do not apply to what others have stored. */
  failure: { readonly error: unknown } | undefined
}

export function pending(alone: boolean, changes: Sealed, base: StoredSession): PendingWrite {
  return { alone, changes, base, stored: undefined, failure: undefined }
}

/**
 * Writes the changes of several requests at once, each made to the outcome of the one before it. Compare-and-set: when
 * another process has won, all of it is done again on top of that. A record that is gone stays gone. Returns what the
 * store holds then, for the next to build on.
 *
 * @throws SessionConflictError if others win each time
 */
export function writeShared(
  context: SessionContext,
  identity: Identity,
  batch: readonly PendingWrite[],
  newest: StoredSession | undefined = batch[0]?.base,
): Awaitable<StoredSession | undefined> {
  const started = stopwatch(context.emit)
  // Somebody else may have used the session since, so it is not dead before the store says so.
  if (newest === undefined || context.now() >= newest.expiresAt) return contend(context, identity, batch, 0, started)
  return andThen(
    attempt(context, identity, batch, newest),
    (next) => next ?? contend(context, identity, batch, 1, started),
  )
}

/** One try. `undefined` if another process has won. */
function attempt(
  context: SessionContext,
  { id, store }: Identity,
  batch: readonly PendingWrite[],
  base: StoredSession,
): Awaitable<StoredSession | undefined> {
  return andThen(applyAll(context, batch, base), (next) => {
    const writes = batch.filter(({ failure }) => failure === undefined)
    if (writes.length === 0) return base
    return andThen(store.update(id, next.record), (isWritten) => {
      if (!isWritten) return undefined
      for (const write of writes) write.stored = next
      return next
    })
  })
}

/** Tries on top of what the store holds by now, until it wins. `attempts`: how many were lost before. */
async function contend(
  context: SessionContext,
  identity: Identity,
  batch: readonly PendingWrite[],
  attempts: number,
  started: number,
): Promise<StoredSession | undefined> {
  for (let lost = attempts; ; lost++) {
    if (lost > 0) {
      context.emit?.({ type: 'conflict', id: identity.id, attempt: lost, duration: stopwatch(context.emit) - started })
      if (lost === MAX_ATTEMPTS) throw new SessionConflictError(lost)
      await backOff(lost)
    }
    const base = await reload(context, identity)
    const next = base && (await attempt(context, identity, batch, base))
    if (base === undefined || next !== undefined) return next
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
    write.failure = undefined
    // Nothing came in between: what the request has made is what is to be stored.
    if (write === batch[0] && write.base.record.version === version) outcome = changes
    else
      outcome = andThen(outcome, (content) =>
        replay(changes.steps, content, context.serializer).catch((error) => {
          write.failure = { error }
          return content
        }),
      )
  }
  return andThen(outcome, (content) => nextVersion(context, content, createdAt, version + 1))
}

/** The live record as the store has it now. */
export async function reload(context: SessionContext, { id, store }: Identity): Promise<StoredSession | undefined> {
  const found = examine(context, await store.load(id))
  return typeof found === 'object' ? found : undefined
}

/** At once the first time, then after a random, growing while: those who collided do not collide again in step. */
async function backOff(attempt: number): Promise<void> {
  const limit = Math.min(MAX_BACKOFF_MS, 2 ** attempt)
  if (attempt > 1) await new Promise((resolve) => setTimeout(resolve, Math.random() * limit))
}
