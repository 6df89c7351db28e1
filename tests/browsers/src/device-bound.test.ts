import { Hono } from 'hono'
import { html } from 'hono/html'
import { describe, expect, it, vi } from 'vitest'
import { type BoundApp, boundApp } from './bound-app.js'
import { type Browser, engine, newProfile, openBrowser, openPage, type Page } from './browser.js'
import type { PuppeteerPage } from './engines/puppeteer.js'
import type { Host } from './hosts.js'
import { certificate, type Site, startSite } from './site.js'

const BOUND = '__Host-sid-bound'

/** A browser that binds sessions, with a device of its own. */
async function openBinding(profile?: string): Promise<{ browser: Browser; page: Page }> {
  const browser = await openBrowser({ profile: profile ?? (await newProfile()), deviceBound: { certificate } })
  return { browser, page: await browser.newPage() }
}

const registrations = ({ events }: BoundApp): number => events.filter(({ type }) => type === 'registered').length

/** The registration follows the response by itself, some time after. */
async function untilRegistered(page: Page, app: BoundApp, times = 1): Promise<void> {
  await vi.waitFor(() => expect(registrations(app)).toBe(times), { timeout: 15_000, interval: 50 })
  await vi.waitFor(async () => expect((await page.cookies()).map(({ name }) => name)).toContain(BOUND), {
    timeout: 15_000,
    interval: 50,
  })
}

/** Signed in on shop.test, bound and proven. */
async function signedIn(
  options: Parameters<typeof boundApp>[0] = {},
  profile?: string,
  cookie: Parameters<typeof boundApp>[1] = {},
) {
  const app = boundApp(options, cookie)
  const site = await startSite(app)
  const { browser, page } = await openBinding(profile)
  await page.visit(site('shop.test', '/sign-in'))
  await untilRegistered(page, app)
  expect(await page.visit(site('shop.test'))).toBe('proven Ada')
  return { app, site, browser, page }
}

/** The bound cookie is gone, as if it had run out. */
async function loseBoundCookie(page: Page): Promise<void> {
  const context = (page as PuppeteerPage).tab.browserContext()
  await context.deleteCookie(...(await context.cookies()).filter(({ name }) => name === BOUND))
}

const boundCookie = async (page: Page): Promise<string | undefined> =>
  (await page.cookies()).find(({ name }) => name === BOUND)?.value

/** Opens a link of a page of another site. */
async function followLink(page: Page, from: Site, url: string): Promise<string> {
  await page.visit(from('news.test', `/?to=${encodeURIComponent(url)}`))
  await page.click('a')
  // The title of each page of the site is the state. That which loads itself again has another.
  await page.until((host) => location.hostname === host && /^\w+ \w+$/.test(document.title), new URL(url).hostname)
  return page.text('title')
}

const news = (): Promise<Site> =>
  startSite(new Hono().get('/', (c) => c.html(html`<title>news</title><a href="${c.req.query('to') ?? ''}">read</a>`)))

describe('a browser that does not bind sessions', () => {
  it('notices nothing', async () => {
    const app = boundApp()
    const site = await startSite(app)
    const page = await openPage()
    expect(await page.visit(site('shop.test', '/sign-in'))).toBe('unbound Ada')
    expect(await page.visit(site('shop.test', '/guarded'))).toBe('unbound Ada')
    expect((await page.cookies()).map(({ name }) => name)).toEqual(['__Host-sid'])
    expect(app.events).toEqual([])
    await page.visit(site('shop.test', '/sign-out'))
    expect(await page.visit(site('shop.test'))).toBe('unbound nobody')
  })
})

