import { withSession } from '@fetch-sessions/fetch'
import { session as honoSession } from '@fetch-sessions/hono'
import { session as ittySession } from '@fetch-sessions/itty-router'
import { Hono } from 'hono'
import { type IRequest, Router } from 'itty-router'
import { describe, expect, it } from 'vitest'
import { guard as honoGuard } from './hono.js'
import { guard as ittyGuard } from './itty-router.js'
import type { Browser } from './testing/browser.js'
import { type Site, type SiteOptions, site, type User } from './testing/site.js'

type Fetch = (request: Request) => Promise<Response>

/** What each of the applications does, whatever its adapter. */
const actions = ({ login, users }: Site): Record<string, (request: Request) => Promise<Response>> => ({
  async '/sign-in'(request) {
    const { searchParams } = new URL(request.url)
    const user = users.get(searchParams.get('as') ?? '') as User
    const remember = searchParams.has('remember')
    await login.of(request).signIn(user, { factor: 'password', remember })
    return new Response(null, { status: 303, headers: { Location: login.safeNext(searchParams.get('next'), '/') } })
  },
  async '/sign-out'(request) {
    return new Response('Bye', { headers: await login.of(request).signOut() })
  },
  async '/confirm'(request) {
    await login.of(request).confirm('password')
    return new Response('Confirmed')
  },
  async '/as-bob'(request) {
    await login.of(request).impersonate(users.get('bob') as User)
    return new Response('As bob')
  },
  async '/stop'(request) {
    await login.of(request).stopImpersonating()
    return new Response('As before')
  },
})

const places = { redirectTo: '/sign-in', confirmAt: '/confirm' }
const guarded = { '/account': places, '/keys': { ...places, fresh: 300 } }
const raw = (request: IRequest): Request => request as unknown as Request

const adapters: [string, (of: Site) => Fetch][] = [
  [
    'fetch',
    (of) => {
      const guards = Object.entries(guarded).map(([path, options]) => [path, of.login.guard(options)] as const)
      return withSession(async (request) => {
        const { pathname } = new URL(request.url)
        const refused = await guards.find(([path]) => path === pathname)?.[1](request)
        if (refused !== undefined) return refused
        return (await actions(of)[pathname]?.(request)) ?? new Response((await of.login.of(request).user())?.id)
      }, of.sessions) as Fetch
    },
  ],
  [
    'Hono',
    (of) => {
      const app = new Hono().use(honoSession(of.sessions)).onError((error, c) => c.text(error.message, 500))
      for (const [path, options] of Object.entries(guarded)) {
        app.all(path, honoGuard(of.login, options), (c) => c.text((c.var.user as User).id))
      }
      for (const [path, act] of Object.entries(actions(of))) app.post(path, (c) => act(c.req.raw))
      return async (request) => app.fetch(request)
    },
  ],
  [
    'itty-router',
    (of) => {
      const router = Router({ ...ittySession(of.sessions) })
      for (const [path, options] of Object.entries(guarded)) {
        router.all(path, ittyGuard(of.login, options), (request) => new Response(request.user.id))
      }
      for (const [path, act] of Object.entries(actions(of))) router.post(path, (request) => act(raw(request)))
      return (request) => router.fetch(request) as Promise<Response>
    },
  ],
]

