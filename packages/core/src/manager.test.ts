import { describe, expect, it } from 'vitest'
import { CookieStore, MemoryStore, SessionError, SessionManager, type SessionStore } from './index.js'
import { secret } from './testing/secret.js'
import { visit } from './testing/visit.js'

const minute = 60_000

interface Data {
  userId: string
  visits: number
}

/** A store with the five methods that each has to have, and no capability. */
function bareStore(inner: SessionStore = new MemoryStore()): SessionStore {
  return {
    load: (id) => inner.load(id),
    create: (id, record) => inner.create(id, record),
    update: (id, record) => inner.update(id, record),
    touch: (id, expiresAt, version) => inner.touch(id, expiresAt, version),
    delete: (id) => inner.delete(id),
  }
}

describe('issue', () => {
  it('stores a session whose cookie opens it', async () => {
    const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret })
    const { id, cookie } = await sessions.issue({ userId: 'ada', visits: 3 })
    const session = await sessions.read(visit(cookie))
    expect(session.id).toBe(id)
    expect(session.isNew).toBe(false)
    expect(session.toJSON()).toEqual({ userId: 'ada', visits: 3 })
  })

  it('returns the cookie as a client sends it, and the line that makes a browser do so', async () => {
    const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret, idleTimeout: 3600 })
    const { cookie, setCookie } = await sessions.issue({ visits: 1 })
    expect(cookie).toMatch(/^__Host-sid=[\w-]{43}\.[\w-]{43}$/)
    const [pair, ...attributes] = setCookie.split('; ')
    expect(pair).toBe(cookie)
    expect(attributes.sort()).toEqual(['HttpOnly', 'Max-Age=3600', 'Path=/', 'SameSite=Lax', 'Secure'])
  })

  it('gives the session its owner, and the record never shows the token', async () => {
    const store = new MemoryStore()
    const sessions = new SessionManager<Data>({ store, secret })
    const { id, cookie } = await sessions.issue({ visits: 1 }, { owner: 'ada' })
    expect((await sessions.read(visit(cookie))).owner).toBe('ada')
    const token = (cookie.split('=')[1] as string).split('.')[0] as string
    expect(JSON.stringify(store.load(id))).not.toContain(token)
    expect(id).not.toContain(token)
  })

  it('stores an empty session, too, since it was asked for', async () => {
    const store = new MemoryStore()
    const sessions = new SessionManager<Data>({ store, secret })
    const { id, cookie } = await sessions.issue({})
    expect(store.load(id)).toBeDefined()
    expect((await sessions.read(visit(cookie))).isNew).toBe(false)
  })

  it('refuses data that JSON can not carry, names the key, and stores nothing', async () => {
    const store = new MemoryStore()
    const sessions = new SessionManager({ store, secret })
    await expect(sessions.issue({ fine: 1, broken: () => {} })).rejects.toThrow(/"broken"/)
    await expect(sessions.issue({ broken: Number.NaN })).rejects.toThrow(TypeError)
    expect(store.size).toBe(0)
  })

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'ada'],
    ['a list', ['ada']],
    ['a Map', new Map([['user', 'ada']])],
  ])('refuses %s, whose keys and values would be others than meant, or none', async (_, data) => {
    const store = new MemoryStore()
    const issued = new SessionManager({ store, secret }).issue(data as never)
    await expect(issued).rejects.toThrow(new TypeError('fetch-sessions: data must be an object of keys and values'))
    expect(store.size).toBe(0)
  })

  it('gives each session another id and another cookie', async () => {
    const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret })
    const issued = await Promise.all(Array.from({ length: 200 }, () => sessions.issue({ visits: 1 })))
    expect(new Set(issued.map(({ id }) => id)).size).toBe(200)
    expect(new Set(issued.map(({ cookie }) => cookie)).size).toBe(200)
  })

  it('works with the CookieStore, whose cookie is the session', async () => {
    const sessions = new SessionManager<Data>({ store: new CookieStore(), secret })
    const { cookie } = await sessions.issue({ visits: 7 })
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(7)
  })
})

describe('destroy by id', () => {
  it('ends a session, and its cookie opens nothing from then on', async () => {
    const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret })
    const { id, cookie } = await sessions.issue({ visits: 1 })
    expect(await sessions.destroy(id)).toBe(true)
    const session = await sessions.read(visit(cookie))
    expect(session.isNew).toBe(true)
    expect(session.id).not.toBe(id)
    expect(session.size).toBe(0)
  })

  it('says false for a session that is not there, twice or unknown, and throws nothing', async () => {
    const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret })
    const { id } = await sessions.issue({ visits: 1 })
    await sessions.destroy(id)
    expect(await sessions.destroy(id)).toBe(false)
    expect(await sessions.destroy('no such session')).toBe(false)
    expect(await sessions.destroy('')).toBe(false)
  })

  it('leaves the others alone', async () => {
    const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret })
    const one = await sessions.issue({ visits: 1 })
    const other = await sessions.issue({ visits: 2 })
    await sessions.destroy(one.id)
    expect((await sessions.read(visit(other.cookie))).get('visits')).toBe(2)
  })
})

