import { describe, expect, it } from 'vitest'
import type { GuardOptions, RefusedRequest } from './index.js'
import type { Browser } from './testing/browser.js'
import { type Site, site, type User, userOf } from './testing/site.js'

const page =
  (of: Site, options?: GuardOptions<User>) =>
  (request: Request): Promise<Response> =>
    of.sessions.handle(request, async () => (await of.login.guard(options)(request)) ?? new Response('in'))

const html = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }

/** A form of a page, as a browser sends it. */
const form = (referer?: string): RequestInit => ({
  method: 'POST',
  body: new URLSearchParams({ a: 'b' }),
  headers: { ...html, ...(referer !== undefined && { referer }) },
})

async function signedIn(of: Site, id = 'ada'): Promise<Browser<User>> {
  const browser = of.browser()
  await browser.visit((auth) => auth.signIn(userOf(of, id), { factor: 'password' }))
  return browser
}

describe('a person whose form is refused', () => {
  it('reads why, and finds the way to sign in and back to the form', async () => {
    const of = site()
    const answer = await of.browser().fetch(page(of), '/notes', form('https://example.com/notes?page=2'))
    const text = await answer.text()
    expect([answer.status, answer.headers.get('content-type')]).toEqual([401, 'text/html; charset=utf-8'])
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(text).toContain('<h1>You are not signed in</h1>')
    expect(text).toContain('<a href="/sign-in?next=%2Fnotes%3Fpage%3D2">')
  })

  it.each([
    ['no page', undefined],
    ['another site', 'https://evil.example/notes'],
    ['what is no URL', 'notes'],
    ['a path that is none', 'https://example.com//evil.example'],
  ])('is led to the front page where it came from %s', async (_where, referer) => {
    const of = site()
    const text = await (await of.browser().fetch(page(of), '/notes', form(referer))).text()
    expect(text).toContain('<a href="/sign-in?next=%2F">')
  })

  it('comes back through a proxy that speaks HTTPS for the server', async () => {
    const of = site()
    const text = await (await of.browser().fetch(page(of), 'http://example.com/', form('https://example.com/a'))).text()
    expect(text).toContain('next=%2Fa"')
  })

  it('gets no markup from whoever has made the link', async () => {
    const of = site()
    const evil = 'https://example.com/"><script>alert(1)</script>?x=\'"><b>'
    const text = await (await of.browser().fetch(page(of), '/notes', form(evil))).text()
    expect(text).not.toMatch(/<script|<b>/)
  })

  it('reads what is not for them, and that the site is out of order', async () => {
    const of = site()
    const browser = await signedIn(of)
    const text = await (await browser.fetch(page(of, { can: 'rule' }), '/', form())).text()
    expect(text).toContain('You may not do this')
    expect(text).not.toContain('<a')
  })
})

describe('the place where people confirm', () => {
  const places = { fresh: 300, confirmAt: '/confirm', redirectTo: '/login' }

  it('is another one than the one where they sign in', async () => {
    const of = site()
    const sentTo = async (browser: Browser<User>): Promise<string | null> =>
      (await browser.fetch(page(of, places), '/keys', { headers: html })).headers.get('location')
    expect(await sentTo(of.browser())).toBe('/login?next=%2Fkeys')
    const browser = await signedIn(of)
    of.wait(301)
    expect(await sentTo(browser)).toBe('/confirm?next=%2Fkeys')
  })

  it('is no place for who acts as somebody else, and has nothing to show', async () => {
    const of = site()
    const browser = await signedIn(of)
    await browser.visit((auth) => auth.impersonate(userOf(of, 'bob')))
    const answer = await browser.fetch(page(of, places), '/keys', { headers: html })
    expect([answer.status, answer.headers.get('location')]).toEqual([403, null])
    expect(await answer.text()).toContain('You act as somebody else')
  })
})

describe('an answer of one’s own', () => {
  it('is made of what is known of the refusal', async () => {
    const of = site()
    const told: RefusedRequest[] = []
    const refused = (refusal: RefusedRequest): Response => {
      told.push(refusal)
      return new Response(`No: ${refusal.reason}`, { status: refusal.status })
    }
    const answer = await of.browser().fetch(page(of, { refused }), '/notes', { headers: html })
    expect([answer.status, await answer.text()]).toEqual([401, 'No: signed-out'])
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(told).toMatchObject([{ reason: 'signed-out', status: 401, location: '/sign-in?next=%2Fnotes' }])
  })

  it('may send people where it helps, and keeps its own headers', async () => {
    const of = site()
    const refused = ({ location, request }: RefusedRequest): Response =>
      Response.redirect(new URL(location ?? '/', request.url), 303)
    const answer = await of.browser().fetch(page(of, { refused }), '/notes', form('https://example.com/new'))
    expect([answer.status, answer.headers.get('location')]).toEqual([303, 'https://example.com/sign-in?next=%2Fnew'])
    const cached = (): Response => new Response(null, { status: 404, headers: { 'Cache-Control': 'private' } })
    expect((await of.browser().fetch(page(of, { refused: cached }))).headers.get('cache-control')).toBe('private')
  })

  it('may be none, for the one of the guard', async () => {
    const of = site()
    const answer = await of.browser().fetch(page(of, { refused: async () => undefined }))
    expect(await answer.json()).toEqual({ code: 'signed-out' })
  })

  it('lets nobody pass, whatever it is', async () => {
    const of = site()
    for (const wrong of [true, null, 'in', {}]) {
      const refused = (): never => wrong as never
      await expect(of.browser().fetch(page(of, { refused }))).rejects.toThrow(/guard: refused must return a Response/)
    }
  })
})

describe('a guard behind a proxy that speaks HTTPS for the server', () => {
  const guarded = async (redirectTo: string, url: string): Promise<string | null> => {
    const of = site()
    return (await of.browser().fetch(page(of, { redirectTo }), url, { headers: html })).headers.get('location')
  }

  it('takes the whole URL of its own site for its own', async () => {
    const signIn = 'https://example.com/sign-in'
    expect(await guarded(signIn, 'http://example.com/notes')).toBe(`${signIn}?next=%2Fnotes`)
    expect(await guarded(signIn, 'http://example.com/sign-in')).toBeNull()
  })

  it('tells another site a way back that is HTTPS', async () => {
    const location = await guarded('https://id.example/', 'http://example.com/notes')
    expect(location).toBe('https://id.example/?next=https%3A%2F%2Fexample.com%2Fnotes')
  })
})
