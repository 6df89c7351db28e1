import { MemoryStore, type SessionHandle, SessionManager } from '@fetch-sessions/core'
import * as version6 from 'itty-router'
import * as version5 from 'itty-router-5'
import { describe, expect, it } from 'vitest'
import {
  isStreamLetGo,
  runScenario,
  type ScenarioData,
  type ServeWith,
  scenarios,
} from '../../core/src/testing/adapter-scenarios.js'
import { secret } from '../../core/src/testing/secret.js'
import { type SessionRequest, session } from './index.js'

interface Data {
  count: number
}

const manager = (options: { name?: string; store?: MemoryStore } = {}): SessionManager<Data> =>
  new SessionManager<Data>({
    store: options.store ?? new MemoryStore(),
    secret,
    cookie: options.name === undefined ? {} : { name: options.name },
  })

const increment = async (handle: SessionHandle<Data>): Promise<number> =>
  (await handle.write()).update('count', (n = 0) => n + 1)

const get = (path = '/', cookie = ''): Request => new Request(`https://example.com${path}`, { headers: { cookie } })

const sessionCookies = (response: Response): string[] =>
  response.headers.getSetCookie().filter((cookie) => cookie.includes('sid='))

describe('session', () => {
  it.each(['name', 'As', 'cookie'])('refuses %s, which is no option of its own', (option) => {
    expect(() => session(manager(), { [option]: 'cart' })).toThrow(
      `fetch-sessions: session: ${option} is no option: there are as, catch`,
    )
  })

  it.each([5, '', null, true, ['session']])('refuses as: %j, which names no property', (as) => {
    expect(() => session(manager(), { as: as as never })).toThrow(
      new TypeError('fetch-sessions: as must be the name of a property'),
    )
  })
})

