import { session } from '@fetch-sessions/itty-router'
import { AutoRouter, type IRequest, Router } from 'itty-router'
import { describe, expect, it } from 'vitest'
import type { GuardOptions } from './index.js'
import { guard, type UserRequest } from './itty-router.js'
import { type Site, site, type User, userOf } from './testing/site.js'

const html = { headers: { accept: 'text/html' } }
const raw = (request: IRequest): Request => request as unknown as Request

function fetcherOf(of: Site): (request: Request) => Promise<Response> {
  const router = AutoRouter({ ...session(of.sessions) })
  router
    .post('/sign-in', async (request: IRequest) => {
      await of.login.of(raw(request)).signIn(userOf(of, 'ada'), { factor: 'password' })
      return new Response(null, { status: 303, headers: { location: of.login.safeNext(request.query.next) } })
    })
    .get('/account', guard(of.login), (request: UserRequest<User>) => `Hello ${request.user.id}`)
    .get('/keys', guard(of.login, { fresh: 300 }), (request: UserRequest<User>) => `Keys of ${request.user.id}`)
    .post('/confirm', guard(of.login), async (request: UserRequest<User>) => {
      await request.auth.confirm('password')
      return new Response(null, { status: 204 })
    })
    .get('/', () => 'public')
  return (request) => router.fetch(request) as Promise<Response>
}

/** All routes behind one guard, which stands in `before`. */
function guarded(of: Site, options?: GuardOptions<User>): (request: Request) => Promise<Response> {
  const { before, catch: fail, finally: end } = session(of.sessions)
  const router = Router({ before: [...before, guard(of.login, options)], catch: fail, finally: end })
  router.get('*', (request) => new Response(`Hello ${(request as UserRequest<User>).user.id}`))
  return (request) => router.fetch(request) as Promise<Response>
}

describe('a guard in itty-router', () => {
  it('lets in who is signed in, in front of a route', async () => {
    const of = site()
    const [fetch, browser] = [fetcherOf(of), of.browser()]
    expect((await browser.fetch(fetch, '/account')).status).toBe(401)
    const signedIn = await browser.fetch(fetch, '/sign-in?next=/account', { method: 'POST' })
    expect(signedIn.headers.get('location')).toBe('/account')
    expect(await (await browser.fetch(fetch, '/account')).json()).toBe('Hello ada')
  })

  it('lets in who is signed in, in front of all routes', async () => {
    const of = site()
    const [fetch, browser] = [guarded(of), of.browser()]
    const refused = await browser.fetch(fetch, '/a?b', html)
    expect([refused.status, refused.headers.get('location')]).toEqual([303, '/sign-in?next=%2Fa%3Fb'])
    expect(refused.headers.get('vary')).toContain('Cookie')
    await browser.visit((auth) => auth.signIn(userOf(of, 'ada')))
    expect(await (await browser.fetch(fetch, '/a')).text()).toBe('Hello ada')
    expect((await browser.fetch(guarded(of, { can: 'rule' }), '/a')).status).toBe(403)
  })

  it('asks for something fresh, which `confirm` gives', async () => {
    const of = site()
    const [fetch, browser] = [fetcherOf(of), of.browser()]
    await browser.fetch(fetch, '/sign-in', { method: 'POST' })
    of.wait(301)
    const refused = await browser.fetch(fetch, '/keys')
    expect([refused.status, await refused.json()]).toEqual([403, { code: 'reauth' }])
    expect((await browser.fetch(fetch, '/confirm', { method: 'POST' })).status).toBe(204)
    expect(await (await browser.fetch(fetch, '/keys')).json()).toBe('Keys of ada')
  })

  it('makes an outage a failure, and signs nobody out', async () => {
    const of = site()
    const [fetch, browser] = [fetcherOf(of), of.browser()]
    await browser.fetch(fetch, '/sign-in', { method: 'POST' })
    const { get } = of.users
    of.users.get = () => {
      throw new Error('the users are away')
    }
    const failed = await browser.fetch(fetch, '/account')
    expect(failed.status).toBe(500)
    expect(await failed.text()).not.toContain('away')
    of.users.get = get
    expect(await (await browser.fetch(fetch, '/account')).json()).toBe('Hello ada')
  })

  it('costs nothing on routes without one, and asks once on those with one', async () => {
    const of = site()
    const [fetch, browser] = [fetcherOf(of), of.browser()]
    await browser.fetch(fetch, '/sign-in', { method: 'POST' })
    const response = await browser.fetch(fetch, '/')
    expect([of.loaded, response.headers.get('vary')]).toEqual([[], null])
    await browser.fetch(fetch, '/account')
    expect(of.loaded).toEqual(['ada'])
  })
})
