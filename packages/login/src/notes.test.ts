import { describe, expect, it } from 'vitest'
import { orderOfNow } from './notes.js'

/** What is said while the clock of this process stands still, in milliseconds since the epoch. */
function standingAt<T>(time: number, ask: () => T): T {
  const { now } = performance
  performance.now = () => time - (performance.timeOrigin || 0)
  try {
    return ask()
  } finally {
    performance.now = now
  }
}

describe('the order of sign-ins', () => {
  it('grows while the clock stands still', () => {
    const orders = standingAt(Date.UTC(2031, 0, 1), () => [orderOfNow(), orderOfNow(), orderOfNow()])
    expect(orders).toEqual([...new Set(orders)].sort())
  })

  it('is another one on each server whose clock stands still for that millisecond', () => {
    const parts = Array.from({ length: 10 }, (_, day) => {
      const time = Date.UTC(2032, 0, 1 + day)
      return standingAt(time, orderOfNow) - time
    })
    expect(new Set(parts).size).toBeGreaterThan(1)
    for (const part of parts) expect(part).toBeLessThanOrEqual(1)
  })
})
