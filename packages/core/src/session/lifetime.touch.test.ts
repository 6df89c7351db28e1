import { describe, expect, it, vi } from 'vitest'
import { CookieStore, MemoryStore, SessionManager } from '../index.js'
import { Clock } from '../testing/clock.js'
import { cookieAfter } from '../testing/response-cookies.js'
import { secret } from '../testing/secret.js'
import { reading, writing } from '../testing/serve.js'
import { StagedStore } from '../testing/staged-store.js'
import { visit } from '../testing/visit.js'

interface Data {
  count: number
}

const DAYS = 14 * 86_400

describe.each([
  ['MemoryStore', () => new MemoryStore()],
  ['a store that answers later', () => new StagedStore()],
])('a touch, on %s,', (_, make) => {
  async function setUp() {
    const store = make()
    if (store instanceof StagedStore) store.delay(0, 1)
    const clock = new Clock()
    const sessions = new SessionManager<Data>({ store, secret, now: clock.now, idleTimeout: DAYS })
    const { cookie, id } = await sessions.issue({ count: 0 })
    clock.passes(DAYS / 2)
    const lifeLeft = async (): Promise<number> => ((await store.load(id))?.expiresAt ?? 0) - clock.time
    return { clock, sessions, cookie, id, lifeLeft }
  }

  it('never undoes a lifetime that another request has shortened', async () => {
    const { sessions, cookie, clock, lifeLeft } = await setUp()
    await sessions.handle(visit(cookie), async (handle) => {
      await handle.read()
      await writing(sessions, cookie, (session) => session.setLifetime({ idleTimeout: 600 }))
      return new Response()
    })
    expect(await lifeLeft()).toBe(600_000)
    clock.passes(600)
    expect((await sessions.read(visit(cookie))).isNew).toBe(true)
  })

  it('is decided again on the lifetime that another request has made longer', async () => {
    const { sessions, cookie, clock, lifeLeft } = await setUp()
    await writing(sessions, cookie, (session) => session.setLifetime({ idleTimeout: 600 }))
    clock.passes(300)
    await sessions.handle(visit(cookie), async (handle) => {
      await handle.read()
      await writing(sessions, cookie, (session) => session.setLifetime({ idleTimeout: 1200 }))
      return new Response()
    })
    expect(await lifeLeft()).toBe(1_200_000)
  })

  it('leaves what another request has stored alone', async () => {
    const { sessions, cookie } = await setUp()
    await sessions.handle(visit(cookie), async (handle) => {
      await handle.read()
      await writing(sessions, cookie, (session) => session.set('count', 7))
      return new Response()
    })
    expect((await sessions.read(visit(cookie))).get('count')).toBe(7)
  })
})

describe('a limit that held the expiry and is raised', () => {
  it.each([
    ['MemoryStore', () => new MemoryStore()],
    ['CookieStore', () => new CookieStore()],
  ])('ends no session that is in use, on %s', async (_, make) => {
    const store = make()
    const clock = new Clock()
    const deploy = (days: number): SessionManager<Data> =>
      new SessionManager<Data>({
        store,
        secret,
        now: clock.now,
        idleTimeout: 7 * 86_400,
        absoluteTimeout: days * 86_400,
      })
    const before = deploy(30)
    let { cookie } = await before.issue({ count: 1 })
    for (let day = 1; day <= 25; day++) {
      clock.passes(86_400)
      cookie = cookieAfter(await reading(before, cookie), cookie)
    }
    const after = deploy(90)
    for (let half = 0; half < 13; half++) {
      clock.passes(43_200)
      cookie = cookieAfter(await reading(after, cookie), cookie)
    }
    clock.passes(6 * 86_400)
    expect((await after.read(cookie)).get('count')).toBe(1)
    clock.passes(2 * 86_400)
    expect((await after.read(cookie)).isNew).toBe(true)
  })
})

