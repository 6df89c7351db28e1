import { checkTimeout, invalidOption, rejectUnknown, timerDelay } from '../option-error.js'

/** What is swept: a `SessionManager` whose store has `deleteExpired`. */
export interface Sweepable {
  deleteExpired(limit?: number): Promise<number>
}

/** Of `sweepExpired`. */
export interface SweepOptions {
  /** How many sessions one call of the store removes at most. Default 1000. */
  batch?: number
  /** Seconds until a call of the store counts as failed. Default 60. */
  timeout?: number
}

/** Of `startSweeper`. */
export interface SweeperOptions extends SweepOptions {
  /** Seconds from the end of one sweep to the start of the next, some 24 days at most. Default 300. */
  interval?: number
  /** Is told why a sweep failed; the next one comes all the same. Default: `console.error`. */
  onError?: (error: unknown) => void
}

const OPTIONS = ['interval', 'batch', 'timeout', 'onError']
const DEFAULT_INTERVAL = 300
const DEFAULT_BATCH = 1000
const DEFAULT_TIMEOUT = 60

/** Milliseconds between two batches at least. */
const MIN_PAUSE = 5

/** A sweep that can be stopped, and whose timers keep the process alive or not. */
interface Sweep {
  readonly keepsAlive: boolean
  isStopped: boolean
  timer: ReturnType<typeof setTimeout> | undefined
}

/**
 * Removes all expired sessions, `batch` at a time, so that no call holds the store for long. After each batch it waits
 * as long as the batch took: a synchronous store lets nobody else have a turn meanwhile. For stores without an expiry of
 * their own, from a cron trigger. Returns how many there were.
 *
 * @throws TypeError if `batch` is not a whole number above 0, or `timeout` can't work
 * @throws SessionError if the store fails, or has no `deleteExpired`
 * @throws Error if a call of the store takes longer than `timeout`
 *
 * @example
 * ```ts
 * export default {
 *   fetch: app.fetch,
 *   scheduled: (_event, env, ctx) => ctx.waitUntil(sweepExpired(sessionsOf(env))),
 * }
 * ```
 */
export async function sweepExpired(sessions: Sweepable, options: SweepOptions = {}): Promise<number> {
  if ((options as SweeperOptions | null)?.interval !== undefined)
    throw invalidOption('sweepExpired: interval', 'is no option: it sweeps once, and startSweeper again and again')
  rejectUnknown('sweepExpired: ', options, ['batch', 'timeout'])
  const { batch = DEFAULT_BATCH, timeout = DEFAULT_TIMEOUT } = options
  checkBatch(batch)
  checkTimeout('timeout', timeout)
  return sweepAll(sessions, batch, timeout, { keepsAlive: true, isStopped: false, timer: undefined })
}

/**
 * Sweeps again and again, from a timer that does not keep the process alive. For Node, Bun and Deno. The first sweep
 * comes after a random part of the interval, so that processes which start together do not sweep together. Returns what
 * stops it, in the middle of a sweep after the batch that is under way.
 *
 * @throws TypeError if `interval`, `batch` or `timeout` can't work
 *
 * @example
 * ```ts
 * const stop = startSweeper(sessions, { interval: 600 })
 * ```
 */
export function startSweeper(sessions: Sweepable, options: SweeperOptions = {}): () => void {
  rejectUnknown('startSweeper: ', options, OPTIONS)
  const { interval = DEFAULT_INTERVAL, batch = DEFAULT_BATCH, timeout = DEFAULT_TIMEOUT, onError } = options
  checkTimeout('interval', interval)
  checkBatch(batch)
  checkTimeout('timeout', timeout)
  const state: Sweep = { keepsAlive: false, isStopped: false, timer: undefined }
  const sweep = async (): Promise<void> => {
    try {
      await sweepAll(sessions, batch, timeout, state)
    } catch (error) {
      void tell(onError ?? console.error, error)
    }
    if (!state.isStopped) wait(state, interval, sweep)
  }
  wait(state, interval * Math.random(), sweep)
  return () => {
    state.isStopped = true
    clearTimeout(state.timer)
  }
}

async function sweepAll(sessions: Sweepable, batch: number, timeout: number, state: Sweep): Promise<number> {
  let total = 0
  for (;;) {
    const start = performance.now()
    const count = await inTime(sessions.deleteExpired(batch), timeout, state)
    total += count
    if (!(count >= batch) || state.isStopped) return total
    const pause = Math.max(MIN_PAUSE, performance.now() - start)
    await new Promise<void>((resolve) => wait(state, pause / 1000, resolve))
  }
}

/** A call that never answers must not be the last one. */
async function inTime(answer: Promise<number>, timeout: number, state: Sweep): Promise<number> {
  const late = new Promise<never>((_, reject) => {
    const problem = `fetch-sessions: deleteExpired gave no answer within ${timeout} s (timeout): it is called again with the next sweep`
    wait(state, timeout, () => reject(new Error(problem)))
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(state.timer)
  }
}

/** Whoever is told may fail too, at once or later. That is no reason to end the process. */
async function tell(onError: (error: unknown) => unknown, error: unknown): Promise<void> {
  try {
    await onError(error)
  } catch (failure) {
    console.error('fetch-sessions: onError of the sweeper failed', failure)
  }
}

function wait(state: Sweep, seconds: number, then: () => unknown): void {
  state.timer = setTimeout(then, timerDelay(seconds))
  if (!state.keepsAlive) letProcessEnd(state.timer)
}

function checkBatch(batch: number): void {
  if (!Number.isInteger(batch) || batch < 1) throw invalidOption('batch', 'must be a whole number above 0')
}

/** Node and Bun have an object for a timer, Deno a number. */
function letProcessEnd(timer: unknown): void {
  if (typeof timer === 'object') (timer as { unref?: () => void }).unref?.()
  else (globalThis as { Deno?: { unrefTimer(id: unknown): void } }).Deno?.unrefTimer(timer)
}
