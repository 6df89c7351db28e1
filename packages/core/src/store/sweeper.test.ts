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

describe('between the batches of a sweep', () => {
  it('others have a turn, for as long as a batch takes that lets nobody', async () => {
    const BLOCKED = 30
    const turns: number[] = []
    let batches = 0
    const deleteExpired = async (): Promise<number> => {
      const end = performance.now() + BLOCKED
      while (performance.now() < end);
      return ++batches < 8 ? 10 : 0
    }
    const timer = setInterval(() => turns.push(performance.now()), 1)
    const start = performance.now()
    try {
      expect(await sweepExpired({ deleteExpired }, { batch: 10 })).toBe(70)
    } finally {
      clearInterval(timer)
    }
    expect(performance.now() - start).toBeGreaterThan(7 * 2 * BLOCKED)
    expect(turns.length).toBeGreaterThanOrEqual(7 * 2)
  })

  it('a call that gives no answer ends the sweep with an error', async () => {
    const sweep = sweepExpired({ deleteExpired: () => new Promise(() => {}) }, { timeout: 0.05 })
    await expect(sweep).rejects.toThrow(/deleteExpired gave no answer within 0.05 s/)
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

  it('calls the store no more once it is stopped in the middle of a sweep', async () => {
    let batches = 0
    const deleteExpired = async (): Promise<number> => {
      batches++
      if (batches === 3) stop()
      return 10
    }
    const stop = startSweeper({ deleteExpired }, { interval: 60, batch: 10 })
    await vi.advanceTimersByTimeAsync(600_000)
    expect(batches).toBe(3)
  })

  it('calls the store no more once it is stopped between two batches', async () => {
    let batches = 0
    const deleteExpired = async (): Promise<number> => {
      batches++
      return 10
    }
    const stop = startSweeper({ deleteExpired }, { interval: 60, batch: 10 })
    while (batches === 0) await vi.advanceTimersByTimeAsync(1)
    stop()
    await vi.advanceTimersByTimeAsync(600_000)
    expect(batches).toBe(1)
  })

  it('goes on after a call that never answered, of which it tells', async () => {
    const errors: unknown[] = []
    let calls = 0
    const deleteExpired = (): Promise<number> => (++calls === 1 ? new Promise(() => {}) : Promise.resolve(0))
    const options = { interval: 60, timeout: 10, onError: (error: unknown) => void errors.push(error) }
    const stop = startSweeper({ deleteExpired }, options)
    await vi.advanceTimersByTimeAsync(180_000)
    stop()
    expect(calls).toBeGreaterThanOrEqual(2)
    expect(errors).toEqual([expect.objectContaining({ message: expect.stringContaining('within 10 s') })])
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('mine')
      },
    ],
    ['rejects', () => Promise.reject(new Error('mine'))],
    ['never answers', () => new Promise(() => {})],
  ])('goes on when onError %s', async (_, onError: () => unknown) => {
    const print = vi.spyOn(console, 'error').mockImplementation(() => {})
    let calls = 0
    const deleteExpired = (): Promise<number> => {
      calls++
      return Promise.reject(new Error('out of reach'))
    }
    const stop = startSweeper({ deleteExpired }, { interval: 60, onError: onError as () => void })
    await vi.advanceTimersByTimeAsync(180_000)
    stop()
    print.mockRestore()
    expect(calls).toBe(3)
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
    expect(() => startSweeper(sweepable, { timeout: 0 })).toThrow(TypeError)
  })
})
