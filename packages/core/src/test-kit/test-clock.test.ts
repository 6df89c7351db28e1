import { describe, expect, it } from 'vitest'
import { MemoryStore, SessionManager } from '../index.js'
import { TestClock, Visitor } from '../test-kit.js'
import { secret } from '../testing/secret.js'

describe('a test clock', () => {
  it('begins now, stands still, and moves by what it is told', () => {
    const before = Date.now()
    const clock = new TestClock()
    expect(clock.time).toBeGreaterThanOrEqual(before)
    expect(clock.time).toBeLessThanOrEqual(Date.now())
    const start = clock.now()
    clock.advance(90)
    expect(clock.now() - start).toBe(90_000)
    clock.advance({ days: 1, hours: 2, minutes: 3, seconds: 4, milliseconds: 5 })
    expect(clock.now() - start).toBe(90_000 + 93_784_005)
    clock.advance({ minutes: -1 })
    expect(clock.now() - start).toBe(30_000 + 93_784_005)
  })

  it('begins where it is told, and may be set', () => {
    const clock = new TestClock(new Date('2027-01-15T08:00:00Z'))
    expect(clock.time).toBe(1_800_000_000_000)
    clock.time = 5
    expect([clock.now(), new TestClock(7).now()]).toEqual([5, 7])
  })

  it.each([
    ['an unknown unit', { minute: 5 }, /advance: minute is no unit: there are days, hours, minutes/],
    ['no unit at all', {}, /takes seconds, or an object such as \{ minutes: 5 \}/],
    ['nothing', undefined, /takes seconds/],
    ['a word', { seconds: '5' }, /advance: seconds must be a number/],
    ['no number', Number.NaN, /advance: seconds must be a number/],
  ])('refuses %s', (_, by, message) => {
    expect(() => new TestClock().advance(by as number)).toThrow(message)
  })

  it('refuses to begin at no time', () => {
    expect(() => new TestClock(new Date('tomorrow'))).toThrow(/begins at a Date/)
  })

  it('is what sessions and a visitor’s cookies expire by', async () => {
    const clock = new TestClock()
    const sessions = new SessionManager<{ count: number }>({
      store: new MemoryStore(),
      secret,
      idleTimeout: 60,
      now: clock.now,
    })
    const visitor = new Visitor(
      (request) =>
        sessions.handle(request, async (handle) => {
          ;(await handle.write()).update('count', (n = 0) => n + 1)
          return new Response()
        }),
      { now: clock.now },
    )
    await visitor.get('/')
    clock.advance({ milliseconds: 59_999 })
    expect((await visitor.session(sessions)).get('count')).toBe(1)
    clock.advance({ milliseconds: 1 })
    expect(visitor.cookies).toEqual([])
    expect((await visitor.session(sessions)).isNew).toBe(true)
  })
})
