import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Turns } from './turns.js'

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

/** Work that is over after so many milliseconds, and notes when it begins and ends. */
function worker() {
  const log: string[] = []
  const work = (name: string, milliseconds: number) => async (): Promise<string> => {
    log.push(`${name} begins`)
    await new Promise((resolve) => setTimeout(resolve, milliseconds))
    log.push(`${name} ends`)
    return name
  }
  return { log, work }
}

const never = (): Promise<never> => new Promise(() => {})

describe('turns', () => {
  it('of one key follow one another, and those of two keys do not', async () => {
    const turns = new Turns()
    const { log, work } = worker()
    const all = [turns.take('a', work('first', 20)), turns.take('a', work('second', 1)), turns.take('b', work('b', 5))]
    await vi.runAllTimersAsync()
    expect(await Promise.all(all)).toEqual(['first', 'second', 'b'])
    expect(log).toEqual(['first begins', 'b begins', 'b ends', 'first ends', 'second begins', 'second ends'])
  })

  it('go on after one that failed, which nobody but its caller hears of', async () => {
    const turns = new Turns()
    const { work } = worker()
    const failed = turns.take('a', async () => {
      throw new Error('down')
    })
    const next = turns.take('a', work('next', 1))
    await expect(failed).rejects.toThrow('down')
    await vi.runAllTimersAsync()
    expect(await next).toBe('next')
  })

  it('wait in a long line, as long as each of them is over in time', async () => {
    const turns = new Turns()
    const { log, work } = worker()
    const all = Array.from({ length: 20 }, (_, i) => turns.take('a', work(String(i), 1000)))
    await vi.runAllTimersAsync()
    await Promise.all(all)
    expect(log).toEqual(Array.from({ length: 20 }, (_, i) => [`${i} begins`, `${i} ends`]).flat())
  })

  it('wait five seconds for one that never is over', async () => {
    const turns = new Turns()
    const { log, work } = worker()
    void turns.take('a', never)
    void turns.take('a', work('next', 1))
    await vi.advanceTimersByTimeAsync(4999)
    expect(log).toEqual([])
    await vi.advanceTimersByTimeAsync(2)
    expect(log).toEqual(['next begins', 'next ends'])
  })

  it('do not wait for one that has hung for long already', async () => {
    const turns = new Turns()
    const { log, work } = worker()
    void turns.take('a', never)
    await vi.advanceTimersByTimeAsync(60_000)
    void turns.take('a', work('next', 1))
    await vi.advanceTimersByTimeAsync(1)
    expect(log).toEqual(['next begins', 'next ends'])
  })

  it('leave no timer behind that would keep a process alive', async () => {
    const turns = new Turns()
    const { work } = worker()
    const all = [turns.take('a', work('first', 1)), turns.take('a', work('second', 1))]
    await vi.advanceTimersByTimeAsync(2)
    await Promise.all(all)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('are not taken on Workers, where no request may wait for another one', async () => {
    vi.stubGlobal('WebSocketPair', () => {})
    const turns = new Turns()
    const { log, work } = worker()
    void turns.take('a', never)
    void turns.take('a', work('next', 1))
    await vi.advanceTimersByTimeAsync(1)
    expect(log).toEqual(['next begins', 'next ends'])
  })
})
