import { afterEach, describe, expect, it } from 'vitest'
import { MemoryStore, SessionManager, SessionStoreError } from '../index.js'
import { cookieAfter } from '../testing/response-cookies.js'
import { secret } from '../testing/secret.js'
import { stagedManager } from '../testing/staged-manager.js'
import { StagedStore } from '../testing/staged-store.js'
import { visit } from '../testing/visit.js'

interface Data {
  user: string
  visits: number
}

const setUp = stagedManager<Data>

describe('the methods of the manager', () => {
  it('report a failing store as a SessionStoreError that keeps the cause', async () => {
    const { store, sessions } = setUp()
    const { id } = await sessions.issue({ visits: 1 })
    for (const how of ['throws', 'rejects'] as const) {
      const error = new Error('out of reach')
      store.fail('create', how, error)
      store.fail('delete', how, error)
      await expect(sessions.issue({ visits: 2 })).rejects.toMatchObject({ code: 'ERR_SESSION_STORE', cause: error })
      await expect(sessions.destroy(id)).rejects.toMatchObject({ code: 'ERR_SESSION_STORE', cause: error })
    }
    store.heal()
    expect(store.memory.size).toBe(1)
  })

  it('do so for capabilities that throw or reject, too', async () => {
    const error = new Error('out of reach')
    for (const fail of [
      () => {
        throw error
      },
      () => Promise.reject(error),
    ]) {
      const store = Object.assign(new StagedStore(), {
        listByOwner: fail,
        deleteByOwner: fail,
        deleteExpired: fail,
        clear: fail,
      })
      const sessions = new SessionManager<Data>({ store, secret })
      for (const call of [
        sessions.listByOwner('ada'),
        sessions.destroyByOwner('ada'),
        sessions.deleteExpired(),
        sessions.clear(),
      ]) {
        await expect(call).rejects.toMatchObject({ code: 'ERR_SESSION_STORE', cause: error })
      }
    }
  })
})

describe('a store that fails with something that is no Error', () => {
  it.each([undefined, null, 'down', 503])('(%s) is a SessionStoreError all the same', async (reason) => {
    const { store, sessions } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    store.fail('load', 'rejects', reason)
    await expect(sessions.read(visit(cookie))).rejects.toThrow(SessionStoreError)
    store.fail('load', 'throws', reason)
    await expect(sessions.read(visit(cookie))).rejects.toThrow(SessionStoreError)
  })
})

describe('a store that answers with a thenable that is no Promise', () => {
  it('is waited for like any other', async () => {
    const memory = new MemoryStore()
    const later = <T>(value: T): Promise<T> => {
      const settled = new Promise<T>((resolve) => setTimeout(resolve, 1, value))
      // biome-ignore lint/suspicious/noThenProperty: query builders are thenables, and so is another realm's promise
      return { then: settled.then.bind(settled) } as unknown as Promise<T>
    }
    const sessions = new SessionManager<Data>({
      store: {
        load: (id) => later(memory.load(id)),
        create: (id, record) => later(memory.create(id, record)),
        update: (id, record) => later(memory.update(id, record)),
        touch: (id, expiresAt, version) => later(memory.touch(id, expiresAt, version)),
        delete: (id) => later(memory.delete(id)),
      },
      secret,
    })
    const response = await sessions.handle(visit(), async (handle) => {
      ;(await handle.write()).set('visits', 1)
      return new Response()
    })
    const cookie = cookieAfter(response)
    await sessions.handle(visit(cookie), async (handle) => {
      ;(await handle.write()).update('visits', (n = 0) => n + 1)
      return new Response()
    })
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(2)
  })
})

describe('a store that is slow', () => {
  it('is waited for: when the response is there, the next request sees the change', async () => {
    const { store, sessions } = setUp()
    store.delay(5, 10)
    const response = await sessions.handle(visit(), async (handle) => {
      ;(await handle.write()).set('visits', 1)
      return new Response()
    })
    expect(store.memory.size).toBe(1)
    expect((await sessions.read(visit(cookieAfter(response)))).get('visits')).toBe(1)
  })
})

describe('a store that hangs', () => {
  const never = (): Promise<never> => new Promise(() => {})

  for (const method of ['load', 'update'] as const) {
    it(`is given up at "${method}" after storeTimeout seconds, and the error says so`, async () => {
      const { store, sessions } = setUp({ storeTimeout: 0.05 })
      const { cookie } = await sessions.issue({ user: 'ada', visits: 1 })
      store.before(method, never)
      const visiting = sessions.handle(visit(cookie), async (session) => {
        ;(await session.write()).set('visits', 2)
        return new Response()
      })
      await expect(visiting).rejects.toMatchObject({
        code: 'ERR_SESSION_STORE',
        message: `The session store failed at "${method}"`,
        cause: { message: 'no answer within 0.05 s (storeTimeout)' },
      })
      store.before(method, undefined)
      expect((await sessions.read(visit(cookie))).get('visits')).toBe(1)
    })
  }

  it.each([30, 600])('may take its time up to then: %s seconds', async (storeTimeout) => {
    const { store, sessions } = setUp({ storeTimeout })
    const { cookie } = await sessions.issue({ user: 'ada' })
    store.before('load', () => new Promise((resolve) => setTimeout(resolve, 5)))
    expect((await sessions.read(visit(cookie))).get('user')).toBe('ada')
  })
})

describe('a program that has put another class in the place of Promise, as zone.js does', () => {
  const { Promise: NativePromise } = globalThis
  afterEach(() => {
    globalThis.Promise = NativePromise
  })

  it('has its sessions like any other', async () => {
    globalThis.Promise = class<T> extends NativePromise<T> {} as PromiseConstructor
    const { store, sessions } = setUp({ verifiedCacheSize: 0 })
    store.delay(1, 2)
    const { cookie } = await sessions.issue({ visits: 1 })
    const response = await sessions.handle(visit(cookie), async (handle) => {
      ;(await handle.write()).update('visits', (n = 0) => n + 1)
      return new Response()
    })
    expect((await sessions.read(visit(cookieAfter(response, cookie)))).get('visits')).toBe(2)
  })
})

describe('a store that answers with a thenable, as query builders do', () => {
  it('is awaited, and its failure is a SessionStoreError', async () => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    const thenable = (settle: (resolve: (value: unknown) => void, reject: (error: unknown) => void) => void): never =>
      // biome-ignore lint/suspicious/noThenProperty: it is what the test is about
      ({ then: settle }) as never
    const record = store.memory.load((await sessions.read(visit(cookie))).id)
    store.load = () => thenable((resolve) => resolve(record))
    expect((await sessions.read(visit(cookie))).get('user')).toBe('ada')
    store.load = () => thenable((_, reject) => reject(new Error('gone')))
    await expect(sessions.read(visit(cookie))).rejects.toThrow(SessionStoreError)
  })
})

describe('a store that says null for what is not there', () => {
  it('is understood, and the visitor gets a new session', async () => {
    const { store, sessions, events } = setUp({ onInvalidData: 'throw' })
    const { cookie, id } = await sessions.issue({ user: 'ada' })
    store.load = () => null as unknown as undefined
    expect((await sessions.read(visit(cookie))).isNew).toBe(true)
    expect(events).toContainEqual(expect.objectContaining({ type: 'rejected', reason: 'unknown', id }))
  })
})
