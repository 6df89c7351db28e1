import { afterEach, describe, expect, it } from 'vitest'
import {
  MemoryStore,
  SessionDataError,
  SessionError,
  SessionManager,
  type SessionOptions,
  SessionStoreError,
  type WritableSession,
} from './index.js'
import { type Setting, secret, stagedManager } from './testing/staged-manager.js'
import { StagedStore, type StoreMethod } from './testing/staged-store.js'
import { cookieAfter, sessionCookies, visit } from './testing/visit.js'

interface Data {
  user: string
  visits: number
}

const setUp = (options: Partial<SessionOptions<Data>> = {}): Setting<Data> => stagedManager(options)

/** Each call that core makes, and what a request does for it. */
const calls: [StoreMethod, (session: WritableSession<Data>) => void, 'with a cookie' | 'without one'][] = [
  ['load', () => {}, 'with a cookie'],
  ['create', (session) => session.set('visits', 2), 'without one'],
  ['update', (session) => session.set('visits', 2), 'with a cookie'],
  ['touch', () => {}, 'with a cookie'],
  ['delete', (session) => session.destroy(), 'with a cookie'],
  ['create', (session) => session.regenerate(), 'with a cookie'],
  ['delete', (session) => session.regenerate(), 'with a cookie'],
]

describe.each(calls)('a store that fails at %s', (method, act, comes) => {
  for (const how of ['throws', 'rejects'] as const) {
    it(`and ${how} fails the request, and nothing is lost (${act.toString().slice(-24)}) [B173, B176, B177]`, async () => {
      const { store, sessions, events, clock } = setUp()
      const { cookie, id } = await sessions.issue({ user: 'ada', visits: 1 })
      const before = store.memory.load(id)
      clock.now += 12 * 3_600_000
      const error = new Error('out of reach')
      store.fail(method, how, error)
      const request = visit(comes === 'with a cookie' ? cookie : '')
      const handled = sessions.handle(request, async (handle) => {
        act(await handle.write())
        return new Response('done')
      })
      const caught: unknown = await handled.then(
        () => undefined,
        (reason: unknown) => reason,
      )
      expect(caught).toBeInstanceOf(SessionStoreError)
      expect(caught).toBeInstanceOf(SessionError)
      expect(caught).toMatchObject({ code: 'ERR_SESSION_STORE', cause: error, name: 'SessionStoreError' })
      expect(events.at(-1)).toEqual({ type: 'failed', error: caught })
      store.heal()
      expect(store.memory.load(id)).toEqual(before)
      expect((await sessions.read(visit(cookie))).toJSON()).toEqual({ user: 'ada', visits: 1 })
    })
  }
})

describe('a failed commit', () => {
  it('gives no response at all, so that no success and no cookie goes out [B176, B177]', async () => {
    const { store, sessions } = setUp()
    const response = new Response('your order is placed')
    store.fail('create')
    const handled = sessions.handle(visit(), async (handle) => {
      ;(await handle.write()).set('visits', 1)
      return response
    })
    await expect(handled).rejects.toThrow(SessionStoreError)
    expect(response.headers.has('set-cookie')).toBe(false)
    expect(store.memory.size).toBe(0)
  })

  it('can be tried again on the same request, and loses nothing [B176]', async () => {
    const { store, sessions } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    const request = visit(cookie)
    const session = await sessions.write(request)
    session.set('user', 'ada').update('visits', (n = 0) => n + 1)
    store.fail('update')
    await expect(sessions.commit(request, new Response())).rejects.toThrow(SessionStoreError)
    store.heal()
    session.update('visits', (n = 0) => n + 1)
    await sessions.commit(request, new Response())
    expect((await sessions.read(visit(cookie))).toJSON()).toEqual({ user: 'ada', visits: 3 })
  })

  it('is made good by handling the same request again, as a middleware that retries does [B176, B182]', async () => {
    const { store, sessions } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    const request = visit(cookie)
    const handled = (): Promise<Response> =>
      sessions.handle(request, async (handle) => {
        ;(await handle.write()).set('visits', 2)
        return new Response('done')
      })
    store.fail('update')
    await expect(handled()).rejects.toThrow(SessionStoreError)
    store.heal()
    await handled()
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(2)
  })
})