describe('the sessions of an owner', () => {
  it('are listed with id, owner, label, creation, last use and expiry, and none of their data', async () => {
    const now = 1_800_000_000_000
    const sessions = new SessionManager<Data>({
      store: new MemoryStore(),
      secret,
      idleTimeout: 60,
      now: () => now,
    })
    const { id } = await sessions.issue({ visits: 1 }, { owner: 'ada' })
    await sessions.issue({ visits: 1 }, { owner: 'grace' })
    await sessions.issue({ visits: 1 })
    expect(await sessions.listByOwner('ada')).toEqual([
      { id, owner: 'ada', label: undefined, createdAt: now, lastUsedAt: now, expiresAt: now + minute },
    ])
    expect(await sessions.listByOwner('nobody')).toEqual([])
  })

  it('all end with destroyByOwner, which says how many they were', async () => {
    const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret })
    const phone = await sessions.issue({ visits: 1 }, { owner: 'ada' })
    const desk = await sessions.issue({ visits: 2 }, { owner: 'ada' })
    const other = await sessions.issue({ visits: 3 }, { owner: 'grace' })
    expect(await sessions.destroyByOwner('ada')).toBe(2)
    expect((await sessions.read(visit(phone.cookie))).isNew).toBe(true)
    expect((await sessions.read(visit(desk.cookie))).isNew).toBe(true)
    expect((await sessions.read(visit(other.cookie))).get('visits')).toBe(3)
    expect(await sessions.destroyByOwner('ada')).toBe(0)
  })

  it('end but for the one at hand, "sign out everywhere else"', async () => {
    const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret })
    const here = await sessions.issue({ visits: 1 }, { owner: 'ada' })
    const there = await sessions.issue({ visits: 2 }, { owner: 'ada' })
    expect(await sessions.destroyByOwner('ada', { except: here.id })).toBe(1)
    expect((await sessions.read(visit(here.cookie))).get('visits')).toBe(1)
    expect((await sessions.read(visit(there.cookie))).isNew).toBe(true)
  })

  it('change hands with setOwner, when the session is stored', async () => {
    const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret })
    const { id, cookie } = await sessions.issue({ visits: 1 })
    const handOver = (owner: string | undefined): Promise<Response> =>
      sessions.handle(visit(cookie), async (handle) => {
        ;(await handle.write()).setOwner(owner)
        return new Response()
      })
    await handOver('ada')
    expect((await sessions.listByOwner('ada')).map((info) => info.id)).toEqual([id])
    await handOver('grace')
    expect(await sessions.listByOwner('ada')).toEqual([])
    expect((await sessions.listByOwner('grace')).map((info) => info.id)).toEqual([id])
    await handOver(undefined)
    expect(await sessions.listByOwner('grace')).toEqual([])
    expect((await sessions.read(visit(cookie))).owner).toBe(undefined)
  })

  it('follow the session to its new id when it is regenerated', async () => {
    const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret })
    const { id, cookie } = await sessions.issue({ visits: 1 }, { owner: 'ada' })
    await sessions.handle(visit(cookie), async (handle) => {
      ;(await handle.write()).regenerate()
      return new Response()
    })
    const listed = await sessions.listByOwner('ada')
    expect(listed).toHaveLength(1)
    expect(listed[0]?.id).not.toBe(id)
  })

  it('are no longer listed when they are expired or destroyed', async () => {
    let now = 1_800_000_000_000
    const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret, idleTimeout: 60, now: () => now })
    const { id } = await sessions.issue({ visits: 1 }, { owner: 'ada' })
    now += minute - 1
    await sessions.issue({ visits: 2 }, { owner: 'ada' })
    expect(await sessions.listByOwner('ada')).toHaveLength(2)
    now += 1
    const listed = await sessions.listByOwner('ada')
    expect(listed.map((info) => info.id)).not.toContain(id)
    await sessions.destroy(listed[0]?.id as string)
    expect(await sessions.listByOwner('ada')).toEqual([])
  })

  it('may be owned by what looks like a part of an object', async () => {
    const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret })
    for (const owner of ['__proto__', 'constructor', 'toString']) {
      expect(await sessions.listByOwner(owner)).toEqual([])
      await sessions.issue({ visits: 1 }, { owner })
      expect(await sessions.listByOwner(owner)).toHaveLength(1)
      expect(await sessions.destroyByOwner(owner)).toBe(1)
    }
  })

  it('need an owner that is not empty: that is a TypeError', async () => {
    const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret })
    const session = await sessions.write(visit())
    expect(() => session.setOwner('')).toThrow(TypeError)
    expect(session.owner).toBe(undefined)
  })
})

