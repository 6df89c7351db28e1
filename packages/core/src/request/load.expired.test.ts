import { describe, expect, it } from 'vitest'
import { CookieStore, MemoryStore, SessionManager, type SessionOptions } from '../index.js'
import { cookieAfter, sessionCookies } from '../testing/response-cookies.js'
import { secret } from '../testing/secret.js'
import { reading, signOut, writing } from '../testing/serve.js'
import { type Setting, stagedManager } from '../testing/staged-manager.js'
import { StagedStore } from '../testing/staged-store.js'
import { visit } from '../testing/visit.js'

interface Data {
  visits: number
}

/** A store that drops nothing by itself. */
class KeepingStore extends StagedStore {
  override readonly memory: MemoryStore = new MemoryStore({ now: () => 0 })
}

/** Two managers on one store, and a session that has one second left. */
async function nearTheEnd(
  options: Partial<SessionOptions<Data>> = {},
): Promise<Setting<Data> & { other: SessionManager<Data>; cookie: string; id: string; store: KeepingStore }> {
  const store = new KeepingStore()
  const setting = stagedManager<Data>({ store, idleTimeout: 1000, ...options })
  const { clock, sessions } = setting
  const other = new SessionManager<Data>({ store, secret, now: clock.now, idleTimeout: 1000, ...options })
  const { cookie, id } = await sessions.issue({ visits: 1 })
  clock.passes(999)
  store.forget()
  setting.events.length = 0
  return { ...setting, store, other, cookie, id }
}

describe('a session that is over when it is loaded', () => {
  it('is closed by compare-and-set, and then deleted', async () => {
    const { sessions, store, clock, cookie } = await nearTheEnd()
    clock.passes(1)
    expect((await sessions.read(visit(cookie))).isNew).toBe(true)
    expect([store.methods, store.memory.size]).toEqual([['load', 'update', 'delete'], 0])
  })

  it.each([
    ['a change', (session: { set(key: 'visits', value: number): unknown }) => void session.set('visits', 2), 2],
    ['a mere use', () => {}, 1],
  ] as const)(
    'is there after all where another request has extended it in time, by %s',
    async (_name, change, visits) => {
      for (const moment of ['after the load', 'before the removal'] as const) {
        const { sessions, store, other, clock, cookie, id, events } = await nearTheEnd()
        // The other one comes in time, and is stored when this one has loaded what was there before.
        let extending: Promise<Response> | undefined
        const extend = async (): Promise<void> => {
          clock.passes(-1)
          extending = writing(other, cookie, change)
          await extending
          clock.passes(1)
        }
        clock.passes(1)
        if (moment === 'after the load') store.afterNext('load', extend)
        else store.beforeNext('update', extend)
        const seen: unknown[] = []
        const response = await reading(sessions, cookie, (session) => seen.push(session.id, session.get('visits')))
        await extending
        expect([moment, seen, sessionCookies(response)]).toEqual([moment, [id, visits], []])
        expect(store.memory.load(id)?.expiresAt).toBeGreaterThan(clock.time)
        expect(store.methods).not.toContain('delete')
        expect(events.map(({ type }) => type)).toEqual(['loaded'])
      }
    },
  )

  it('is over for a process whose clock is behind, too, once it is being removed', async () => {
    const { sessions, store, other, clock, cookie, id } = await nearTheEnd()
    clock.passes(1)
    store.beforeNext('delete', async () => {
      clock.passes(-1)
      expect(await other.edit(id, (session) => session.set('visits', 3))).toBe(false)
      clock.passes(1)
    })
    await reading(sessions, cookie)
    expect(store.memory.size).toBe(0)
  })

  it('is looked at twice at most, where a store keeps it and lets nobody write to it', async () => {
    const { sessions, store, clock, cookie, events, id } = await nearTheEnd()
    store.refuse('update')
    clock.passes(1)
    expect((await sessions.read(visit(cookie))).isNew).toBe(true)
    expect(store.methods).toEqual(['load', 'update', 'load', 'update'])
    expect(events).toMatchObject([{ type: 'rejected', reason: 'expired', id }])
  })

  it('is over for a process with longer limits, too, once it is being removed', async () => {
    const { store, clock, cookie, id } = await nearTheEnd()
    const shorter = new SessionManager<Data>({ store, secret, now: clock.now, idleTimeout: 10 })
    const longer = new SessionManager<Data>({ store, secret, now: clock.now, idleTimeout: 1000 })
    store.beforeNext('delete', async () => {
      expect(await longer.peek(id)).toBe(undefined)
    })
    await reading(shorter, cookie)
    expect(store.memory.size).toBe(0)
  })

  it('is deleted at once where the store can’t compare and set', async () => {
    const store = Object.assign(new KeepingStore(), { atomic: false })
    const { sessions, clock, cookie } = await nearTheEnd({ store })
    clock.passes(1)
    await reading(sessions, cookie)
    expect([store.methods.slice(1), store.memory.size]).toEqual([['load', 'delete'], 0])
  })

  it.each(['throws', 'rejects'] as const)('is over where the store takes no writes and %s', async (how) => {
    const { sessions, store, clock, cookie, events, id } = await nearTheEnd()
    clock.passes(1)
    const readOnly = new Error('attempt to write a readonly database')
    for (const method of ['update', 'delete'] as const) store.fail(method, how, readOnly)
    const response = await reading(sessions, cookie, (session) => expect(session.isNew).toBe(true))
    expect(response.status).toBe(200)
    expect(events).toMatchObject([
      { type: 'dropped', reason: 'store', id, error: { code: 'ERR_SESSION_STORE', cause: readOnly } },
      { type: 'rejected', reason: 'expired', id },
    ])
  })

  it('leaves no note of its end in the revocations of a CookieStore', async () => {
    const revocations = new StagedStore()
    const { sessions, clock, cookie } = await nearTheEnd({ store: new CookieStore({ revocations }) })
    clock.passes(1)
    await reading(sessions, cookie)
    expect(revocations.memory.size).toBe(0)
  })
})

describe('what is left of a session that nobody could delete', () => {
  /** Its process is gone in the midst of a sign-out. */
  async function leftBehind(): Promise<Awaited<ReturnType<typeof nearTheEnd>>> {
    const setting = await nearTheEnd()
    setting.store.afterNext('update', () => Promise.reject(new Error('no answer')))
    await expect(signOut(setting.sessions, setting.cookie)).rejects.toThrow()
    setting.store.forget()
    setting.events.length = 0
    return setting
  }

  it('is removed once it is over, and a session begins in its place', async () => {
    const { sessions, store, clock, cookie, id, events } = await leftBehind()
    clock.passes(1)
    const response = await writing(sessions, cookie, (session) => void session.set('visits', 7))
    expect(store.methods).toEqual(['load', 'update', 'delete', 'create'])
    expect(store.memory.load(id)).toBe(undefined)
    expect(events).toMatchObject([{ type: 'rejected', reason: 'expired', id }, { type: 'created' }])
    expect((await sessions.read(visit(cookieAfter(response)))).get('visits')).toBe(7)
  })

  it('has nothing in its place until then', async () => {
    const { sessions, store, cookie, events, id } = await leftBehind()
    const response = await writing(sessions, cookie, (session) => void session.set('visits', 7))
    expect(sessionCookies(response)).toEqual([])
    expect([store.methods, store.memory.size]).toEqual([['load'], 1])
    expect(events).toMatchObject([
      { type: 'rejected', reason: 'unknown', id },
      { type: 'dropped', reason: 'superseded' },
    ])
  })
})
