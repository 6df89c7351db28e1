import { randomText } from '../cookie/base64url.js'
import { SessionDestroyedError, SessionLockedError } from '../errors.js'
import { timerDelay } from '../option-error.js'
import type { Lock } from '../session/record-meta.js'
import type { SessionState } from '../session/session-state.js'
import { unmoved } from '../session/stored-session.js'
import type { Awaitable } from '../store/store.js'
import type { CommitContext, PersistencePolicy } from './commit-context.js'
import { reload } from './compare-and-set.js'

/** How long a wait for the lock lasts from one look to the next, in milliseconds. */
const MIN_POLL = 5
const MAX_POLL = 100

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
  { wait, hold }: ExclusiveTimes,
  work: () => R | Promise<R>,
): Promise<R> {
  // 1. What was changed before is no part of the work. A new session is stored, so that others find the lock.
  await save(state.isNew ? 'always' : undefined)
  // 2. The lock.
  const lock = await acquire(context, state, wait, hold)
  const { regeneration } = state
  state.lock = lock
  try {
    // 3. The work.
    const result = await work()
    // 4. What it did is stored together with the end of the lock.
    if (state.status === 'live') state.draft.make({ type: 'unlock', by: lock.by })
    await save()
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
 * @throws SessionLockedError if others hold it for longer than `wait`; SessionDestroyedError if the session has ended
 */
async function acquire(context: CommitContext, state: SessionState, wait: number, hold: number): Promise<Lock> {
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
      const session = unmoved(context, found.session, { ...found.session.content, lock })
      if (await state.identity.store.update(state.identity.id, session.record)) {
        state.stored = session
        await state.draft.rebase(session.content)
        return lock
      }
    }
    const left = deadline - performance.now()
    if (left <= 0) throw new SessionLockedError('held')
    await new Promise((resolve) => setTimeout(resolve, Math.min(left, pause * (0.5 + Math.random()))))
  }
}

/**
 * Lets go of the lock, and forgets what was changed under it. If the store fails, it is let go when its time is over.
 */
async function release(context: CommitContext, state: SessionState, { by }: Lock): Promise<void> {
  await state.draft.rollBack()
  const { identity } = state
  try {
    for (let attempt = 0; attempt < 8; attempt++) {
      const found = await reload(context, identity)
      if (found.is !== 'session' || found.session.content.lock?.by !== by) return
      const session = unmoved(context, found.session, { ...found.session.content, lock: undefined })
      if (!(await identity.store.update(identity.id, session.record))) continue
      state.stored = session
      return await state.draft.rebase(session.content)
    }
  } catch {}
}

/** @throws SessionLockedError after so many seconds: also where a work waits for one that waits for it */
export async function settledWithin(seconds: number, working: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new SessionLockedError('held')), timerDelay(seconds))
  })
  await Promise.race([working, late]).finally(() => clearTimeout(timer))
}