describe('deleteExpired', () => {
  it('removes expired records, no others, and says how many', async () => {
    let now = 1_800_000_000_000
    // The clock of the store stands still, so that it does not drop anything by itself.
    const store = new MemoryStore({ now: () => 0 })
    const sessions = new SessionManager<Data>({ store, secret, idleTimeout: 60, now: () => now })
    await sessions.issue({ visits: 1 })
    await sessions.issue({ visits: 2 })
    now += minute / 2
    const { cookie } = await sessions.issue({ visits: 3 })
    now += minute / 2
    expect(store.size).toBe(3)
    expect(await sessions.deleteExpired()).toBe(2)
    expect(store.size).toBe(1)
    expect(await sessions.deleteExpired()).toBe(0)
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(3)
  })

  it('removes at most as many as it is told', async () => {
    let now = 1_800_000_000_000
    const store = new MemoryStore({ now: () => 0 })
    const sessions = new SessionManager<Data>({ store, secret, idleTimeout: 60, now: () => now })
    for (let visits = 0; visits < 5; visits++) await sessions.issue({ visits })
    now += minute
    expect(await sessions.deleteExpired(2)).toBe(2)
    expect(await sessions.deleteExpired(2)).toBe(2)
    expect(await sessions.deleteExpired(2)).toBe(1)
    expect(store.size).toBe(0)
  })
})

describe('clear', () => {
  it('ends every session, and is no error on an empty store', async () => {
    const store = new MemoryStore()
    const sessions = new SessionManager<Data>({ store, secret })
    await sessions.clear()
    const { cookie } = await sessions.issue({ visits: 1 }, { owner: 'ada' })
    await sessions.issue({ visits: 2 })
    await sessions.clear()
    expect(store.size).toBe(0)
    expect((await sessions.read(visit(cookie))).isNew).toBe(true)
    expect(await sessions.listByOwner('ada')).toEqual([])
  })
})

describe('what the store does not support', () => {
  const calls: [string, (sessions: SessionManager<Data>) => Promise<unknown>][] = [
    ['listByOwner', (sessions) => sessions.listByOwner('ada')],
    ['deleteByOwner', (sessions) => sessions.destroyByOwner('ada')],
    ['deleteExpired', (sessions) => sessions.deleteExpired()],
    ['clear', (sessions) => sessions.clear()],
  ]

  it.each(calls)('is a SessionError that names %s, as a rejection', async (capability, call) => {
    const sessions = new SessionManager<Data>({ store: bareStore(), secret })
    const error: unknown = await call(sessions).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(SessionError)
    expect(error).toMatchObject({ code: 'ERR_SESSION_UNSUPPORTED' })
    expect((error as Error).message).toContain(capability)
  })

  it('includes all of them, and destroy by id, with the CookieStore', async () => {
    const sessions = new SessionManager<Data>({ store: new CookieStore(), secret })
    for (const [, call] of [...calls, ['delete', (s: SessionManager<Data>) => s.destroy('A'.repeat(43))] as const]) {
      await expect(call(sessions)).rejects.toMatchObject({ code: 'ERR_SESSION_UNSUPPORTED' })
    }
  })

  it('is told by supports before it is asked for', () => {
    const what = ['listByOwner', 'deleteByOwner', 'clear', 'exclusive'] as const
    const supported = (store: SessionStore | CookieStore): boolean[] =>
      what.map((each) => new SessionManager<Data>({ store, secret }).supports(each))
    expect(supported(bareStore())).toEqual([false, false, false, true])
    expect(supported(Object.assign(bareStore(), { atomic: false }))).toEqual([false, false, false, false])
    expect(supported(new CookieStore())).toEqual([false, false, false, false])
    expect(supported(new CookieStore({ revocations: new MemoryStore() }))).toEqual([false, true, false, false])
    expect(supported(new MemoryStore())).toEqual([true, true, true, true])
  })

  it('does not keep sessions from working', async () => {
    const sessions = new SessionManager<Data>({ store: bareStore(), secret })
    const { cookie, id } = await sessions.issue({ visits: 1 }, { owner: 'ada' })
    expect((await sessions.read(visit(cookie))).owner).toBe('ada')
    expect(await sessions.destroy(id)).toBe(true)
  })
})
