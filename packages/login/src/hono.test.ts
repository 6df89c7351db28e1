import { session } from '@fetch-sessions/hono'
import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { guard } from './hono.js'
import { type Site, type SiteOptions, site, userOf } from './testing/site.js'

const html = { headers: { accept: 'text/html' } }

function appOf(of: Site) {
  const { login } = of
  return new Hono()
    .use(session(of.sessions))
    .get('/', (c) => c.text('public'))
    .post('/sign-in', async (c) => {
      await login.of(c.req.raw).signIn(userOf(of, 'ada'), { factor: 'password' })
      return c.redirect(login.safeNext(c.req.query('next')), 303)
    })
    .post('/sign-out', async (c) => {
      for (const [name, value] of await login.of(c.req.raw).signOut()) c.header(name, value)
      return c.redirect('/', 303)
    })
    .post('/confirm', guard(login), async (c) => {
      await c.var.auth.confirm('password')
      return c.body(null, 204)
    })
    .get('/account', guard(login), (c) => c.text(`Hello ${c.var.user.id}`))
    .get('/keys', guard(login, { fresh: 300 }), (c) => c.text(`Keys of ${c.var.user.id}`))
    .get('/admin', guard(login, { can: 'rule' }), (c) => c.text('Rule'))
    .route(
      '/nested',
      new Hono().use(guard(login)).get('/page', (c) => c.text(c.var.user.id)),
    )
    .onError((error, c) => c.text(error.message, 500))
}

function visited(options?: SiteOptions) {
  const of = site(options)
  const app = appOf(of)
  const browser = of.browser()
  const visit = async (path: string, init: RequestInit = {}): Promise<Response> =>
    browser.fetch((request) => app.fetch(request), path, init)
  return { of, app, browser, visit }
}

describe('a guard in Hono', () => {
  it('lets in who is signed in, with a typed user', async () => {
    const { visit } = visited()
    expect((await visit('/account')).status).toBe(401)
    const signedIn = await visit('/sign-in?next=/account', { method: 'POST' })
    expect([signedIn.status, signedIn.headers.get('location')]).toEqual([303, '/account'])
    expect(await (await visit('/account')).text()).toBe('Hello ada')
    expect(await (await visit('/nested/page')).text()).toBe('ada')
  })

  it('sends people to sign in, with the whole way back also from an app within an app', async () => {
    const { visit } = visited()
    const response = await visit('/nested/page?a=b', html)
    expect([response.status, response.headers.get('location')]).toEqual([303, '/sign-in?next=%2Fnested%2Fpage%3Fa%3Db'])
    expect(response.headers.get('vary')).toContain('Cookie')
  })

  it('asks for something fresh, which `confirm` gives', async () => {
    const { of, visit } = visited()
    await visit('/sign-in', { method: 'POST' })
    of.wait(301)
    const refused = await visit('/keys')
    expect([refused.status, await refused.json()]).toEqual([403, { code: 'reauth' }])
    expect((await visit('/confirm', { method: 'POST' })).status).toBe(204)
    expect(await (await visit('/keys')).text()).toBe('Keys of ada')
  })

  it('keeps out who may not', async () => {
    const { of, visit } = visited()
    await visit('/sign-in', { method: 'POST' })
    expect((await visit('/admin', html)).status).toBe(403)
    userOf(of, 'ada').permissions = ['rule']
    expect(await (await visit('/admin', html)).text()).toBe('Rule')
  })

  it('answers a refusal as the app says, which gets its context', async () => {
    const of = site()
    const app = new Hono<{ Variables: { lang: string } }>()
      .use(session(of.sessions))
      .use((c, next) => {
        c.set('lang', 'de')
        return next()
      })
      .post(
        '/notes',
        guard(of.login, {
          refused: ({ status, location }, c) =>
            c.html(`<a lang="${c.var.lang}" href="${location}">Anmelden</a>`, status),
        }),
        (c) => c.text('in'),
      )
    const answer = await app.request('/notes', { method: 'POST', ...html })
    expect([answer.status, await answer.text()]).toEqual([401, '<a lang="de" href="/sign-in?next=%2F">Anmelden</a>'])
    expect(answer.headers.get('cache-control')).toBe('no-store')
  })

  it('signs out, with the headers that were asked for', async () => {
    const { visit, browser } = visited({ clearSiteData: true })
    await visit('/sign-in', { method: 'POST' })
    const signedOut = await visit('/sign-out', { method: 'POST' })
    expect(signedOut.headers.get('clear-site-data')).toBe('"cache", "storage"')
    expect([browser.cookie, (await visit('/account')).status]).toEqual(['', 401])
  })

  it('gives an outage to the app’s error handler, and signs nobody out', async () => {
    const { of, visit, browser } = visited()
    await visit('/sign-in', { method: 'POST' })
    const { cookie } = browser
    const { get } = of.users
    of.users.get = () => {
      throw new Error('the users are away')
    }
    const failed = await visit('/account')
    expect([failed.status, await failed.text()]).toEqual([500, 'the users are away'])
    of.users.get = get
    expect(await (await visit('/account')).text()).toBe('Hello ada')
    expect(browser.cookie).toBe(cookie)
  })

  it('costs nothing on routes without one', async () => {
    const { of, visit } = visited()
    await visit('/sign-in', { method: 'POST' })
    of.loaded.length = 0
    const response = await visit('/')
    expect([await response.text(), of.loaded, response.headers.get('vary')]).toEqual(['public', [], null])
    await visit('/account')
    expect(of.loaded).toEqual(['ada'])
  })
})