describe.each(adapters)('an application over %s', (_adapter, appOf) => {
  const opened = (options?: SiteOptions) => {
    const of = site(options)
    const fetch = appOf(of)
    const get = (browser: Browser<User>, path: string, headers = {}): Promise<Response> =>
      browser.fetch(fetch, path, { headers })
    const post = (browser: Browser<User>, path: string, headers = {}): Promise<Response> =>
      browser.fetch(fetch, path, { method: 'POST', headers })
    const statusOf = async (browser: Browser<User>, path: string): Promise<number> => (await get(browser, path)).status
    const copyOf = ({ cookie }: Browser<User>): Browser<User> => Object.assign(of.browser(), { cookie })
    return { of, get, post, statusOf, copyOf }
  }

  it('lets in nobody by a session that was planted before the sign-in', async () => {
    const { of, post, statusOf, copyOf } = opened()
    const thief = of.browser()
    await post(thief, '/sign-in?as=cid')
    const victim = copyOf(thief)
    await post(victim, '/sign-in?as=ada')
    expect([await statusOf(thief, '/account'), await statusOf(victim, '/account')]).toEqual([401, 200])
  })

  it('gives the next one at a shared computer neither a session nor its lifetime', async () => {
    const { of, get, post } = opened({ session: { cookie: { persistent: false } } })
    const browser = of.browser()
    await post(browser, '/sign-in?as=ada&remember')
    const next = await post(browser, '/sign-in?as=bob')
    expect(next.headers.getSetCookie()[0]).not.toMatch(/max-age|expires/i)
    of.wait(86_401)
    expect((await get(browser, '/account')).status).toBe(401)
  })

  it('is not fresh by a cookie of before the step-up, nor by an older proof than was asked for', async () => {
    const { of, post, statusOf, copyOf } = opened()
    const browser = of.browser()
    await post(browser, '/sign-in?as=ada')
    of.wait(301)
    const before = copyOf(browser)
    await post(browser, '/confirm')
    expect([await statusOf(browser, '/keys'), await statusOf(before, '/keys')]).toEqual([200, 401])
    of.wait(301)
    expect(await statusOf(browser, '/keys')).toBe(403)
  })

  it('lets no impersonation pass where something fresh is asked for, and none outlive its end', async () => {
    const { of, get, post, statusOf, copyOf } = opened()
    const [browser, bob] = [of.browser(), of.browser()]
    await post(browser, '/sign-in?as=ada')
    await post(bob, '/sign-in?as=bob')
    await post(browser, '/as-bob')
    const acting = copyOf(browser)
    expect(await (await get(browser, '/account')).text()).toBe('bob')
    expect(await (await get(browser, '/keys')).json()).toEqual({ code: 'reauth', isImpersonating: true })
    await post(browser, '/stop')
    expect([await statusOf(acting, '/account'), await (await get(browser, '/keys')).text()]).toEqual([401, 'ada'])
  })

  it.each([
    '//evil.example',
    'https://evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    '/%2f/evil.example',
    '/a\r\nSet-Cookie: sid=evil',
    'javascript:alert(1)',
  ])('leads to no other site, and to no header, by %j', async (next) => {
    const { of, post } = opened()
    const answer = await post(of.browser(), `/sign-in?as=ada&next=${encodeURIComponent(next)}`)
    expect(answer.headers.get('location')).toBe('/')
    expect(answer.headers.getSetCookie()).toHaveLength(1)
  })

  it('tells a person whose form is refused what to do, and a program a code', async () => {
    const { of, post } = opened()
    const headers = { accept: 'text/html', referer: 'https://example.com/account?tab=mail' }
    const page = await post(of.browser(), '/account', headers)
    expect([page.status, await page.text()]).toEqual([401, expect.stringContaining('next=%2Faccount%3Ftab%3Dmail"')])
    expect(await (await post(of.browser(), '/account')).json()).toEqual({ code: 'signed-out' })
  })

  it('holds its limit against sign-ins at the same moment', async () => {
    for (const whenFull of ['oldest-out', 'refuse'] as const) {
      const { of, post, statusOf } = opened({ maxSessions: 2, whenFull })
      const browsers = Array.from({ length: 6 }, () => of.browser())
      await Promise.allSettled(browsers.map((browser) => post(browser, '/sign-in?as=ada')))
      const seen = await Promise.all(browsers.map((browser) => statusOf(browser, '/account')))
      expect(seen.filter((status) => status === 200)).toHaveLength(2)
    }
  })

  it('brings nothing back of what was signed out in another tab', async () => {
    const { of, post, statusOf } = opened()
    const browser = of.browser()
    await post(browser, '/sign-in?as=ada')
    // Whichever comes first, and whichever answer. The tabs of a browser share its cookies.
    await Promise.allSettled([post(browser, '/confirm'), post(browser, '/sign-out')])
    await post(browser, '/sign-out').catch(() => {})
    expect([await statusOf(browser, '/account'), browser.cookie]).toEqual([401, ''])
  })
})
