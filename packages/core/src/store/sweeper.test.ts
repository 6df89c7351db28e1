import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { MemoryStore, SessionManager, startSweeper, sweepExpired } from '../index.js'
import { secret } from '../testing/secret.js'

const HOUR = 3_600_000

/** A manager whose store holds this many sessions, which are dead two hours later. */
async function filled(
  count: number,
): Promise<{ sessions: SessionManager; store: MemoryStore; clock: { now: number } }> {
  const clock = { now: Date.now() }
  const store = new MemoryStore()
  const sessions = new SessionManager({ store, secret, idleTimeout: 3600, now: () => clock.now })
  for (let i = 0; i < count; i++) await sessions.issue({ i })
  return { sessions, store, clock }
}

describe('sweepExpired', () => {
  it('removes all that is expired, batch by batch, and says how many that were', async () => {
    const { sessions, store, clock } = await filled(25)
    clock.now += 2 * HOUR
    const limits: (number | undefined)[] = []
    const sweepable = {
      deleteExpired(limit?: number): Promise<number> {
        limits.push(limit)
        return sessions.deleteExpired(limit)
      },
    }
    expect(await sweepExpired(sweepable, { batch: 10 })).toBe(25)
    expect(limits).toEqual([10, 10, 10])
    expect(store.size).toBe(0)
  })

  it('leaves what lives', async () => {
    const { sessions, store } = await filled(3)
    expect(await sweepExpired(sessions)).toBe(0)
    expect(store.size).toBe(3)
  })

  it('refuses a batch that would never end', async () => {
    const { sessions } = await filled(0)
    for (const batch of [0, -1, 1.5, Number.NaN]) {
      await expect(sweepExpired(sessions, { batch })).rejects.toThrow(TypeError)
    }
  })
})

describe('startSweeper', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
  afterEach(() => void vi.useRealTimers())

  it('sweeps again and again until it is stopped', async () => {
    let sweeps = 0
    const deleteExpired = async (): Promise<number> => {
      sweeps++
      return 0
    }
    const stop = startSweeper({ deleteExpired }, { interval: 60 })
    await vi.advanceTimersByTimeAsync(60_000)
    expect(sweeps).toBe(1)
    await vi.advanceTimersByTimeAsync(120_000)
    expect(sweeps).toBe(3)
    stop()
    await vi.advanceTimersByTimeAsync(600_000)
    expect(sweeps).toBe(3)
  })

  it('does not sweep without a pause when the interval is longer than a timer can be', async () => {
    let sweeps = 0
    const deleteExpired = async (): Promise<number> => {
      sweeps++
      return 0
    }
    const stop = startSweeper({ deleteExpired }, { interval: 400 * 86_400 })
    await vi.advanceTimersByTimeAsync(60_000)
    stop()
    expect(sweeps).toBeLessThanOrEqual(1)
  })

  it('stops for good, also in the middle of a sweep', async () => {
    let end: (count: number) => void = () => {}
    let sweeps = 0
    const deleteExpired = (): Promise<number> => {
      sweeps++
      return new Promise((resolve) => {
        end = resolve
      })
    }
    const stop = startSweeper({ deleteExpired }, { interval: 60 })
    await vi.advanceTimersByTimeAsync(60_000)
    stop()
    end(0)
    await vi.advanceTimersByTimeAsync(600_000)
    expect(sweeps).toBe(1)
  })

  it('goes on after a failure, of which it tells', async () => {
    const errors: unknown[] = []
    const down = new Error('out of reach')
    const stop = startSweeper(
      { deleteExpired: () => Promise.reject(down) },
      { interval: 60, onError: (error) => errors.push(error) },
    )
    await vi.advanceTimersByTimeAsync(180_000)
    expect(errors).toEqual([down, down, down])
    stop()
  })

  it('refuses options that can not work', () => {
    const sweepable = { deleteExpired: async () => 0 }
    expect(() => startSweeper(sweepable, { interval: 0 })).toThrow(TypeError)
    expect(() => startSweeper(sweepable, { batch: 0.5 })).toThrow(TypeError)
  })
})
