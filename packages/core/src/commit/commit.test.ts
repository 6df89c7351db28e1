import { describe, expect, it } from 'vitest'
import { SessionManager } from '../index.js'
import { type Customer, storedSession } from '../testing/observed-session.js'
import { cookieAfter, sessionCookies } from '../testing/response-cookies.js'
import { secret } from '../testing/secret.js'
import { reading, writing } from '../testing/serve.js'
import { randomToken, signedValue } from '../testing/sign.js'
import { stagedManager } from '../testing/staged-manager.js'
import { StagedStore } from '../testing/staged-store.js'
import { visit } from '../testing/visit.js'

type Data = Record<string, unknown>

const setUp = stagedManager<Data>

const name = '__Host-sid'

type Change = Parameters<typeof writing<Customer>>[2]

const badCookies: [string, () => string | Promise<string>][] = [
  ['no cookie', () => ''],
  ['rubbish', () => `${name}=rubbish`],
  ['a forged signature', () => `${name}=${randomToken()}.${randomToken()}`],
  ['a good signature of an unknown session', async () => `${name}=${await signedValue(secret, name, randomToken())}`],
]

describe("with persistence 'changed', the default,", () => {
  it('is what a manager does that was not told', async () => {
    const store = new StagedStore()
    const sessions = new SessionManager<Customer>({ store, secret })
    await reading(sessions, '')
    expect(store.calls).toEqual([])
  })

  it.each(badCookies)('reading with %s stores nothing and sends no cookie', async (_, bad) => {
    const { sessions, store } = await storedSession('changed')
    const response = await reading(sessions, await bad())
    expect(sessionCookies(response)).toEqual([])
    expect(store.methods.filter((method) => method !== 'load')).toEqual([])
  })

  it('reading a live session stores nothing and sends no cookie', async () => {
    const { sessions, store, cookie } = await storedSession('changed')
    expect(sessionCookies(await reading(sessions, cookie))).toEqual([])
    expect(store.methods).toEqual(['load'])
  })

  it.each(badCookies)('writing with %s stores the session under a new id and sends its cookie', async (_, bad) => {
    const { sessions, store, id } = await storedSession('changed')
    const before = await bad()
    const response = await writing(sessions, before, (session) => session.set('user', 'grace'))
    expect(store.methods.filter((method) => method !== 'load')).toEqual(['create'])
    const after = cookieAfter(response)
    expect(after).not.toBe(before)
    const session = await sessions.read(visit(after))
    expect(session.get('user')).toBe('grace')
    expect(session.id).not.toBe(id)
  })

  it.each<[string, Change]>([
    ['sets a key and deletes it again', (session) => session.set('count', 1).delete('count')],
    ['sets a key and clears', (session) => session.set('count', 1).clear()],
    ['sets a key and takes it', (session) => session.set('count', 1).take('count')],
    ['sets undefined', (session) => session.set('user', undefined as unknown as string)],
    ['does nothing but regenerate', (session) => session.regenerate()],
    ['does nothing but set a lifetime', (session) => session.setLifetime({ idleTimeout: 60 })],
    ['destroys it', (session) => session.set('count', 1).destroy()],
  ])('a new session that %s stays out of the store and sends no cookie', async (_, change) => {
    const { sessions, store } = await storedSession('changed')
    expect(sessionCookies(await writing(sessions, '', change))).toEqual([])
    expect(store.calls).toEqual([])
  })

  it('a new session with nothing but an owner is stored, since that is something in it', async () => {
    const { sessions } = await storedSession('changed')
    const response = await writing(sessions, '', (session) => session.setOwner('ada'))
    expect((await sessions.read(visit(cookieAfter(response)))).owner).toBe('ada')
  })

  it('a handler that does not ask for its session costs no store call, and its response passes through', async () => {
    const { sessions, store, cookie } = await storedSession('changed')
    const response = new Response()
    expect(await sessions.handle(visit(cookie), () => response)).toBe(response)
    expect(store.calls).toEqual([])
    expect([...response.headers.keys()]).toEqual([])
  })

  it('a request without a cookie never asks the store when it reads', async () => {
    const { sessions, store } = await storedSession('changed')
    await reading(sessions, '')
    await reading(sessions, 'other=1; more=2')
    expect(store.calls).toEqual([])
  })
})