describe('setLifetime', () => {
  it('is told by expiresAt at once, as it will be stored, and after it as it is', async () => {
    const store = new MemoryStore()
    const clock = new Clock()
    const sessions = new SessionManager<Data>({ store, secret, now: clock.now, idleTimeout: DAYS })
    const { cookie, id } = await sessions.issue({ count: 0 })
    clock.passes(10)
    await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      session.setLifetime({ idleTimeout: 600 })
      expect(+session.expiresAt).toBe(clock.time + 600_000)
      await handle.save()
      expect(+session.expiresAt).toBe(store.load(id)?.expiresAt)
      session.set('count', 1)
      clock.passes(5)
      expect(+session.expiresAt).toBe(clock.time + 600_000)
      return new Response()
    })
    expect(store.load(id)?.expiresAt).toBe(clock.time + 600_000)
  })

  it('of undefined is the manager’s again: "remember me" of one visitor does not pass to the next', async () => {
    const clock = new Clock()
    const sessions = new SessionManager<Data>({
      store: new MemoryStore(),
      secret,
      now: clock.now,
      idleTimeout: 600,
      cookie: { persistent: false },
    })
    const remembered = await writing(sessions, '', (session) => {
      session.set('count', 1).setLifetime({ idleTimeout: DAYS, absoluteTimeout: DAYS, persistent: true })
    })
    expect(remembered.headers.getSetCookie()[0]).toContain(`Max-Age=${DAYS}`)
    const next = await writing(sessions, cookieAfter(remembered), (session) => {
      session.setLifetime(undefined)
      expect(+session.expiresAt).toBe(clock.time + 600_000)
      session.regenerate()
    })
    expect(next.headers.getSetCookie()[0]).not.toContain('Max-Age')
    clock.passes(600)
    expect((await sessions.read(visit(cookieAfter(next)))).isNew).toBe(true)
  })
})

describe('the clock', () => {
  it('is looked up at each call, so that fake timers move it though the manager was made before', async () => {
    const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret, idleTimeout: 600 })
    const { cookie } = await sessions.issue({ count: 1 })
    vi.useFakeTimers({ toFake: ['Date'] })
    try {
      await vi.advanceTimersByTimeAsync(599_000)
      expect((await sessions.read(visit(cookie))).isNew).toBe(false)
      await vi.advanceTimersByTimeAsync(2000)
      expect((await sessions.read(visit(cookie))).isNew).toBe(true)
    } finally {
      vi.useRealTimers()
    }
  })

  it('with fractions gives whole milliseconds to the store, in records, touches and markers', async () => {
    const seen: number[] = []
    const store = new StagedStore()
    const note = store.touch.bind(store)
    store.touch = (id, expiresAt, version) => {
      seen.push(expiresAt)
      return note(id, expiresAt, version)
    }
    let time = 1_800_000_000_000.123
    const sessions = new SessionManager<Data>({ store, secret, now: () => time, idleTimeout: 600 })
    const { cookie } = await sessions.issue({ count: 1 })
    time += 300_000.7
    await reading(sessions, cookie)
    await writing(sessions, cookie, (session) => session.set('count', 2))
    await writing(sessions, cookie, (session) => session.regenerate({ grace: 1 / 3 }))
    for (const { record } of store.calls) if (record) seen.push(record.createdAt, record.expiresAt)
    expect(seen.length).toBeGreaterThan(6)
    for (const at of seen) expect(at).toSatisfy(Number.isInteger)
  })
})

describe.each([
  ['a store', () => new MemoryStore()],
  ['cookies', () => new CookieStore()],
])('with sessions in %s, one that is in use outlives a limit that was raised:', (_, store) => {
  const hour = 3600
  const day = 24 * hour
  it.each([
    ['idleTimeout 14 times', { idleTimeout: day, absoluteTimeout: 30 * day }, { idleTimeout: 14 * day }],
    ['idleTimeout 16 times', { idleTimeout: hour / 2, absoluteTimeout: 9 * hour }, { idleTimeout: 8 * hour }],
    ['absoluteTimeout', { idleTimeout: day, absoluteTimeout: 2 * day }, { idleTimeout: day, absoluteTimeout: 9 * day }],
    ['both', { idleTimeout: hour, absoluteTimeout: hour }, { idleTimeout: 100 * hour, absoluteTimeout: 200 * hour }],
  ])('%s', async (_, before, after) => {
    const clock = new Clock()
    const shared = store()
    const release = (limits: { idleTimeout: number; absoluteTimeout?: number }): SessionManager<Data> =>
      new SessionManager<Data>({ store: shared as MemoryStore, secret, now: clock.now, ...limits })
    let { cookie } = await release(before).issue({ count: 7 })
    // Used now and then, until just before its end by the old limits.
    for (let i = 0; i < 9; i++) {
      clock.passes(Math.min(before.absoluteTimeout / 10, before.idleTimeout * 0.9))
      cookie = cookieAfter(await reading(release(before), cookie)) || cookie
    }
    const next = release(after)
    let writes = 0
    for (let visits = 0; visits < 50; visits++) {
      const sent = cookieAfter(await reading(next, cookie, (session) => expect(session.get('count')).toBe(7)))
      if (sent !== undefined && sent !== '') {
        cookie = sent
        writes++
      }
      clock.passes(before.idleTimeout / 20)
    }
    expect(writes).toBeLessThan(50)
  })
})
