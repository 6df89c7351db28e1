import { describe, expect, it } from 'vitest'
import { SessionManager } from '../index.js'
import { secret } from '../testing/secret.js'
import { writing } from '../testing/serve.js'
import { StagedStore } from '../testing/staged-store.js'
import { visit } from '../testing/visit.js'
import { isEqual } from './equality.js'

describe('a property that is undefined', () => {
  it('is no change where there was none', async () => {
    const store = new StagedStore()
    const sessions = new SessionManager({ store, secret })
    const { cookie } = await sessions.issue({ user: { name: 'ada' } })
    store.forget()
    await writing(sessions, cookie, (session) => session.set('user', { name: 'ada', nick: undefined }))
    expect(store.methods).toEqual(['load'])
  })

  it('is stored once, so that the commit after a save() leaves alone what others wrote', async () => {
    const store = new StagedStore()
    const sessions = new SessionManager({ store, secret })
    const { cookie, id } = await sessions.issue({ user: { name: 'ada' } })
    await sessions.handle(visit(cookie), async (handle) => {
      ;(await handle.write()).set('user', { name: 'grace', nick: undefined })
      await handle.save()
      await writing(sessions, cookie, (session) => session.set('user', { name: 'joan' }))
      return new Response()
    })
    expect(store.memory.load(id)?.data).toBe('{"user":{"name":"joan"}}')
  })
})

/** An object that holds the one below it twice, and so on: as many ways lead to the last as there are powers of two. */
function shared(levels: number, last: unknown, look: () => void): object {
  let below: unknown = last
  for (let level = 0; level < levels; level++) {
    const inner = below
    below = Object.defineProperty({ left: inner }, 'right', {
      enumerable: true,
      get: () => {
        look()
        return inner
      },
    })
  }
  return below as object
}

describe('objects that are reached in many ways', () => {
  it('are looked at once', () => {
    let looks = 0
    const look = (): void => void looks++
    expect(isEqual(shared(60, { end: 1 }, look), shared(60, { end: 1 }, look))).toBe(true)
    expect(looks).toBeLessThanOrEqual(120)
  })

  it('are looked at once also where the other side shares them in another way', () => {
    let looks = 0
    const look = (): void => void looks++
    const wide = (levels: number, width: number): object => {
      let row: object[] = Array.from({ length: width }, () => shared(1, 'end', look))
      for (let level = 1; level < levels; level++) {
        const below = row
        row = Array.from({ length: width }, () => [...below])
      }
      return row
    }
    expect(isEqual(wide(20, 8), wide(20, 8))).toBe(true)
    expect(looks).toBeLessThanOrEqual(32)
  })

  it('are told apart where they differ, at whatever place', () => {
    expect(
      isEqual(
        shared(60, 1, () => {}),
        shared(60, 2, () => {}),
      ),
    ).toBe(false)
    const [one, two] = [{ n: 1 }, { n: 2 }]
    expect(isEqual([one, one, two], [one, { n: 1 }, { n: 2 }])).toBe(true)
    expect(isEqual([one, two], [{ n: 1 }, { n: 1 }])).toBe(false)
    expect(isEqual([one, two, one], [two, one, one])).toBe(false)
  })

  it('may hold one another', () => {
    const ring = (value: number): object => {
      const start: Record<string, unknown> = { value }
      start.next = { back: start }
      return start
    }
    expect(isEqual(ring(1), ring(1))).toBe(true)
    expect(isEqual(ring(1), ring(2))).toBe(false)
  })
})
