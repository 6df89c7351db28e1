import { describe, expect, it } from 'vitest'
import {
  MemoryStore,
  SessionCommittedError,
  SessionError,
  type SessionHandle,
  SessionManager,
  type SessionStore,
  SessionStoreError,
  type WritableSession,
} from '../index.js'
import { isMarker, liveSessions } from '../testing/live-sessions.js'
import { cookieAfter, sessionCookies } from '../testing/response-cookies.js'
import { secret } from '../testing/secret.js'
import { stagedManager } from '../testing/staged-manager.js'
import type { StoreMethod } from '../testing/staged-store.js'
import { visit } from '../testing/visit.js'

interface Data {
  user: string
  visits: number
}

const setUp = stagedManager<Data>

/** Each call that core makes, and what a request does for it. */
const calls: [StoreMethod, (session: WritableSession<Data>) => void, 'with a cookie' | 'without one'][] = [
  ['load', () => {}, 'with a cookie'],
  ['create', (session) => session.set('visits', 2), 'without one'],
  ['update', (session) => session.set('visits', 2), 'with a cookie'],
  ['touch', () => {}, 'with a cookie'],
  ['update', (session) => session.destroy(), 'with a cookie'],
  ['delete', (session) => session.destroy(), 'with a cookie'],
  ['create', (session) => session.regenerate(), 'with a cookie'],
  ['update', (session) => session.regenerate(), 'with a cookie'],
]

describe.each(calls)('a store that fails at %s', (method, act, comes) => {
  for (const how of ['throws', 'rejects'] as const) {
    it(`and ${how} fails the request, and nothing is lost (${act.toString().slice(-24)})`, async () => {
      const { store, sessions, events, clock } = setUp()
      const { cookie, id } = await sessions.issue({ user: 'ada', visits: 1 })
      const before = store.memory.load(id)
      clock.time += 12 * 3_600_000
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
      // One whose deletion failed is restored, under a new version.
      const version = (before?.version ?? 0) + (method === 'delete' ? 2 : 0)
      expect(store.memory.load(id)).toEqual({ ...before, version })
      expect(await liveSessions(sessions)).toBe(1)
      expect((await sessions.read(visit(cookie))).toJSON()).toEqual({ user: 'ada', visits: 1 })
    })
  }
})

