import { describe, expect, it } from 'vitest'
import { MemoryStore, SessionManager } from '../index.js'
import { gate } from '../testing/gate.js'
import { cookieAfter, sessionCookies } from '../testing/response-cookies.js'
import { secret } from '../testing/secret.js'
import { visit } from '../testing/visit.js'

interface Data {
  user: string
  count: number
}

const manager = (store = new MemoryStore()): SessionManager<Data> => new SessionManager<Data>({ store, secret })

/** A request whose headers can be changed, as they can on most platforms. */
function mutable(cookie: string): Request {
  const request = visit(cookie)
  expect(request.headers.get('cookie')).toBe(cookie)
  return request
}

/** What a proxy does before it sends a request on. */
const changes: [string, (request: Request) => void][] = [
  ['removed', (request) => request.headers.delete('cookie')],
  ['changed', (request) => request.headers.set('cookie', 'theme=dark')],
  ['forged', (request) => request.headers.append('cookie', '__Host-sid=forged')],
]

describe.each(changes)('where the cookies of a request were %s in place, commit', (_name, change) => {
  it('carries out a sign-out that was made before', async () => {
    const sessions = manager()
    const { cookie } = await sessions.issue({ user: 'ada' })
    const request = mutable(cookie)
    ;(await sessions.write(request)).destroy()
    change(request)
    const response = await sessions.commit(request, new Response())
    expect([cookieAfter(response, cookie), (await sessions.read(cookie)).isNew]).toEqual(['', true])
  })

  it('saves what was changed before, and what was begun', async () => {
    const sessions = manager()
    const { cookie } = await sessions.issue({ user: 'ada' })
    for (const before of [cookie, '']) {
      const request = mutable(before)
      ;(await sessions.write(request)).set('count', 1)
      change(request)
      const response = await sessions.commit(request, new Response())
      expect((await sessions.read(cookieAfter(response, before))).get('count')).toBe(1)
    }
  })

  it('does so with commitHeaders and commitCookies, by the request or by its handle', async () => {
    const sessions = manager()
    for (const by of ['request', 'handle'] as const) {
      for (const commit of ['commit', 'commitHeaders', 'commitCookies'] as const) {
        const { cookie } = await sessions.issue({ user: 'ada' })
        const request = mutable(cookie)
        const handle = sessions.begin(request)
        ;(await handle.write()).set('user', 'grace').regenerate()
        change(request)
        const target = by === 'request' ? request : handle
        const headers = new Headers()
        if (commit === 'commitHeaders') await sessions.commitHeaders(target, headers)
        if (commit === 'commitCookies')
          for (const sent of await sessions.commitCookies(target)) headers.append('Set-Cookie', `${sent}`)
        const response =
          commit === 'commit' ? await sessions.commit(target, new Response()) : new Response(null, { headers })
        expect([by, commit, sessionCookies(response).length]).toEqual([by, commit, 1])
        expect((await sessions.read(cookieAfter(response))).get('user')).toBe('grace')
        expect((await sessions.read(cookie)).isNew).toBe(true)
      }
    }
  })

  it('saves what is opened after it as well, within handle', async () => {
    const store = new MemoryStore()
    const sessions = manager(store)
    const { cookie } = await sessions.issue({ user: 'ada' })
    const request = mutable(cookie)
    const response = await sessions.handle(request, async (handle) => {
      ;(await handle.write()).set('count', 1)
      change(request)
      const late = await sessions.write(request)
      expect(late.isNew || late.get('user') === 'ada').toBe(true)
      late.set('user', 'grace')
      return new Response()
    })
    // The browser has one cookie in the end, and all is under it.
    expect(sessionCookies(response).length).toBeLessThanOrEqual(1)
    expect((await sessions.read(cookieAfter(response, cookie))).toJSON()).toEqual({ user: 'grace', count: 1 })
  })
})

describe('many requests at once, each of which a middleware has replaced', () => {
  it('each commit what was done with their own, in whatever order they end', async () => {
    const sessions = manager()
    const visitors = await Promise.all(
      Array.from({ length: 12 }, async (_, n) => ({ n, gate: gate(), ...(await sessions.issue({ count: n })) })),
    )
    const answers = visitors.map(({ n, gate, cookie }) => {
      const request = visit(cookie)
      let current = request
      const handler = async (): Promise<Response> => {
        await gate.opened
        // It is there for a moment only.
        current = visit(cookie)
        ;(await sessions.write(current)).set('user', `visitor ${n}`).regenerate()
        current = request
        return new Response()
      }
      return sessions.handle(request, handler, { current: () => current })
    })
    const cookies: string[] = []
    for (const n of [3, 11, 0, 5, 10, 1, 2, 9, 4, 8, 6, 7]) {
      visitors[n]?.gate.open()
      const response = (await answers[n]) as Response
      expect(sessionCookies(response)).toHaveLength(1)
      cookies[n] = cookieAfter(response)
    }
    for (const { n } of visitors) {
      expect((await sessions.read(cookies[n])).toJSON()).toEqual({ count: n, user: `visitor ${n}` })
    }
  })
})

describe('commit', () => {
  it('takes a handle in the place of its request', async () => {
    const sessions = manager()
    const handle = sessions.open('')
    ;(await handle.write()).set('user', 'ada')
    const response = await sessions.commit(handle, new Response('hello'))
    expect(await response.text()).toBe('hello')
    expect((await sessions.read(cookieAfter(response))).get('user')).toBe('ada')
  })

  it('takes no handle of another manager, and nothing else', async () => {
    const sessions = manager()
    for (const target of [manager().open(''), {}, 'sid=1']) {
      await expect(sessions.commit(target as never, new Response())).rejects.toThrow(/take a Request, or a handle/)
    }
  })

  it('commits a visitor’s session to no other one, where a shared request has several proxies', async () => {
    const sessions = manager()
    const [ada, bob] = [await sessions.issue({ user: 'ada' }), await sessions.issue({ user: 'bob' })]
    const shared = visit()
    const [forAda, forBob] = [ada, bob].map(
      ({ cookie }) =>
        new Proxy(shared, {
          get: (target, name) =>
            name === 'headers' ? new Headers({ cookie }) : (Reflect.get(target, name, target) as unknown),
        }),
    ) as [Request, Request]
    ;(await sessions.write(forAda)).regenerate()
    ;(await sessions.write(forBob)).set('count', 1)
    const response = await sessions.commit(forBob, new Response())
    expect(sessionCookies(response)).toEqual([])
    expect((await sessions.read(ada.cookie)).get('user')).toBe('ada')
    expect(sessionCookies(await sessions.commit(forAda, new Response()))).toHaveLength(1)
  })
})