describe("with persistence 'existing'", () => {
  it('writes once for a request that saves and then changes nothing', async () => {
    const { sessions, store, cookie } = await storedSession('existing')
    store.calls.length = 0
    await sessions.handle(visit(cookie), async (handle) => {
      await handle.read()
      await handle.save()
      return new Response()
    })
    expect(store.calls.map(({ method }) => method)).toEqual(['load', 'touch'])
  })

  it.each(badCookies)(
    'a request with %s that leaves its session alone stores nothing and gets no cookie',
    async (_, bad) => {
      const { sessions, store } = await storedSession('existing')
      const before = await bad()
      expect(sessionCookies(await sessions.handle(visit(before), () => new Response()))).toEqual([])
      expect(sessionCookies(await reading(sessions, before))).toEqual([])
      expect(sessionCookies(await writing(sessions, before, () => {}))).toEqual([])
      expect(store.methods.filter((method) => method !== 'load')).toEqual([])
      expect(store.memory.size).toBe(1)
    },
  )

  it.each(badCookies)('writing with %s stores the session and sends its cookie', async (_, bad) => {
    const { sessions } = await storedSession('existing')
    const response = await writing(sessions, await bad(), (session) => session.set('user', 'grace'))
    expect((await sessions.read(visit(cookieAfter(response)))).get('user')).toBe('grace')
  })

  it('a live session is written for every request that came with it, asked for or not', async () => {
    const { sessions, store, cookie, clock, id } = await storedSession('existing')
    clock.passes(1)
    await sessions.handle(visit(cookie), () => new Response())
    expect(store.methods).toEqual(['load', 'touch'])
    expect((await store.load(id))?.expiresAt).toBe(clock.time + 86_400_000)
    store.forget()
    clock.passes(1)
    await reading(sessions, cookie)
    expect(store.methods).toEqual(['load', 'touch'])
    expect((await store.load(id))?.expiresAt).toBe(clock.time + 86_400_000)
  })

  it('a change is written once: it moves the expiry, too', async () => {
    const { sessions, store, cookie, clock, id } = await storedSession('existing')
    clock.passes(1)
    await writing(sessions, cookie, (session) => session.set('count', 1))
    expect(store.methods).toEqual(['load', 'update'])
    expect((await store.load(id))?.expiresAt).toBe(clock.time + 86_400_000)
  })

  it('a request without a cookie costs nothing', async () => {
    const { sessions, store } = await storedSession('existing')
    const response = new Response()
    expect(await sessions.handle(visit('other=1'), () => response)).toBe(response)
    expect(store.calls).toEqual([])
  })
})

describe("with persistence 'always'", () => {
  it.each(badCookies)(
    'a request with %s that leaves its session alone gets a guest session under a new id',
    async (_, bad) => {
      const { sessions, store, id } = await storedSession('always')
      const before = await bad()
      const response = await sessions.handle(visit(before), () => new Response())
      expect(store.methods.filter((method) => method !== 'load')).toEqual(['create'])
      const after = cookieAfter(response)
      expect(after).not.toBe(before)
      const guest = await sessions.read(visit(after))
      expect(guest.isNew).toBe(false)
      expect(guest.size).toBe(0)
      expect(guest.id).not.toBe(id)
    },
  )

  it('a live session that is left alone is written, so that its expiry moves', async () => {
    const { sessions, store, cookie, clock, id } = await storedSession('always')
    clock.passes(1)
    await sessions.handle(visit(cookie), () => new Response())
    expect(store.methods).toEqual(['load', 'touch'])
    expect((await store.load(id))?.expiresAt).toBe(clock.time + 86_400_000)
  })

  it('a guest keeps the session that it was given', async () => {
    const { sessions, store } = await storedSession('always')
    const cookie = cookieAfter(await sessions.handle(visit(), () => new Response()))
    const response = await sessions.handle(visit(cookie), () => new Response())
    expect(cookieAfter(response, cookie)).toBe(cookie)
    expect(store.methods.filter((method) => method === 'create')).toHaveLength(1)
  })

  it('a session that is destroyed is not replaced by a guest session in the same response', async () => {
    const { sessions, store, cookie } = await storedSession('always')
    const response = await writing(sessions, cookie, (session) => session.destroy())
    expect(cookieAfter(response, cookie)).toBe('')
    expect(store.memory.size).toBe(0)
  })
})

describe('a stored session whose last key goes', () => {
  it('stays, empty, with its record, its id and its cookie', async () => {
    const { sessions, store } = await storedSession()
    const { cookie, id } = await sessions.issue({ count: 1 })
    const response = await writing(sessions, cookie, (session) => session.delete('count'))
    expect(sessionCookies(response)).toEqual([])
    const session = await sessions.read(visit(cookie))
    expect(session.size).toBe(0)
    expect(session.isNew).toBe(false)
    expect(session.id).toBe(id)
    expect(store.memory.size).toBe(2)
  })
})

describe('a flood of requests without a cookie', () => {
  it('makes no record as long as nothing is stored in their sessions', async () => {
    const { sessions, store } = setUp()
    for (let request = 0; request < 100; request++) {
      await sessions.handle(visit(), async (handle) => {
        const session = await handle.write()
        session.get('user')
        session.delete('user')
        session.clear()
        return new Response()
      })
    }
    expect(store.calls).toEqual([])
  })
})
