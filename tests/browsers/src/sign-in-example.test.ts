import { randomBytes } from 'node:crypto'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { signIn } from '../../../examples/signin/src/app.js'
import { type Browser, openBrowser, openPage, type Page } from './browser.js'
import { type Site, startSite } from './site.js'

/** The example as it runs in production: over https, with the default cookie. */
async function startExample(): Promise<Site> {
  vi.stubEnv('NODE_ENV', 'production')
  onTestFinished(() => void vi.unstubAllEnvs())
  return startSite(signIn(randomBytes(32).toString('base64url')))
}

async function signInAs(page: Page, site: Site, name: string): Promise<void> {
  await page.visit(site('shop.test', '/sign-in'))
  await sendFormAs(page, name)
}

async function sendFormAs(page: Page, name: string): Promise<void> {
  await page.fill('Name', name)
  await page.fill('Password', `${name}-password`)
  await press(page, 'Sign in', '/account')
}

const heading = (page: Page): Promise<string> => page.text('h1')

const press = async (page: Page, button: string, path: string): Promise<void> => {
  await page.press(button)
  await page.arrive(path)
}

/** A browser in which somebody is signed in. */
async function signedIn(site: Site, name = 'demo'): Promise<{ browser: Browser; page: Page }> {
  const browser = await openBrowser()
  const page = await browser.newPage()
  await signInAs(page, site, name)
  return { browser, page }
}

describe('the back button, in a browser that keeps pages for it', () => {
  /** A page from the back/forward cache is shown first, and made anew then. */
  const shownInTheEnd = async (page: Page): Promise<string> => {
    await page.until(() => document.body.textContent?.includes('Remember me') ?? false)
    return heading(page)
  }

  it('brings an open page back as it was', async () => {
    const site = await startExample()
    const page = await openPage()
    await page.visit(site('shop.test', '/sign-in'))
    await page.evaluate(() => void Object.assign(document, { title: 'left like this' }))
    await page.visit(site('other.test', '/sign-in'))
    await page.back()
    expect(await page.evaluate(() => document.title)).toBe('left like this')
  })

  it.each(['Sign out', 'Sign out everywhere'])('brings no protected page back after "%s"', async (button) => {
    const site = await startExample()
    const { page } = await signedIn(site)
    await press(page, button, '/sign-in')
    await page.back()
    expect(await shownInTheEnd(page)).toBe('Sign in')
    expect((await page.url()).href).toBe(site('shop.test', '/sign-in'))
  })

  it.each(['another tab', 'another browser'])('brings no protected page back after sign-out in %s', async (where) => {
    const site = await startExample()
    const { browser, page } = await signedIn(site)
    await page.visit(site('other.test', '/protected.js'))
    const elsewhere = where === 'another tab' ? await browser.newPage() : (await signedIn(site)).page
    await elsewhere.visit(site('shop.test', '/account'))
    await press(elsewhere, 'Sign out everywhere', '/sign-in')
    await page.back()
    expect(await shownInTheEnd(page)).toBe('Sign in')
  })

  it('shows nothing of the protected page in the meantime', async () => {
    const site = await startExample()
    const { page } = await signedIn(site)
    // As it is at the moment it comes back, before it is made anew.
    const hidden = await page.evaluate(() => {
      dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))
      return document.body.hidden && getComputedStyle(document.body).display === 'none'
    })
    expect(hidden).toBe(true)
  })
})

describe('a second window', () => {
  it('is signed out when the first one signs out everywhere, and others are not', async () => {
    const site = await startExample()
    const [first, second, guest] = [await signedIn(site), await signedIn(site), await signedIn(site, 'guest')]
    await second.page.reload()
    expect(await heading(second.page)).toBe('Hello, demo')
    await press(first.page, 'Sign out everywhere', '/sign-in')
    await second.page.reload()
    await guest.page.reload()
    expect([await heading(second.page), await heading(guest.page)]).toEqual(['Sign in', 'Hello, guest'])
  })

  it('stays signed in when the first one signs out here', async () => {
    const site = await startExample()
    const [first, second] = [await signedIn(site), await signedIn(site)]
    await press(first.page, 'Sign out', '/sign-in')
    await second.page.reload()
    expect(await heading(second.page)).toBe('Hello, demo')
  })
})

describe('a cookie from before', () => {
  it.each(['a new sign-in', 'sign-out'])('opens nothing after %s', async (event) => {
    const site = await startExample()
    const browser = await openBrowser()
    const [otherTab, page] = [await browser.newPage(), await browser.newPage()]
    await otherTab.visit(site('shop.test', '/sign-in'))
    await signInAs(page, site, 'demo')
    const old = await page.cookies()
    if (event === 'sign-out') await press(page, 'Sign out', '/sign-in')
    else await sendFormAs(otherTab, 'guest')
    const thief = await openPage()
    await thief.visit(site('shop.test', '/protected.js'))
    await thief.addCookies(old)
    await thief.visit(site('shop.test', '/account'))
    expect([old.length, (await thief.url()).pathname]).toEqual([1, '/sign-in'])
  })
})

it('the greeting is shown once', async () => {
  const { page } = await signedIn(await startExample())
  const shown = [await page.count('[role=status]')]
  await page.reload()
  shown.push(await page.count('[role=status]'))
  expect(shown).toEqual([1, 0])
})

it.each([
  ['ends with the browser', false],
  ['stays for 14 days', true],
])('the cookie %s where "remember me" is %s', async (_what, remember) => {
  const page = await openPage()
  const site = await startExample()
  await page.visit(site('shop.test', '/sign-in'))
  if (remember) await page.clickField('Remember me')
  await page.fill('Name', 'demo')
  await page.fill('Password', 'demo-password')
  await press(page, 'Sign in', '/account')
  const [cookie] = await page.cookies()
  const days = ((cookie?.expires ?? 0) - Date.now() / 1000) / 86_400
  expect(remember ? Math.round(days) : cookie?.expires).toBe(remember ? 14 : undefined)
})

it('a form on a subdomain, which is the same site, can sign nobody out', async () => {
  const site = await startExample()
  const { page } = await signedIn(site)
  await page.visit(site('evil.shop.test', '/sign-in'))
  await page.evaluate(
    (action) => {
      const form = document.createElement('form')
      Object.assign(form, { method: 'post', action })
      document.body.append(form)
      form.submit()
    },
    site('shop.test', '/sign-out-everywhere'),
  )
  await page.arrive('/sign-out-everywhere')
  expect(await page.text()).toBe('Forbidden')
  await page.visit(site('shop.test', '/account'))
  expect(await heading(page)).toBe('Hello, demo')
})