describe('a failed save()', () => {
  const failures: [StoreMethod, string][] = [
    ['create', ''],
    ['update', 'with a cookie'],
  ]

  it.each(failures)('at %s, tried again, stores every change once [B98, B176]', async (method, comes) => {
    const { store, sessions } = setUp()
    const cookie = comes === '' ? '' : (await sessions.issue({ visits: 10 })).cookie
    const start = comes === '' ? 0 : 10
    const response = await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      session.update('visits', (n = 0) => n + 1)
      store.fail(method)
      await expect(handle.save()).rejects.toThrow(SessionStoreError)
      await expect(handle.save()).rejects.toThrow(SessionStoreError)
      expect(session.get('visits')).toBe(start + 1)
      store.heal()
      await handle.save()
      expect(session.get('visits')).toBe(start + 1)
      session.set('user', 'ada')
      return new Response()
    })
    const next = await sessions.read(visit(cookieAfter(response, cookie)))
    expect(next.toJSON()).toEqual({ visits: start + 1, user: 'ada' })
    expect(sessionCookies(response)).toHaveLength(comes === '' ? 1 : 0)
  })

  it('is made good by the commit alone, if the store is well again by then [B98, B176]', async () => {
    const { store, sessions } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    await sessions.handle(visit(cookie), async (handle) => {
      ;(await handle.write()).set('visits', 2)
      store.fail('update')
      await handle.save().catch(() => {})
      store.heal()
      return new Response()
    })
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(2)
  })

  it('of a regenerate, tried again, regenerates [B135]', async () => {
    for (const method of ['create', 'delete'] as const) {
      const { store, sessions } = setUp()
      const { cookie, id } = await sessions.issue({ visits: 1 })
      const response = await sessions.handle(visit(cookie), async (handle) => {
        const session = await handle.write()
        session.set('visits', 2).regenerate()
        store.beforeNext(method, () => {
          throw new Error('out of reach')
        })
        await expect(handle.save()).rejects.toThrow(SessionStoreError)
        expect(session.id).toBe(id)
        store.heal()
        await handle.save()
        expect(session.id).not.toBe(id)
        return new Response()
      })
      expect(store.memory.load(id)).toBe(undefined)
      expect(store.memory.size).toBe(1)
      expect((await sessions.read(visit(cookieAfter(response)))).get('visits')).toBe(2)
    }
  })

  it('of a destroy, tried again, destroys and sends the removal cookie [B139, B146]', async () => {
    const { store, sessions } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    const response = await sessions.handle(visit(cookie), async (handle) => {
      ;(await handle.write()).destroy()
      store.fail('delete')
      await expect(handle.save()).rejects.toThrow(SessionStoreError)
      store.heal()
      return new Response()
    })
    expect(store.memory.size).toBe(0)
    expect(sessionCookies(response)).toEqual([expect.stringContaining('Max-Age=0')])
  })
})

describe('a write of which the answer was lost on the way', () => {
  it('as an update is reported, and tried again it loses nothing of its own [B176]', async () => {
    const { store, sessions } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    const handle = sessions.open(visit(cookie))
    const session = await handle.write()
    session.set('user', 'ada')
    store.afterNext('update', () => {
      throw new Error('connection lost')
    })
    await expect(handle.save()).rejects.toThrow(SessionStoreError)
    await handle.save()
    expect((await sessions.read(visit(cookie))).toJSON()).toEqual({ visits: 1, user: 'ada' })
  })

  it('as the delete in a regenerate never leaves the browser without any session that works [B135]', async () => {
    const { store, sessions } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    store.afterNext('delete', () => {
      throw new Error('connection lost')
    })
    const handled = sessions.handle(visit(cookie), async (handle) => {
      ;(await handle.write()).regenerate()
      return new Response()
    })
    await expect(handled).rejects.toThrow(SessionStoreError)
    // The old one may be gone by now. What must not be is a session that nobody has the cookie of.
    expect(store.memory.size).toBeLessThanOrEqual(1)
    const session = await sessions.read(visit(cookie))
    expect(session.isNew).toBe(store.memory.size === 0)
  })
})

describe('destroy() in a request whose store fails', () => {
  it('throws and sends no removal cookie, so that the visitor can try again [B139, C3]', async () => {
    const { store, sessions } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    store.fail('delete')
    const handled = sessions.handle(visit(cookie), async (handle) => {
      ;(await handle.write()).destroy()
      return new Response('signed out')
    })
    await expect(handled).rejects.toThrow(SessionStoreError)
    store.heal()
    const again = await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      expect(session.get('user')).toBe('ada')
      session.destroy()
      return new Response('signed out')
    })
    expect(sessionCookies(again)).toEqual([expect.stringContaining('Max-Age=0')])
    expect(store.memory.size).toBe(0)
  })

  it('and whose handler throws lets the handler’s error through, and an event tells of the store’s [B200]', async () => {
    const { store, sessions, events } = setUp()
    const { cookie, id } = await sessions.issue({ user: 'ada' })
    store.fail('delete')
    const error = new Error('the handler’s own')
    const handled = sessions.handle(visit(cookie), async (handle) => {
      ;(await handle.write()).destroy()
      throw error
    })
    await expect(handled).rejects.toBe(error)
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'dropped', reason: 'store', id, error: expect.any(SessionStoreError) }),
    )
  })
})

