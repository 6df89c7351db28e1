import { checkTimeout, invalidOption, timerDelay } from '../option-error.js'

/** What is swept: a `SessionManager` whose store has `deleteExpired`. */
export interface Sweepable {
  deleteExpired(limit?: number): Promise<number>
}

export interface SweeperOptions {
  /** Seconds from the end of one sweep to the start of the next, some 24 days at most. Default 300. */
  interval?: number
  /** How many sessions one call of the store removes at most. Default 1000. */
  batch?: number
  /** Is told why a sweep failed; the next one comes all the same. Default: `console.error`. */
  onError?: (error: unknown) => void
}

const DEFAULT_INTERVAL = 300
const DEFAULT_BATCH = 1000

/**
 * Removes all expired sessions, `batch` at a time, so that no call holds the store for long. For stores without an
 * expiry of their own, from a cron trigger. Returns how many there were.
 *
 * @throws TypeError if `batch` is not a whole number above 0
 * @throws SessionError if the store fails, or has no `deleteExpired`
 *
 * @example
 * ```ts
 * export default {
 *   fetch: app.fetch,
 *   scheduled: (_event, env, ctx) => ctx.waitUntil(sweepExpired(sessionsOf(env))),
 * }
 * ```
 */
export async function sweepExpired(
  sessions: Sweepable,
  { batch = DEFAULT_BATCH }: SweeperOptions = {},
): Promise<number> {
  checkBatch(batch)
  let total = 0
  for (let count = batch; count >= batch; total += count) count = await sessions.deleteExpired(batch)
  return total
}

/**
 * Sweeps again and again, from a timer that does not keep the process alive. For Node, Bun and Deno. The first sweep
 * comes after a random part of the interval, so that processes which start together do not sweep together. Returns what
 * stops it.
 *
 * @throws TypeError if `interval` or `batch` can't work
 *
 * @example
 * ```ts
 * const stop = startSweeper(sessions, { interval: 600 })
 * ```
 */
export function startSweeper(sessions: Sweepable, options: SweeperOptions = {}): () => void {
  const { interval = DEFAULT_INTERVAL, batch = DEFAULT_BATCH, onError = console.error } = options
  checkTimeout('interval', interval)
  checkBatch(batch)
  let timer: ReturnType<typeof setTimeout> | undefined
  let isStopped = false
  const sleep = (seconds: number): void => {
    timer = setTimeout(sweep, timerDelay(seconds))
    letProcessEnd(timer)
  }
  const sweep = async (): Promise<void> => {
    try {
      await sweepExpired(sessions, { batch })
    } catch (error) {
      onError(error)
    }
    if (!isStopped) sleep(interval)
  }
  sleep(interval * Math.random())
  return () => {
    isStopped = true
    clearTimeout(timer)
  }
}

function checkBatch(batch: number): void {
  if (!Number.isInteger(batch) || batch < 1) throw invalidOption('batch', 'must be a whole number above 0')
}

/** Node and Bun have an object for a timer, Deno a number. */
function letProcessEnd(timer: unknown): void {
  if (typeof timer === 'object') (timer as { unref?: () => void }).unref?.()
  else (globalThis as { Deno?: { unrefTimer(id: unknown): void } }).Deno?.unrefTimer(timer)
}
