import { andThen } from '../awaitable.js'
import type { Identity } from '../cookie/cookie-format.js'
import { SessionConflictError } from '../errors.js'
import { elapsedSince, startTime } from '../events.js'
import { isUseDue } from '../session/lifetime.js'
import { merge } from '../session/merge.js'
import {
  type Content,
  examine,
  type Found,
  isCookieOutdated,
  type StoredSession,
  storedAs,
} from '../session/stored-session.js'
import type { Awaitable } from '../store/store.js'
import type { CommitContext } from './commit-context.js'
import type { PendingWrite, WriteOutcome, Written } from './pending-write.js'

/** How often a write that loses is tried again. */
export const MAX_ATTEMPTS = 16
/** The same where there is no queue, and all writers of a process are rivals. */
export const MAX_ATTEMPTS_ALONE = 100
const MAX_BACKOFF_MS = 50

/**
 * Writes the changes of several requests at once, each made to the outcome of the one before it. Compare-and-set: when
 * another process has won, all of it is done again on top of that. A record that is gone stays gone.
 *
 * @throws SessionConflictError if others win each time
 */
export function writeTogether(
  context: CommitContext,
  identity: Identity,
  batch: readonly PendingWrite[],
  newest: StoredSession | undefined = batch[0]?.base,
): Awaitable<Written> {
  const started = startTime(context.emit)
  // Somebody else may have used the session since, so it is not dead before the store says so.
  if (newest === undefined || context.now() >= newest.expiresAt) return contend(context, identity, batch, 0, started)
  return andThen(attempt(context, identity, batch, newest, false), (written) =>
    written === undefined || written === 'stale'
      ? contend(context, identity, batch, written === undefined ? 1 : 0, started)
      : written,
  )
}

/** What the store holds under this id now. */
export function reload(context: CommitContext, { id, store }: Pick<Identity, 'id' | 'store'>): Awaitable<Found> {
  return andThen(store.load(id), (record) => examine(context, record))
}

/** At once the first time, then after a random, growing while: those who collided do not collide again in step. */
export async function backOff(attempt: number): Promise<void> {
  const limit = Math.min(MAX_BACKOFF_MS, 2 ** attempt)
  if (attempt > 1) await new Promise((resolve) => setTimeout(resolve, Math.random() * limit))
}

/**
 * One try. `undefined` if another process has won. `stale`: changes do not apply to `base`, which was not loaded just now.
 */
function attempt(
  context: CommitContext,
  identity: Identity,
  batch: readonly PendingWrite[],
  base: StoredSession,
  isJustLoaded: boolean,
): Awaitable<Written | 'stale' | undefined> {
  if (batch.every((pending) => isNoted(context, pending, base)))
    return { outcomes: batch.map(() => ({ is: 'newer', session: base })), newest: base }
  const applied = applyAll(context, batch, base)
  return andThen(applied, (applied) =>
    applied.failures.length > 0 && !isJustLoaded ? 'stale' : put(context, identity, batch, base, applied),
  )
}

/**
 * Whether a request that has changed nothing has nothing to write any more: another one has noted a use since, and the
 * cookie that goes out. So of many at once, one writes.
 */
function isNoted({ now }: CommitContext, { sealed, base, cookie }: PendingWrite, newer: StoredSession): boolean {
  return (
    sealed.changes.length === 0 &&
    newer.lastUse > base.lastUse &&
    !isUseDue(now(), newer) &&
    (cookie === undefined || (cookie === newer.cookie && !newer.due))
  )
}

/** Stores what `batch` has made of `base`. */
function put(
  context: CommitContext,
  { id, store }: Identity,
  batch: readonly PendingWrite[],
  base: StoredSession,
  applied: Applied,
): Awaitable<Written | undefined> {
  const { failures } = applied
  const failed = failures.filter((failure) => failure !== undefined)
  if (failed.length === batch.length) return { outcomes: failed, newest: base }
  const session = nextOf(context, batch, base, applied)
  const stored: WriteOutcome = { is: 'stored', session, wasDue: base.due }
  const written: Written = { outcomes: batch.map((_, index) => failures[index] ?? stored), newest: session }
  return andThen(store.update(id, session.record), (isWritten) => (isWritten ? written : undefined))
}

/** The next version of `base`. If no cookie goes out with it, it notes whether the browser needs one. */
function nextOf(
  context: CommitContext,
  batch: readonly PendingWrite[],
  base: StoredSession,
  { content, failures }: Applied,
): StoredSession {
  const { createdAt, version } = base.record
  const sent = batch.reduce<string | undefined>(
    (last, { cookie }, index) => (failures[index] === undefined && cookie) || last,
    undefined,
  )
  const frame = { createdAt, version: version + 1, lastUse: context.now(), cookie: sent ?? base.cookie }
  const session = storedAs(context, content, frame)
  const isDue = sent === undefined && (base.due ?? isCookieOutdated(base, session))
  return isDue ? storedAs(context, content, { ...frame, due: true }) : session
}

/** Tries on top of what the store holds by now, until it wins. `attempts`: how many were lost before. */
async function contend(
  context: CommitContext,
  identity: Identity,
  batch: readonly PendingWrite[],
  attempts: number,
  started: number,
): Promise<Written> {
  const limit = context.queue === undefined ? MAX_ATTEMPTS_ALONE : MAX_ATTEMPTS
  for (let lost = attempts; ; lost++) {
    if (lost > 0) {
      context.emit?.({ type: 'conflict', id: identity.id, attempt: lost, duration: elapsedSince(started) })
      if (lost === limit) throw new SessionConflictError(lost)
      await backOff(lost)
    }
    const found = await reload(context, identity)
    if (found.is !== 'session') {
      const outcome: WriteOutcome = found.is === 'superseded' ? found : { is: 'gone' }
      return { outcomes: batch.map(() => outcome), newest: undefined }
    }
    const written = await attempt(context, identity, batch, found.session, true)
    if (written !== undefined && written !== 'stale') return written
  }
}

interface Applied {
  readonly content: Content
  /** By the place in the batch: a write whose changes do not apply is left out. */
  readonly failures: readonly (WriteOutcome | undefined)[]
}

/** What `batch` makes of `base`. */
function applyAll(context: CommitContext, batch: readonly PendingWrite[], base: StoredSession): Awaitable<Applied> {
  const [first] = batch
  // Nothing came in between: what the request has made is what is to be stored.
  const isFirstReady = first !== undefined && first.base.record.version === base.record.version
  const content = isFirstReady ? first.sealed.content : base.content
  if (isFirstReady && batch.length === 1) return { content, failures: NONE }
  return mergeAll(context, batch, isFirstReady ? 1 : 0, content)
}

const NONE: readonly undefined[] = []

async function mergeAll(
  { serializer }: CommitContext,
  batch: readonly PendingWrite[],
  from: number,
  before: Content,
): Promise<Applied> {
  const failures: (WriteOutcome | undefined)[] = []
  let content = before
  for (let index = from; index < batch.length; index++) {
    try {
      content = await merge((batch[index] as PendingWrite).sealed.changes, content, serializer)
    } catch (error) {
      failures[index] = { is: 'failed', error }
    }
  }
  return { content, failures }
}
