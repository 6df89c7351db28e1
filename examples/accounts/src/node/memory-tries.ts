import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { Tries } from '../platform.js'

const QUARTER_OF_AN_HOUR = 15 * 60

/** Counted in memory, so for one process: the library does the same with Redis, PostgreSQL and others, for many. */
export class MemoryTries implements Tries {
  readonly #ofAddress = new RateLimiterMemory({ points: 100, duration: QUARTER_OF_AN_HOUR })
  /** Of a name from one address, so that nobody can shut out another by trying that name. */
  readonly #ofName = new RateLimiterMemory({ points: 10, duration: QUARTER_OF_AN_HOUR })

  async count(address: string, name: string): Promise<number | undefined> {
    const waits = await Promise.all([
      secondsToWait(this.#ofAddress, address),
      secondsToWait(this.#ofName, keyOf(address, name)),
    ])
    return Math.max(...waits) || undefined
  }

  /** An office where everybody signs in in the morning has one address. */
  async forget(address: string, name: string): Promise<void> {
    await Promise.all([this.#ofAddress.reward(address), this.#ofName.delete(keyOf(address, name))])
  }
}

/** "Ada" and "ada" are one name. */
const keyOf = (address: string, name: string): string => `${address} ${name.toLowerCase()}`

async function secondsToWait(limiter: RateLimiterMemory, key: string): Promise<number> {
  try {
    await limiter.consume(key)
    return 0
  } catch (error) {
    if (error instanceof RateLimiterRes) return Math.max(1, Math.ceil(error.msBeforeNext / 1000))
    throw error
  }
}
