import { describe, expect, it } from 'vitest'
import type { GuardOptions } from './index.js'
import type { Browser } from './testing/browser.js'
import { type Site, site, type User, userOf } from './testing/site.js'

/** A handler of a raw fetch application, behind a guard. */
const page =
  (of: Site, options?: GuardOptions<User>) =>
  (request: Request): Promise<Response> =>
    of.sessions.handle(request, async () => (await of.login.guard(options)(request)) ?? new Response('in'))

const html = { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } }

async function signedIn(of: Site, options = {}): Promise<Browser<User>> {
  const browser = of.browser()
  await browser.visit((auth) => auth.signIn(userOf(of, 'ada'), options))
  of.told()
  return browser
}

const shown = async (response: Response): Promise<unknown[]> => [
  response.status,
  response.headers.get('location') ?? (await response.json()),
]

describe('a guard', () => {
  it('lets pass who is signed in', async () => {
    const of = site()
    const browser = await signedIn(of)
    expect(await (await browser.fetch(page(of))).text()).toBe('in')
    expect(of.told()).toEqual([])
  })

  it('asks `can` with the env that it was given', async () => {
    const of = site()
    const browser = await signedIn(of)
    const can: GuardOptions<User>['can'] = (_user, _request, env) => env === 'the env'
    const ask = async (env?: unknown): Promise<number> =>
      (
        await browser.fetch((request) =>
          of.sessions.handle(
            request,
            async () => (await of.login.guard({ can })(request, env as never)) ?? new Response('in'),
          ),
        )
      ).status
    expect([await ask('the env'), await ask()]).toEqual([200, 403])
  })

  it('lets pass whose remembered sign-in had the factor, where it need not be fresh', async () => {
    const of = site()
    const browser = await signedIn(of, { remember: true, factor: ['password', 'totp'] })
    expect(await (await browser.fetch(page(of, { factor: 'totp' }))).text()).toBe('in')
    expect((await browser.fetch(page(of, { factor: 'passkey' }))).status).toBe(403)
    expect((await browser.fetch(page(of, { factor: 'totp', fresh: 300 }))).status).toBe(403)
    await browser.visit((auth) => auth.impersonate(userOf(of, 'bob')))
    expect((await browser.fetch(page(of, { factor: 'totp' }))).status).toBe(403)
  })

  it('sends a person to sign in, with the way back', async () => {
    const of = site()
    const response = await of.browser().fetch(page(of), '/account?tab=mail&x=%2F', html)
    expect(await shown(response)).toEqual([303, '/sign-in?next=%2Faccount%3Ftab%3Dmail%26x%3D%252F'])
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('vary')).toContain('Cookie')
    const next = new URL(response.headers.get('location') ?? '', 'https://example.com').searchParams.get('next')
    expect(of.login.safeNext(next)).toBe('/account?tab=mail&x=%2F')
    expect(of.events).toEqual([{ type: 'refused', reason: 'signed-out', time: Date.UTC(2030, 0, 1) }])
  })

  it.each([
    ['a script', { headers: { accept: 'application/json' } }],
    ['a script that takes anything', { headers: { accept: '*/*' } }],
    ['nobody in particular', {}],
    ['a form of a script', { method: 'POST', body: 'a=b', headers: { accept: '*/*' } }],
    ['a HEAD', { method: 'HEAD' }],
    ['what is only called like a page', { headers: { accept: 'text/html5' } }],
  ])('answers %s with 401', async (_who, init) => {
    const of = site()
    const response = await of.browser().fetch(page(of), '/', init)
    expect(await shown(response)).toEqual([401, { code: 'signed-out' }])
    expect(response.headers.get('cache-control')).toBe('no-store')
  })

  it('asks for something fresh: a person at the sign-in page, a program by 403', async () => {
    const of = site()
    const browser = await signedIn(of, { factor: 'password' })
    const guarded = page(of, { fresh: 300, factor: 'password' })
    expect((await browser.fetch(guarded)).status).toBe(200)
    of.wait(301)
    expect(await shown(await browser.fetch(guarded, '/keys', html))).toEqual([303, '/sign-in?next=%2Fkeys'])
    expect(await shown(await browser.fetch(guarded))).toEqual([403, { code: 'reauth' }])
    expect(of.events).toMatchObject([
      { type: 'refused', reason: 'reauth', userId: 'ada' },
      { type: 'refused', reason: 'reauth', userId: 'ada' },
    ])
    await browser.visit((auth) => auth.confirm('password'))
    expect((await browser.fetch(guarded)).status).toBe(200)
  })

  it('asks for a factor alone: once in a session', async () => {
    const of = site()
    const browser = await signedIn(of, { factor: 'password' })
    const guarded = page(of, { factor: 'totp' })
    expect(await shown(await browser.fetch(guarded))).toEqual([403, { code: 'reauth' }])
    await browser.visit((auth) => auth.confirm('totp'))
    of.wait(80_000)
    expect((await browser.fetch(guarded)).status).toBe(200)
  })

  it('lets nobody pass who may not, and sends nobody to sign in for that', async () => {
    const of = site()
    const browser = await signedIn(of)
    const guarded = page(of, { can: ['read', 'write'], fresh: 1 })
    of.wait(100)
    for (const permissions of [[], ['read'], ['write', 'other']]) {
      userOf(of, 'ada').permissions = permissions
      expect(await shown(await browser.fetch(guarded))).toEqual([403, { code: 'forbidden' }])
      const page = await browser.fetch(guarded, '/', html)
      expect([page.status, page.headers.get('location')]).toEqual([403, null])
    }
    userOf(of, 'ada').permissions = ['write', 'read']
    expect(await shown(await browser.fetch(guarded))).toEqual([403, { code: 'reauth' }])
    expect(await shown(await of.browser().fetch(guarded))).toEqual([401, { code: 'signed-out' }])
  })

  it.each([
    ['a list', ['read']],
    ['a Set', new Set(['read'])],
    ['a promise', Promise.resolve(['read'])],
  ])('takes permissions as %s', async (_what, permissions) => {
    const of = site({ permissions: () => permissions })
    const browser = await signedIn(of)
    expect((await browser.fetch(page(of, { can: 'read' }))).status).toBe(200)
    expect((await browser.fetch(page(of, { can: 'write' }))).status).toBe(403)
    expect(await browser.visit(async (auth) => [await auth.can('read'), await auth.can(['read', 'x'])])).toEqual([
      true,
      false,
    ])
  })

  it('fails where permissions can not be told, and lets nobody pass', async () => {
    const of = site({
      permissions: () => {
        throw new Error('down')
      },
    })
    const browser = await signedIn(of)
    await expect(browser.fetch(page(of, { can: 'read' }))).rejects.toThrow('down')
    const wrong = site({ permissions: () => 'read' as unknown as string[] })
    const other = await signedIn(wrong)
    await expect(other.fetch(page(wrong, { can: 'r' }))).rejects.toThrow(/permissions must give a list/)
  })

  it.each([
    ['true', () => true, 200],
    ['a promise of true', async () => true, 200],
    ['false', () => false, 403],
    ['what is no boolean', () => 'yes' as unknown as boolean, 403],
  ])('takes a function as `can`: %s', async (_what, can, status) => {
    const of = site()
    const browser = await signedIn(of)
    expect((await browser.fetch(page(of, { can }))).status).toBe(status)
  })

  it('gives the function the user and the request', async () => {
    const of = site()
    const browser = await signedIn(of)
    const can = (user: User, request: Request): boolean => request.url.endsWith(`/of/${user.id}`)
    expect((await browser.fetch(page(of, { can }), '/of/ada')).status).toBe(200)
    expect((await browser.fetch(page(of, { can }), '/of/bob')).status).toBe(403)
  })

  it.each([
    ['/login', '/login?next=%2Fa%3Fb'],
    ['/login?lang=en', '/login?lang=en&next=%2Fa%3Fb'],
    ['/login#form', '/login?next=%2Fa%3Fb#form'],
    ['/login?next=%2Fdashboard', '/login?next=%2Fdashboard'],
    ['/anmelden/ü', '/anmelden/%C3%BC?next=%2Fa%3Fb'],
    ['/登录', '/%E7%99%BB%E5%BD%95?next=%2Fa%3Fb'],
    ['https://id.example/login', 'https://id.example/login?next=https%3A%2F%2Fexample.com%2Fa%3Fb'],
  ])('sends people to %s', async (redirectTo, location) => {
    const of = site()
    const response = await of.browser().fetch(page(of, { redirectTo }), '/a?b', html)
    expect(response.headers.get('location')).toBe(location)
  })

  it('names the way back as it is told to', async () => {
    const of = site()
    const response = await of.browser().fetch(page(of, { nextName: 'return_to' }), '/a', html)
    expect(response.headers.get('location')).toBe('/sign-in?return_to=%2Fa')
  })

  it('sends nobody in circles where it stands in front of the sign-in page', async () => {
    const of = site()
    const response = await of.browser().fetch(page(of), '/sign-in?next=%2F', html)
    expect([response.status, response.headers.get('location')]).toEqual([401, null])
  })

  it('names no other site as the way back', async () => {
    const of = site()
    const response = await of.browser().fetch(page(of), 'https://example.com//evil.example/', html)
    expect(response.headers.get('location')).toBe('/sign-in?next=%2F')
  })

  it.each([
    ['/sign-in', '/sign-in?next=%2F'],
    ['https://id.example/', 'https://id.example/?next=https%3A%2F%2Fexample.com%2F'],
  ])('leaves out a way back that is too long for proxies: to %s', async (redirectTo, location) => {
    const of = site()
    const sentTo = async (path: string): Promise<string | null> =>
      (await of.browser().fetch(page(of, { redirectTo }), path, html)).headers.get('location')
    expect(await sentTo(`/?q=${'ü'.repeat(1000)}`)).toBe(location)
    expect(await sentTo(`/?q=${'u'.repeat(1000)}`)).toContain('u'.repeat(1000))
  })

  it('never takes an impersonation for fresh', async () => {
    const of = site()
    const browser = await signedIn(of, { factor: 'password' })
    await browser.visit((auth) => auth.impersonate(userOf(of, 'bob')))
    expect((await browser.fetch(page(of))).status).toBe(200)
    expect(await shown(await browser.fetch(page(of, { fresh: 300 })))).toEqual([
      403,
      { code: 'reauth', isImpersonating: true },
    ])
    expect(of.events.at(-1)).toMatchObject({ userId: 'bob', actorId: 'ada', reason: 'impersonating' })
  })

  it('asks for the user each time, so that a changed credential is out at once', async () => {
    const of = site()
    const browser = await signedIn(of)
    userOf(of, 'ada').passwordHash = 'another'
    expect(await shown(await browser.fetch(page(of)))).toEqual([401, { code: 'signed-out' }])
    expect(of.told()).toEqual(['ended', 'refused'])
  })
})