describe.each([
  ['itty-router 6', version6],
  ['itty-router 5', version5 as unknown as typeof version6],
])('%s', (_name, { AutoRouter, Router, cors, json, error }) => {
  describe.each([
    ['Router', Router],
    ['AutoRouter', AutoRouter],
  ])('%s treats', (_kind, create) => {
    const serveWith: ServeWith = (sessions, handler) => {
      const router = create({ ...session(sessions) })
      router.get('/', (request: SessionRequest<ScenarioData>) =>
        handler(request.session, request as unknown as Request),
      )
      return (request) => router.fetch(request)
    }
    for (const scenario of scenarios) {
      it(`${scenario.name} as every adapter does`, async () => {
        const { calls, cookie, count } = scenario
        expect(await runScenario(serveWith, scenario)).toEqual({ calls, cookie, count })
      })
    }

    it.each(['returned', 'thrown'] as const)(
      'a stream that is %s, and whose session can not be stored: it is let go of',
      async (how) => {
        expect(await isStreamLetGo(serveWith, how)).toBe(true)
      },
    )
  })

  it('counts over several requests, with AutoRouter’s proxy of the request', async () => {
    const router = AutoRouter({ ...session(manager()) })
    router.get('/:name', async (request: SessionRequest<Data>) => ({
      [request.params.name as string]: await increment(request.session),
    }))
    const first = await router.fetch(get('/ada'))
    const second = await router.fetch(get('/ada', first.headers.getSetCookie()[0]?.split(';')[0]))
    expect([await first.json(), await second.json()]).toEqual([{ ada: 1 }, { ada: 2 }])
  })

  it('finds the session through the manager from a handler that has the proxy only', async () => {
    const sessions = manager()
    const router = AutoRouter({ ...session(sessions) })
    router.get('/', async (request: SessionRequest<Data>) => {
      ;(await sessions.write(request as unknown as Request)).set('count', 5)
      return { stored: (await sessions.read(request as unknown as Request)).get('count') }
    })
    const response = await router.fetch(get())
    expect(await response.json()).toEqual({ stored: 5 })
    expect(sessionCookies(response)).toHaveLength(1)
  })

  it('signs out where a handler has forgotten its answer, and saves nothing else', async () => {
    const sessions = manager()
    const router = Router({ ...session(sessions) })
    router.get('/sign-out', async (request: SessionRequest<Data>) => (await request.session.write()).destroy())
    router.get('/', async (request: SessionRequest<Data>) => void (await increment(request.session)))
    const { cookie } = await sessions.issue({ count: 1 })
    await router.fetch(get('/', cookie))
    expect((await sessions.read(cookie)).get('count')).toBe(1)
    await router.fetch(get('/sign-out', cookie))
    expect((await sessions.read(cookie)).isNew).toBe(true)
  })

  it('commits behind the formatter that is put before it', async () => {
    const hooks = session(manager())
    const router = Router({ ...hooks, finally: [json, ...hooks.finally] })
    router.get('/', async (request: SessionRequest<Data>) => ({ count: await increment(request.session) }))
    const response = await router.fetch(get())
    expect([await response.json(), sessionCookies(response).length]).toEqual([{ count: 1 }, 1])
  })

  it.each(['in front of it', 'behind it'])(
    'commits with a hook of the application such as corsify %s',
    async (place) => {
      const { before, catch: answer, finally: last } = session(manager())
      const { corsify, preflight } = cors()
      const finish = place === 'behind it' ? [...last, corsify] : [corsify, ...last]
      const router = AutoRouter({ before: [preflight, ...before], catch: answer, finally: finish })
      router.get('/', async (request: SessionRequest<Data>) => ({ count: await increment(request.session) }))
      const first = await router.fetch(get())
      const second = await router.fetch(get('/', first.headers.getSetCookie()[0]?.split(';')[0]))
      expect([
        await second.json(),
        first.headers.get('vary'),
        first.headers.get('access-control-allow-origin'),
      ]).toEqual([{ count: 2 }, 'Cookie', '*'])
    },
  )

  it('saves nothing where a "finally" of the application has replaced its own', async () => {
    const router = AutoRouter({ ...session(manager()), finally: [cors().corsify] })
    router.get('/', async (request: SessionRequest<Data>) => ({ count: await increment(request.session) }))
    expect(sessionCookies(await router.fetch(get()))).toEqual([])
  })

  it('sends the cookie with Response.redirect, whose headers can not be changed', async () => {
    const router = AutoRouter({ ...session(manager()) })
    router.get('/', async (request: SessionRequest<Data>) => {
      await increment(request.session)
      return Response.redirect('https://example.com/next', 303)
    })
    const response = await router.fetch(get())
    expect([response.status, sessionCookies(response).length]).toEqual([303, 1])
  })

  it('commits when another hook answers early, and with a 404', async () => {
    const hooks = session(manager())
    const guard = async (request: SessionRequest<Data>): Promise<Response | undefined> => {
      await increment(request.session)
      return request.url.endsWith('/closed') ? error(401) : undefined
    }
    const router = AutoRouter({ ...hooks, before: [...hooks.before, guard] })
    const answers = [await router.fetch(get('/closed')), await router.fetch(get('/nowhere'))]
    expect(answers.map((response) => [response.status, sessionCookies(response).length])).toEqual([
      [401, 1],
      [404, 1],
    ])
  })

  it('leaves a request that no route matches to the router around it', async () => {
    const sessions = manager()
    const inner = Router({ ...session(sessions), base: '/inner' })
    inner.get('/known', async (request: SessionRequest<Data>) => Response.json(await increment(request.session)))
    const outer = AutoRouter({ ...session(sessions) })
    outer.all('/inner/*', inner.fetch).all('*', async (request: SessionRequest<Data>) => {
      return Response.json({ outer: await increment(request.session) })
    })
    const known = await outer.fetch(get('/inner/known'))
    const unknown = await outer.fetch(get('/inner/unknown'))
    expect([await known.json(), await unknown.json()]).toEqual([1, { outer: 1 }])
    expect([sessionCookies(known).length, sessionCookies(unknown).length]).toEqual([1, 1])
  })

  it('answers an error that has a status with it, and shows the message of no other', async () => {
    const router = AutoRouter({ ...session(manager()) })
    router.get('/gone', () => {
      throw Object.assign(new Error('it was here'), { status: 410 })
    })
    router.get('/broken', () => {
      throw new Error('password of the database')
    })
    const [gone, broken] = [await router.fetch(get('/gone')), await router.fetch(get('/broken'))]
    expect([gone.status, (await gone.json()).error]).toEqual([410, 'it was here'])
    expect([broken.status, await broken.text()]).toEqual([500, expect.not.stringContaining('password')])
  })

  it('saves what was done before an answer was thrown, also where that is the Response of another realm', async () => {
    const router = AutoRouter({ ...session(manager()) })
    const { body, bodyUsed, headers } = new Response('come back')
    const thrown = { body, bodyUsed, headers, status: 402, statusText: '' }
    router.get('/', async (request: SessionRequest<Data>) => {
      await increment(request.session)
      throw thrown
    })
    const response = await router.fetch(get())
    expect([response.status, await response.text(), sessionCookies(response).length]).toEqual([402, 'come back', 1])
  })

  it('lets the application make a response of an error', async () => {
    const store = new MemoryStore()
    store.create = () => {
      throw new Error('disk full')
    }
    const hooks = session(manager({ store }), {
      catch: (problem) => new Response((problem as Error).name, { status: 503 }),
    })
    const router = AutoRouter({ ...hooks })
    router.get('/', async (request: SessionRequest<Data>) => ({ count: await increment(request.session) }))
    const response = await router.fetch(get())
    expect([response.status, await response.text(), sessionCookies(response)]).toEqual([503, 'SessionStoreError', []])
  })

  it('keeps two managers apart', async () => {
    const [one, two] = [session(manager()), session(manager({ name: '__Host-cart-sid' }), { as: 'cart' })]
    const router = AutoRouter({
      before: [...one.before, ...two.before],
      catch: one.catch,
      finally: [...one.finally, ...two.finally],
    })
    router.get('/', async (request: SessionRequest<Data> & SessionRequest<Data, 'cart'>) => [
      await increment(request.session),
      await increment(request.cart),
    ])
    const response = await router.fetch(get())
    expect([await response.json(), sessionCookies(response).length]).toEqual([[1, 1], 2])
  })

  it('builds one manager for each env that fetch is given', async () => {
    let built = 0
    const router = AutoRouter({
      ...session((env: { SECRET: string }) => {
        built++
        return new SessionManager<Data>({ store: new MemoryStore(), secret: env.SECRET })
      }),
    })
    router.get('/', async (request: SessionRequest<Data>) => increment(request.session))
    const env = { SECRET: secret }
    const first = await router.fetch(get(), env)
    const second = await router.fetch(get('/', first.headers.getSetCookie()[0]?.split(';')[0]), env)
    expect([await second.json(), built]).toEqual([2, 1])
  })
})
