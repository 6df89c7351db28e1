import { randomText } from '../cookie/base64url.js'
import { SessionDestroyedError, SessionLockedError } from '../errors.js'
import { timerDelay } from '../option-error.js'
import type { Lock } from '../session/record-meta.js'
import type { SessionState } from '../session/session-state.js'
import { type StoredSession, unmoved } from '../session/stored-session.js'
import type { Awaitable } from '../store/store.js'
import type { CommitContext, PersistencePolicy } from './commit-context.js'
import { reload } from './compare-and-set.js'

/** How long a wait for the lock lasts from one look to the next, in milliseconds. */
const MIN_POLL = 5
const MAX_POLL = 100
/** The same while others of this process are ahead, whose end is heard of. */
const LONG_POLL = 1000

/** Seconds. */
export interface ExclusiveTimes {
  readonly wait: number
  readonly hold: number
}

/**
 * Runs `work` while no other `exclusive` of this session runs. `save` persists what the request has changed. The lock
 * is a note in the record itself, taken by compare-and-set. So the store need not know of locks. If a process dies, its
 * lock is over when its time is.
 */
export async function runExclusively<R>(
  context: CommitContext,
  state: SessionState,
  save: (policy?: PersistencePolicy) => Awaitable<void>,
  times: ExclusiveTimes,
  work: () => R | Promise<R>,
): Promise<R> {
  // 1. What was changed before is no part of the work. A new session is stored, so that others find the lock.
  await save(state.isNew ? 'always' : undefined)
  const turns = context.queue?.turns
  const { id } = state.identity
  const ahead = turns?.get(id)
  // 2. The lock.
  const taking = acquire(context, state, times, ahead)
  const running = taking.then((lock) => run(context, state, save, lock, work))
  // Whoever got the lock is behind nobody: what was ahead is over, or has held it for too long.
  const over = taking.then(
    () => running.then(nothing, nothing),
    () => ahead,
  )
  const turn = over.then(() => {
    if (turns?.get(id) === turn) turns.delete(id)
  })
  turns?.set(id, turn)
  return running
}

const nothing = (): void => {}

async function run<R>(
  context: CommitContext,
  state: SessionState,
  save: () => Awaitable<void>,
  lock: Lock,
  work: () => R | Promise<R>,
): Promise<R> {
  const { regeneration } = state
  state.lock = lock
  try {
    // 3. The work.
    const result = await work()
    // 4. What it did is stored together with the end of the lock.
    if (state.status === 'live') state.draft.make({ type: 'unlock', by: lock.by })
    await save()
    // What has ended meanwhile has taken nothing of it.
    if (state.status === 'gone' || state.status === 'superseded') throw new SessionDestroyedError()
    return result
  } catch (error) {
    if (state.status === 'live') state.regeneration = regeneration
    await release(context, state, lock)
    throw error
  } finally {
    state.lock = undefined
  }
}

/**
 * `ahead`: others of this process that have come before.
 * @throws SessionLockedError if others hold it for longer than `wait`; SessionDestroyedError if the session has ended
 */
async function acquire(
  context: CommitContext,
  state: SessionState,
  { wait, hold }: ExclusiveTimes,
  ahead: Promise<void> | undefined,
): Promise<Lock> {
  const by = randomText().slice(0, 16)
  // Not by the manager's clock, which may stand still in tests.
  const deadline = performance.now() + wait * 1000
  for (let pause = MIN_POLL; ; pause = Math.min(MAX_POLL, pause * 2)) {
    const found = await reload(context, state.identity)
    if (found.is !== 'session') {
      state.end('gone')
      throw new SessionDestroyedError()
    }
    const now = context.now()
    const { lock: held } = found.session.content
    if (held === undefined || held.until <= now) {
      const lock = { by, until: now + hold * 1000 }
      if (await writeLock(context, state, found.session, lock)) return lock
    }
    const left = deadline - performance.now()
    if (left <= 0) throw new SessionLockedError('held')
    const delay = Math.min(left, ahead === undefined ? pause * (0.5 + Math.random()) : LONG_POLL)
    // So long at most: those ahead may take longer than they may hold it.
    await settledWithin(delay / 1000, ahead ?? new Promise(nothing)).then(() => {
      ahead = undefined
    }, nothing)
  }
}

/**
 * Lets go of the lock, and forgets what was changed under it. If the store fails, it is let go when its time is over.
 */
async function release(context: CommitContext, state: SessionState, { by }: Lock): Promise<void> {
  await state.draft.rollBack()
  try {
    for (let attempt = 0; attempt < 8; attempt++) {
      const found = await reload(context, state.identity)
      if (found.is !== 'session' || found.session.content.lock?.by !== by) return
      if (await writeLock(context, state, found.session, undefined)) return
    }
  } catch {}
}

/** Writes who holds the session; `false` if another writer has won. */
async function writeLock(
  context: CommitContext,
  state: SessionState,
  base: StoredSession,
  lock: Lock | undefined,
): Promise<boolean> {
  const { identity, draft } = state
  const session = unmoved(context, base, { ...base.content, lock })
  if (!(await identity.store.update(identity.id, session.record))) return false
  state.stored = session
  await draft.rebase(session.content)
  return true
}

/** @throws SessionLockedError after so many seconds: also where a work waits for one that waits for it */
export async function settledWithin(seconds: number, working: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new SessionLockedError('held')), timerDelay(seconds))
  })
  await Promise.race([working, late]).finally(() => clearTimeout(timer))
}