describe('the methods of the manager', () => {
  it('report a failing store as a SessionStoreError that keeps the cause [B173]', async () => {
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

  it('do so for capabilities that throw or reject, too [B173]', async () => {
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
  it.each([undefined, null, 'down', 503])('(%s) is a SessionStoreError all the same [B173]', async (reason) => {
    const { store, sessions } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    store.fail('load', 'rejects', reason)
    await expect(sessions.read(visit(cookie))).rejects.toThrow(SessionStoreError)
    store.fail('load', 'throws', reason)
    await expect(sessions.read(visit(cookie))).rejects.toThrow(SessionStoreError)
  })
})

describe('a store that answers with a thenable that is no Promise', () => {
  it('is waited for like any other [B170]', async () => {
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
        touch: (id, expiresAt) => later(memory.touch(id, expiresAt)),
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

describe('stored data that is not what the codec makes', () => {
  const broken: [string, string][] = [
    ['nothing', ''],
    ['no JSON', '{"user":"ada"'],
    ['null', 'null'],
    ['an array', '["user","ada"]'],
    ['a number', '42'],
    ['a string', '"ada"'],
    ['true', 'true'],
  ]

  const withData = async (setting: Setting<Data>, data: string): Promise<{ cookie: string; id: string }> => {
    const issued = await setting.sessions.issue({ user: 'ada' })
    const record = setting.store.memory.load(issued.id)
    if (record === undefined) throw new Error('not stored')
    setting.store.memory.update(issued.id, { ...record, data, version: record.version + 1 })
    return issued
  }

  it.each(broken)(
    '(%s) is a new session under a new id, an event tells, and nothing is shown [B180]',
    async (_, data) => {
      const setting = setUp()
      const { sessions, store, events } = setting
      const { cookie, id } = await withData(setting, data)
      const response = await sessions.handle(visit(cookie), async (handle) => {
        const session = await handle.write()
        expect(session.isNew).toBe(true)
        expect(session.size).toBe(0)
        expect(session.id).not.toBe(id)
        session.set('visits', 1)
        return new Response()
      })
      expect(events).toContainEqual(expect.objectContaining({ type: 'rejected', reason: 'data', id }))
      expect((await sessions.read(visit(cookieAfter(response)))).toJSON()).toEqual({ visits: 1 })
      expect(store.memory.load(id)?.data).toBe(data)
    },
  )

  it.each(broken)('(%s) is a SessionDataError if that is asked for, and the record stays [B180]', async (_, data) => {
    const setting = setUp({ onInvalidData: 'throw' })
    const { sessions, store } = setting
    const { cookie, id } = await withData(setting, data)
    const error: unknown = await sessions.read(visit(cookie)).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(SessionDataError)
    expect(error).toMatchObject({ code: 'ERR_SESSION_DATA' })
    expect(store.memory.load(id)?.data).toBe(data)
  })

  it('in other fields of the record is treated the same [B180]', async () => {
    const fields: object[] = [
      { data: undefined },
      { data: { user: 'ada' } },
      { createdAt: undefined },
      { createdAt: 'yesterday' },
      { expiresAt: Number.NaN },
      { expiresAt: undefined },
      { version: undefined },
      { meta: '{' },
      { meta: 'null' },
      { meta: '[]' },
    ]
    for (const field of fields) {
      const { sessions, store } = setUp()
      const { cookie, id } = await sessions.issue({ user: 'ada' })
      const record = store.memory.load(id)
      const tampered = new SessionManager<Data>({
        store: {
          load: () => ({ ...record, ...field }) as never,
          create: (newId, newRecord) => store.memory.create(newId, newRecord),
          update: () => expect.unreachable(),
          touch: () => expect.unreachable(),
          delete: () => false,
        },
        secret,
        now: () => 1_800_000_000_000,
      })
      const session = await tampered.read(visit(cookie))
      if (session.isNew) {
        expect(session.id).not.toBe(id)
        expect(session.size, JSON.stringify(field)).toBe(0)
      } else {
        // Notes that mean nothing may be passed over, as those of a record that another program wrote.
        expect(Object.keys(field), JSON.stringify(field)).toEqual(['meta'])
        expect(Number.isFinite(session.expiresAt.getTime())).toBe(true)
      }
    }
  })

  it('which another writes while a request holds the session is not written over [B180]', async () => {
    const setting = setUp()
    const { sessions, store } = setting
    const { cookie, id } = await sessions.issue({ user: 'ada' })
    const handle = sessions.open(visit(cookie))
    const session = await handle.write()
    const record = store.memory.load(id)
    if (record === undefined) throw new Error('not stored')
    store.memory.update(id, { ...record, data: 'rubbish', version: 2 })
    session.set('visits', 1)
    await handle.save().catch((error: unknown) => expect(error).toBeInstanceOf(SessionError))
    expect(store.memory.load(id)?.data).toBe('rubbish')
  })
})

describe('a store that is slow', () => {
  it('is waited for: when the response is there, the next request sees the change [B196]', async () => {
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
    it(`is given up at "${method}" after storeTimeout seconds, and the error says so [B182]`, async () => {
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

  it.each([30, 30 * 86_400])('may take its time up to then: %s seconds', async (storeTimeout) => {
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

  it('has its sessions like any other [B218]', async () => {
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
  it('is understood, and the visitor gets a new session [B151]', async () => {
    const { store, sessions, events } = setUp({ onInvalidData: 'throw' })
    const { cookie, id } = await sessions.issue({ user: 'ada' })
    store.load = () => null as unknown as undefined
    expect((await sessions.read(visit(cookie))).isNew).toBe(true)
    expect(events).toContainEqual(expect.objectContaining({ type: 'rejected', reason: 'unknown', id }))
  })
})
