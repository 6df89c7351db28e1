import { describe, expect, it } from 'vitest'
import { CookieStore, MemoryStore, SessionManager, type SessionRecord, type SessionStore } from '../index.js'
import { failingStore, type StoreMethod } from '../test-kit.js'
import { secret } from '../testing/secret.js'

const id = 'x'.repeat(43)
const record = (): SessionRecord => ({
  data: '{}',
  createdAt: Date.now(),
  expiresAt: Date.now() + 60_000,
  owner: undefined,
  version: 1,
})

describe('a failing store that nobody has told anything', () => {
  it('is the store that it was made of, synchronous where that is, and counts', () => {
    const memory = new MemoryStore()
    const store = failingStore(memory)
    const first = record()
    expect(store.create(id, first)).toBe(true)
    expect(store.load(id)).toEqual(memory.load(id))
    expect(store.update(id, { ...first, version: 2 })).toBe(true)
    expect(store.touch(id, first.expiresAt + 1, 2)).toBe(true)
    expect(store.listByOwner?.('ada')).toEqual([])
    expect(store.delete(id)).toBe(true)
    expect(store.calls.map(({ method }) => method)).toEqual([
      'create',
      'load',
      'update',
      'touch',
      'listByOwner',
      'delete',
    ])
    expect([store.count(), store.count('load'), store.count('clear')]).toEqual([6, 1, 0])
    first.data = 'changed later'
    expect(store.calls[0]).toEqual({ method: 'create', args: [id, { ...first, data: '{}' }] })
  })

  it('can do and promises what that can, and no more', () => {
    const { load, create, update, touch, delete: remove } = new MemoryStore()
    const five: SessionStore = { atomic: false, limits: { dataBytes: 10 }, load, create, update, touch, delete: remove }
    const store = failingStore(five)
    expect([store.atomic, store.limits, store.list, store.clear]).toEqual([
      false,
      { dataBytes: 10 },
      undefined,
      undefined,
    ])
    expect('consistency' in store).toBe(false)
    expect(typeof failingStore(new MemoryStore()).list).toBe('function')
  })

  it('hands the manager’s clock on', async () => {
    const store = failingStore(new MemoryStore())
    const sessions = new SessionManager<{ n: number }>({ store, secret, idleTimeout: 60, now: () => 1000 })
    const { id } = await sessions.issue({ n: 1 })
    expect(await sessions.peek(id)).toBeDefined()
  })

  it('is made of a store only', () => {
    expect(() => failingStore(new CookieStore() as unknown as SessionStore)).toThrow(/failingStore has no load/)
    expect(() => failingStore(undefined as unknown as SessionStore)).toThrow(/failingStore is missing/)
  })
})

describe('a store that is told to fail', () => {
  it('fails with each call of the method, and writes nothing, until it is healed', async () => {
    const memory = new MemoryStore()
    const store = failingStore(memory)
    store.fail('create')
    await expect(store.create(id, record())).rejects.toThrow('out of reach')
    await expect(store.create(id, record())).rejects.toThrow('out of reach')
    expect([memory.size, store.load(id)]).toEqual([0, undefined])
    store.heal()
    expect(store.create(id, record())).toBe(true)
  })

  it('fails with the given error, an undefined one as well', async () => {
    const store = failingStore(new MemoryStore())
    const error = new Error('ECONNRESET')
    store.fail('load', error)
    await expect(store.load(id)).rejects.toBe(error)
    const foreign = Object.setPrototypeOf(new Error('of another realm'), null)
    store.fail('load', foreign)
    expect(await Promise.resolve(store.load(id)).catch((error) => [error])).toEqual([foreign])
    store.fail('load', { error: undefined })
    expect(await Promise.resolve(store.load(id)).catch((error) => [error])).toEqual([undefined])
  })

  it('after a write has written', async () => {
    const memory = new MemoryStore()
    const store = failingStore(memory)
    store.fail('create', { after: true })
    await expect(store.create(id, record())).rejects.toThrow('out of reach')
    expect(memory.size).toBe(1)
  })

  it('so many times, does so', async () => {
    const store = failingStore(new MemoryStore())
    store.fail('load', { times: 2 })
    await expect(store.load(id)).rejects.toThrow()
    await expect(store.load(id)).rejects.toThrow()
    expect(store.load(id)).toBeUndefined()
    store.fail('all', { times: 1 })
    await expect(store.delete(id)).rejects.toThrow()
    expect([store.load(id), store.delete(id)]).toEqual([undefined, false])
  })

  it('in all methods, does so in each', async () => {
    const store = failingStore(new MemoryStore())
    store.fail()
    await expect(store.load(id)).rejects.toThrow()
    await expect(store.clear?.()).rejects.toThrow()
  })

  it('in a method that no store has, or never, says so', () => {
    const store = failingStore(new MemoryStore())
    expect(() => store.fail('save' as StoreMethod)).toThrow(/"save" is no method: there are load, create/)
    expect(() => store.fail('load', { times: 0 })).toThrow(/times must be a number above 0/)
  })

  it('is an outage to a request, and never a sign-out', async () => {
    const store = failingStore(new MemoryStore())
    const sessions = new SessionManager<{ user: string }>({ store, secret })
    const { cookie } = await sessions.issue({ user: 'ada' })
    store.fail('load')
    await expect(sessions.read(cookie)).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
    store.heal()
    expect((await sessions.read(cookie)).get('user')).toBe('ada')
  })
})

describe('a store that is told to hang', () => {
  it('answers when it is let go, and only then writes', async () => {
    const memory = new MemoryStore()
    const store = failingStore(memory)
    const hung = store.hang('create')
    const answer = store.create(id, record())
    await hung.reached
    expect(memory.size).toBe(0)
    hung.letGo()
    expect([await answer, memory.size]).toEqual([true, 1])
    expect(store.delete(id)).toBe(true)
    expect(store.create(id, record())).toBe(true)
  })

  it('after it has written, has written', async () => {
    const memory = new MemoryStore()
    const store = failingStore(memory)
    const hung = store.hang('create', { after: true })
    const answer = store.create(id, record())
    await hung.reached
    expect(memory.size).toBe(1)
    hung.letGo()
    expect(await answer).toBe(true)
  })

  it('goes on when it is healed', async () => {
    const store = failingStore(new MemoryStore())
    store.hang()
    const answers = [store.load(id), store.delete(id)]
    store.heal()
    expect(await Promise.all(answers)).toEqual([undefined, false])
  })

  it('keeps one request waiting and no other', async () => {
    const store = failingStore(new MemoryStore())
    const sessions = new SessionManager<{ n: number }>({ store, secret })
    const [ada, bob] = [await sessions.issue({ n: 1 }), await sessions.issue({ n: 2 })]
    const hung = store.hang('load')
    const slow = sessions.read(ada.cookie)
    await hung.reached
    hung.letGo()
    expect([(await sessions.read(bob.cookie)).get('n'), (await slow).get('n')]).toEqual([2, 1])
  })

  it('is cut off by the manager’s storeTimeout', async () => {
    const store = failingStore(new MemoryStore())
    const sessions = new SessionManager<{ n: number }>({ store, secret, storeTimeout: 0.001 })
    const { cookie } = await sessions.issue({ n: 1 })
    store.hang('load')
    await expect(sessions.read(cookie)).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
  })
})
