import { describe, expect, it } from 'vitest'
import { application } from './testing/application.js'
import { Browser } from './testing/browser.js'

const page = { accept: 'text/html,*/*', 'sec-fetch-mode': 'navigate', 'sec-fetch-site': 'same-origin' }
const fromElsewhere = { ...page, 'sec-fetch-site': 'cross-site' }

/** Somebody whose session is bound, and whose bound cookie has run out without a refresh. */
async function withoutProof() {
  const app = application()
  const owner = new Browser(app.fetch, 'ES256')
  await owner.visit('/sign-in')
  await owner.visit('/')
  const browser = owner.stolen()
  browser.loseBoundCookie()
  return { ...app, owner, browser }
}

describe('a guard', () => {
  it('lets through who has proven the key, and who has none', async () => {
    const { fetch } = application()
    const [bound, other] = [new Browser(fetch, 'ES256'), new Browser(fetch)]
    for (const browser of [bound, other]) await browser.visit('/sign-in')
    expect([await bound.visit('/guarded'), await other.visit('/guarded')]).toEqual(['proven ada', 'unbound ada'])
    expect(await new Browser(fetch).visit('/guarded')).toBe('unbound nobody')
  })

  it('turns down who lacks proof, with a code', async () => {
    const { browser } = await withoutProof()
    const response = await browser.ask('/guarded')
    expect([response.status, await response.json(), response.headers.get('cache-control')]).toEqual([
      401,
      { code: 'device-proof' },
      'no-store',
    ])
  })

  it('has a page load itself again that another site has led to, and only then', async () => {
    const { browser } = await withoutProof()
    const response = await browser.ask('/guarded', fromElsewhere)
    expect(response.status).toBe(403)
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(await response.text()).toContain('<meta http-equiv="refresh" content="0">')
    expect((await browser.ask('/guarded', page)).status).toBe(401)
    // What is no page, or changes something, can not be asked for again.
    expect((await browser.ask('/guarded', { 'sec-fetch-site': 'cross-site' })).status).toBe(401)
  })

  it('takes a bound cookie away that is not the right one, so that the browser renews it at once', async () => {
    const { fetch, owner, browser } = await withoutProof()
    const other = new Browser(fetch, 'ES256')
    await other.visit('/sign-in')
    const wrong = other.cookies.get('__Host-sid-bound') ?? ''
    owner.cookies.set('__Host-sid-bound', wrong)
    const response = await owner.ask('/guarded?page=2')
    expect([response.status, response.headers.get('location')]).toEqual([307, '/guarded?page=2'])
    expect(response.headers.getSetCookie()).toContainEqual(
      '__Host-sid-bound=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/; Secure; HttpOnly; SameSite=Lax',
    )
    expect(await owner.visit('/guarded?page=2')).toBe('proven ada')
    // Who has not the key does not get one.
    browser.cookies.set('__Host-sid-bound', wrong)
    expect((await browser.ask('/guarded')).status).toBe(307)
    expect((await browser.ask('/guarded')).status).toBe(401)
  })

  it('leads to no other site by that, whatever the path', async () => {
    const { owner, bound } = await withoutProof()
    const cookie = `__Host-sid=${owner.cookies.get('__Host-sid')}; __Host-sid-bound=wrong`
    for (const path of ['//evil.example/x', '/\\evil.example', '/%2F/evil.example']) {
      const url = `https://shop.example${path}`
      const response = await bound.guard()(new Request(url, { headers: { cookie } }))
      const target = new URL(response?.headers.get('location') ?? '', url)
      expect([target.origin, target.pathname]).toEqual(['https://shop.example', new URL(url).pathname])
    }
  })
})

describe('a guard that asks for proof', () => {
  it('turns down who has none, and leads pages away', async () => {
    const { fetch } = application()
    const browser = new Browser(fetch)
    await browser.visit('/sign-in')
    const { clock } = application()
    clock.passes(11)
    expect((await browser.ask('/proven')).status).toBe(401)
    const visitor = await new Browser(fetch).ask('/proven', page)
    expect([visitor.status, visitor.headers.get('location')]).toEqual([303, '/sign-in'])
  })

  it('has a page load itself again while the browser makes its key', async () => {
    const { fetch, clock } = application()
    const browser = new Browser(fetch)
    await browser.visit('/sign-in')
    const early = await browser.ask('/proven', page)
    expect([early.status, await early.text()]).toEqual([403, expect.stringContaining('content="1"')])
    clock.passes(11)
    expect((await browser.ask('/proven', page)).status).toBe(303)
  })

  it('lets through who has proven the key', async () => {
    const { fetch } = application()
    const browser = new Browser(fetch, 'ES256')
    await browser.visit('/sign-in')
    expect(await browser.visit('/proven', page)).toBe('proven ada')
  })
})

describe('a guard with options that it has not', () => {
  it('is a TypeError', () => {
    const { bound } = application()
    for (const options of [{ demand: true }, { proven: 'yes' }, { redirectTo: new URL('https://shop.example') }]) {
      expect(() => bound.guard(options as never)).toThrow(/^fetch-sessions: guard: (demand|proven|redirectTo) /)
    }
  })
})