describe('a failed commit', () => {
  it('gives no response at all, so that no success and no cookie goes out', async () => {
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

  it('can be tried again on the same request, and loses nothing', async () => {
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

  it('is made good by handling the same request again, as a middleware that retries does', async () => {
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

describe('the handle of a request whose commit has failed', () => {
  it('is over: what was refused is not stored later, with what a task saves that goes on', async () => {
    const { store, sessions } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    let held: SessionHandle<Data> | undefined
    store.beforeNext('update', () => Promise.reject(new Error('out of reach')))
    const handled = sessions.handle(visit(cookie), async (handle) => {
      held = handle
      ;(await handle.write()).set('user', 'ada')
      return new Response()
    })
    await expect(handled).rejects.toThrow(SessionStoreError)
    await held?.save((session) => void session.set('visits', 2))
    expect((await sessions.read(visit(cookie))).toJSON()).toEqual({ visits: 2 })
  })

  it.each([
    ['a new session', 'create'],
    ['a stored one', 'update'],
  ] as const)('takes no more changes without a word: of %s', async (_name, method) => {
    const { store, sessions } = setUp()
    const cookie = method === 'create' ? '' : (await sessions.issue({ visits: 1 })).cookie
    store.fail(method)
    let session: WritableSession<Data> | undefined
    const handled = sessions.handle(visit(cookie), async (handle) => {
      session = await handle.write()
      session.set('user', 'ada')
      return new Response()
    })
    await expect(handled).rejects.toThrow(SessionStoreError)
    expect(() => session?.set('visits', 2)).toThrow(SessionCommittedError)
  })

  it('still brings what was saved before, once, with the response of the error', async () => {
    const { store, sessions } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    let held: SessionHandle<Data> | undefined
    const handled = sessions.handle(visit(cookie), async (handle) => {
      held = handle
      const session = await handle.write()
      session.set('user', 'ada').regenerate()
      await handle.save()
      store.fail('update')
      session.set('visits', 2)
      return new Response()
    })
    await expect(handled).rejects.toThrow(SessionStoreError)
    store.heal()
    const answer = () => sessions.commit(held as SessionHandle<Data>, new Response(), { failed: true })
    const response = await answer()
    expect((await sessions.read(visit(cookieAfter(response)))).toJSON()).toEqual({ user: 'ada', visits: 1 })
    expect(sessionCookies(await answer())).toEqual([])
  })

  it('is over with the handles that were committed with it', async () => {
    const { store, sessions } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    let current = visit(cookie)
    let session: WritableSession<Data> | undefined
    store.fail('update')
    const handled = sessions.handle(
      current,
      async () => {
        current = visit(cookie)
        session = await sessions.write(current)
        session.set('user', 'ada')
        return new Response()
      },
      { current: () => current },
    )
    await expect(handled).rejects.toThrow(SessionStoreError)
    expect(() => session?.set('visits', 2)).toThrow(SessionCommittedError)
  })

  it('takes no more changes either where an adapter begins the request anew', async () => {
    const { sessions } = setUp()
    const request = visit((await sessions.issue({ visits: 1 })).cookie)
    const session = await (sessions.begin(request) as SessionHandle<Data>).write()
    sessions.fail(request)
    sessions.begin(request)
    expect(() => session.set('visits', 2)).toThrow(SessionCommittedError)
  })
})

describe('a write of which the answer was lost on the way', () => {
  it('as an update is reported, and tried again it loses nothing of its own', async () => {
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

  it('as the one over the old record in a regenerate is noticed: the new cookie goes out, and it works', async () => {
    const { store, sessions } = setUp()
    const { cookie, id } = await sessions.issue({ visits: 1 })
    store.afterNext('update', () => {
      throw new Error('connection lost')
    })
    const response = await sessions.handle(visit(cookie), async (handle) => {
      ;(await handle.write()).regenerate()
      return new Response()
    })
    expect(isMarker(store.memory.load(id))).toBe(true)
    expect((await sessions.read(visit(cookieAfter(response)))).get('visits')).toBe(1)
    expect(await liveSessions(sessions)).toBe(1)
  })

  it('as the create in a regenerate leaves no session that nobody has the cookie of', async () => {
    const { store, sessions } = setUp()
    const { cookie, id } = await sessions.issue({ visits: 1 })
    store.afterNext('create', () => {
      throw new Error('connection lost')
    })
    const handled = sessions.handle(visit(cookie), async (handle) => {
      ;(await handle.write()).regenerate()
      return new Response()
    })
    await expect(handled).rejects.toThrow(SessionStoreError)
    expect((await sessions.list()).sessions.map((info) => info.id)).toEqual([id])
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(1)
  })
})

describe('destroy() in a request whose store fails', () => {
  it('throws and sends no removal cookie, so that the visitor can try again', async () => {
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

  it('and whose handler throws lets the handler’s error through, and an event tells of the store’s', async () => {
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

describe('a store whose create answers nothing', () => {
  it('has failed, and is told what it has to answer: no other writer has won', async () => {
    const memory = new MemoryStore()
    const store = {
      load: (id: string) => memory.load(id),
      create: (async () => {}) as unknown as SessionStore['create'],
      update: (...args: Parameters<SessionStore['update']>) => memory.update(...args),
      touch: (...args: Parameters<SessionStore['touch']>) => memory.touch(...args),
      delete: (id: string) => memory.delete(id),
    }
    const error = await new SessionManager({ store, secret }).issue({ visits: 1 }).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(SessionStoreError)
    expect(error).toMatchObject({ cause: new TypeError('it must answer true or false') })
  })
})