describe.runIf(engine === 'chromium')('Chromium with device bound sessions', () => {
  describe('registers', () => {
    it('after a sign-in that redirects, and keeps a cookie as narrow as it can be', async () => {
      const { page } = await signedIn()
      expect((await page.cookies()).find(({ name }) => name === BOUND)).toMatchObject({
        domain: 'shop.test',
        path: '/',
        secure: true,
        httpOnly: true,
        sameSite: 'Lax',
      })
    })

    it('after a sign-in by a script', async () => {
      const app = boundApp()
      const site = await startSite(app)
      const { page } = await openBinding()
      await page.visit(site('shop.test'))
      await page.evaluate(async () => (await fetch('/sign-in.json', { method: 'POST' })).text())
      await untilRegistered(page, app)
      expect(await page.visit(site('shop.test'))).toBe('proven Ada')
    })

    it('after a sign-in by a form that another site has sent', async () => {
      const app = boundApp()
      const site = await startSite(app)
      const form = html`<form method="post" action="${site('shop.test', '/sign-in')}"><button>Sign in</button></form>`
      const provider = await startSite(new Hono().get('/', (c) => c.html(form)))
      const { page } = await openBinding()
      await page.visit(provider('id.test'))
      await page.press('Sign in')
      await untilRegistered(page, app).catch(async () => {
        await page.visit(site('shop.test'))
        await untilRegistered(page, app)
      })
      expect(await page.visit(site('shop.test'))).toBe('proven Ada')
    })

    it('at two hosts of one site, each for itself', async () => {
      const app = boundApp()
      const site = await startSite(app)
      const { page } = await openBinding()
      const hosts: Host[] = ['shop.test', 'www.shop.test']
      for (const [index, host] of hosts.entries()) {
        await page.visit(site(host, '/sign-in'))
        await untilRegistered(page, app, index + 1)
        expect(await page.visit(site(host))).toBe('proven Ada')
      }
      for (let round = 0; round < 2; round++) {
        await loseBoundCookie(page)
        for (const host of hosts) expect(await page.visit(site(host))).toBe('proven Ada')
      }
      expect(app.refreshes).toEqual([200, 200, 200, 200])
    })
  })

  describe('renews the bound cookie', () => {
    it('when it has run out', async () => {
      const { app, site, page } = await signedIn()
      app.maxAge = 1
      await loseBoundCookie(page)
      expect(await page.visit(site('shop.test'))).toBe('proven Ada')
      await vi.waitFor(async () => expect(await boundCookie(page)).toBeUndefined(), { timeout: 10_000 })
      app.maxAge = undefined
      const before = app.refreshes.length
      expect(await page.visit(site('shop.test'))).toBe('proven Ada')
      expect(app.refreshes.slice(before)).toEqual([200])
      expect(await boundCookie(page)).toBeDefined()
    })

    it('once for five requests at a time, which it holds back meanwhile', async () => {
      const { app, site, page } = await signedIn()
      await page.visit(site('shop.test'))
      app.refresh = 400
      await loseBoundCookie(page)
      const states = await page.evaluate(() =>
        Promise.all(Array.from({ length: 5 }, async () => (await fetch('/state')).text())),
      )
      expect(states).toEqual(Array(5).fill('proven Ada'))
      expect(app.refreshes).toEqual([200])
    })

    it('after a restart with the same profile', async () => {
      const profile = await newProfile()
      const { app, site, browser } = await signedIn({}, profile)
      await browser.close()
      const { page } = await openBinding(profile)
      await loseBoundCookie(page)
      expect(await page.visit(site('shop.test'))).toBe('proven Ada')
      // The challenge that it had is forgotten, the key is not.
      expect(app.refreshes).toEqual([403, 200])
    })

    it.each(['strict', 'none'] as const)(
      'with a session cookie that is SameSite=%s, which comes along',
      async (sameSite) => {
        const { app, site, page } = await signedIn({}, undefined, { sameSite })
        await loseBoundCookie(page)
        expect(await page.visit(site('shop.test'))).toBe('proven Ada')
        await loseBoundCookie(page)
        expect(await page.evaluate(async () => (await fetch('/state')).text())).toBe('proven Ada')
        expect(app.refreshes).toEqual([200, 200])
        expect(app.events.map(({ type }) => type)).not.toContain('ended')
      },
    )

    it.each(['lax', 'none'] as const)(
      'after it was shown without cookies in a frame: SameSite=%s',
      async (sameSite) => {
        const { app, site, page } = await signedIn({}, undefined, { sameSite })
        const around = await startSite(
          new Hono().get('/', (c) => c.html(html`<iframe src="${site('shop.test')}"></iframe>`)),
        )
        await loseBoundCookie(page)
        await page.visit(around('news.test'))
        expect(await page.frameText()).toContain('nobody')
        expect(await page.visit(site('shop.test'))).toBe('proven Ada')
        expect(app.events.map(({ type }) => type)).not.toContain('ended')
      },
    )

    it('under a new id of the session', async () => {
      const { site, page } = await signedIn()
      expect(await page.visit(site('shop.test', '/regenerate'))).toBe('proven Ada')
      await loseBoundCookie(page)
      expect(await page.visit(site('shop.test'))).toBe('proven Ada')
    })

    it('where each answer is good once only', async () => {
      const { app, site, page } = await signedIn({ singleUse: true })
      for (let round = 0; round < 3; round++) {
        await loseBoundCookie(page)
        expect(await page.visit(site('shop.test'))).toBe('proven Ada')
      }
      expect(app.refreshes).toEqual([200, 200, 200])
    })
  })

  describe('ends it', () => {
    it('after a sign-out, with the next refresh, and binds the next sign-in', async () => {
      const { app, site, page } = await signedIn()
      await page.visit(site('shop.test', '/sign-out'))
      await loseBoundCookie(page)
      expect(await page.visit(site('shop.test'))).toBe('unbound nobody')
      expect(await page.visit(site('shop.test'))).toBe('unbound nobody')
      expect([app.refreshes, app.events.at(-1)?.type]).toEqual([[200], 'ended'])
      await page.visit(site('shop.test', '/sign-in'))
      await untilRegistered(page, app, 2)
      expect(await page.visit(site('shop.test'))).toBe('proven Ada')
      await loseBoundCookie(page)
      expect(await page.visit(site('shop.test'))).toBe('proven Ada')
    })

    it('with a second sign-in, whose binding takes its place', async () => {
      const { app, site, page } = await signedIn()
      const first = await boundCookie(page)
      await page.visit(site('shop.test', '/sign-in'))
      await untilRegistered(page, app, 2)
      await vi.waitFor(async () => expect(await boundCookie(page)).not.toBe(first), { timeout: 10_000 })
      expect(await page.visit(site('shop.test'))).toBe('proven Ada')
      for (let round = 0; round < 3; round++) {
        await loseBoundCookie(page)
        expect(await page.visit(site('shop.test'))).toBe('proven Ada')
      }
      expect(app.refreshes).toEqual([200, 200, 200])
    })
  })

  describe('a second browser with copies of all cookies', () => {
    it('is refused after maxAge, and the owner goes on', async () => {
      const { app, site, page } = await signedIn()
      const { page: thief } = await openBinding()
      await thief.addCookies(await page.cookies())
      expect(await thief.visit(site('shop.test'))).toBe('proven Ada')
      app.later = 601
      expect(await thief.visit(site('shop.test'))).toBe('missing nobody')
      expect(await thief.visit(site('shop.test', '/guarded'))).toContain('device-proof')
      // The owner's browser does not know that the server's clock has moved, so the guard takes the cookie away.
      expect(await page.visit(site('shop.test', '/guarded'))).toBe('proven Ada')
      expect(await page.visit(site('shop.test'))).toBe('proven Ada')
      expect(await thief.visit(site('shop.test'))).toBe('missing nobody')
      expect(app.refreshes).toEqual([200])
    })
  })

  describe('with a refresh', () => {
    it('that fails, sends its requests without proof, and has it again once that works', async () => {
      const { app, site, page } = await signedIn()
      app.refresh = 'failing'
      await loseBoundCookie(page)
      expect(await page.visit(site('shop.test'))).toBe('missing nobody')
      expect(app.skipped.length).toBeGreaterThan(0)
      app.refresh = 'as it is'
      await vi.waitFor(async () => expect(await page.visit(site('shop.test'))).toBe('proven Ada'), {
        timeout: 60_000,
        interval: 1000,
      })
    })

    it('that is slow, waits for it', async () => {
      const { app, site, page } = await signedIn()
      app.refresh = 3000
      await loseBoundCookie(page)
      expect(await page.visit(site('shop.test'))).toBe('proven Ada')
    })

    it('that is gone, ends the binding: the next sign-in begins another', async () => {
      const { app, site, page } = await signedIn()
      app.refresh = 'gone'
      await loseBoundCookie(page)
      expect(await page.visit(site('shop.test'))).toBe('missing nobody')
      app.refresh = 'as it is'
      expect(await page.visit(site('shop.test'))).toBe('missing nobody')
      expect(app.refreshes).toEqual([404])
      await page.visit(site('shop.test', '/sign-in'))
      await untilRegistered(page, app, 2)
      expect(await page.visit(site('shop.test'))).toBe('proven Ada')
    })
  })

  describe('with a link of another site, after the bound cookie has run out', () => {
    it('renews nothing for the page, which lacks proof, and renews it for what follows', async () => {
      const { app, site, page } = await signedIn()
      await loseBoundCookie(page)
      expect(await followLink(page, await news(), site('shop.test'))).toBe('missing nobody')
      expect(app.refreshes).toEqual([])
      expect(await page.evaluate(async () => (await fetch('/state')).text())).toBe('proven Ada')
      expect(await page.visit(site('shop.test'))).toBe('proven Ada')
    })

    it('comes through a guard all the same: the page loads itself again', async () => {
      const { app, site, page } = await signedIn()
      await loseBoundCookie(page)
      expect(await followLink(page, await news(), site('shop.test', '/guarded'))).toBe('proven Ada')
      expect(app.refreshes).toEqual([200])
    })

    it('renews it where that site is one of refreshInitiators', async () => {
      const { app, site, page } = await signedIn({ refreshInitiators: ['news.test'] })
      await loseBoundCookie(page)
      expect(await followLink(page, await news(), site('shop.test'))).toBe('proven Ada')
      expect(app.refreshes).toEqual([200])
    })
  })

  describe('with a bound cookie that is not the right one', () => {
    it('gets it anew from a guard, and what it has sent is sent again', async () => {
      const { app, site, page } = await signedIn()
      const [cookie] = (await page.cookies()).filter(({ name }) => name === BOUND)
      const spoil = () => page.addCookies([{ ...(cookie as NonNullable<typeof cookie>), value: 'of.another.sign.in' }])
      await spoil()
      expect(await page.visit(site('shop.test', '/guarded'))).toBe('proven Ada')
      await spoil()
      const answer = await page.evaluate(async () =>
        (await fetch('/guarded', { method: 'POST', body: 'an order' })).text(),
      )
      expect(answer).toBe('proven Ada: an order')
      expect(app.refreshes).toEqual([200, 200])
    })
  })
})
