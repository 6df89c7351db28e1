import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { signIn } from '../../../examples/signin/src/app.js'
import { openBrowser, openPage, visit } from './browser.js'
import { type App, type Site, startSite } from './site.js'

/** The example, and how often its sign-in form was sent. */
async function startExample(): Promise<{ site: Site; sent: () => number }> {
  const example = signIn('a secret for tests, of 32 bytes or more')
  let sent = 0
  const app: App = {
    fetch: (request) => {
      if (request.method === 'POST' && request.url.endsWith('/sign-in')) sent += 1
      return example.fetch(request)
    },
  }
  return { site: await startSite(app, 'http'), sent: () => sent }
}

async function fill(page: Page, site: Site, password = 'demo-password'): Promise<void> {
  await visit(page, site('localhost', '/sign-in'))
  await page.getByLabel('Name').fill('demo')
  await page.getByLabel('Password').fill(password)
}

/** As a hand does it: the first click's request is on its way by the time of the second. */
async function clickTwice(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Sign in' }).click({ clickCount: 2, delay: 60, noWaitAfter: true })
}

const signedIn = (page: Page): Promise<string[]> => page.getByRole('listitem').allTextContents()

it('a double click sends the form once', async () => {
  const { site, sent } = await startExample()
  const page = await openPage()
  await fill(page, site)
  await clickTwice(page)
  await page.waitForURL('**/account')
  expect([sent(), (await signedIn(page)).length]).toEqual([1, 1])
})

it('a double click without scripts, which sends the form twice, begins one session', async () => {
  const { site, sent } = await startExample()
  const page = await openPage()
  await page.route('**/forms.js', (route) => route.abort())
  await fill(page, site)
  await clickTwice(page)
  await page.waitForURL('**/account')
  expect([sent(), (await signedIn(page)).length]).toEqual([2, 1])
})

it('a form can be sent again after the back button', async () => {
  const { site, sent } = await startExample()
  const page = await openPage()
  await fill(page, site, 'wrong')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('alert').waitFor()
  await page.goBack()
  await page.getByLabel('Password').fill('demo-password')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL('**/account')
  expect(sent()).toBe(2)
})

it('an error is told with the fields it is about, and moves nothing', async () => {
  const { site } = await startExample()
  const page = await openPage()
  await fill(page, site, 'wrong')
  const places = async (): Promise<unknown> => {
    const boxes = await page.locator('h1, input:not([type=hidden]), button').all()
    return Promise.all(boxes.map((box) => box.boundingBox()))
  }
  for (const width of [1280, 320]) {
    await page.setViewportSize({ width, height: 700 })
    await visit(page, site('localhost', '/sign-in'))
    const before = await places()
    await page.getByLabel('Name').fill('demo')
    await page.getByLabel('Password').fill('wrong')
    await page.getByRole('button', { name: 'Sign in' }).click()
    const problem = page.getByRole('alert')
    await problem.waitFor()
    expect(await places()).toEqual(before)
    for (const label of ['Name', 'Password']) {
      const field = page.getByLabel(label)
      expect(await field.getAttribute('aria-invalid')).toBe('true')
      expect(await field.getAttribute('aria-describedby')).toBe(await problem.getAttribute('id'))
    }
  }
})

it('those who are signed in are led past the form', async () => {
  const { site } = await startExample()
  const page = await openPage()
  await fill(page, site)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL('**/account')
  await visit(page, site('localhost', '/sign-in'))
  expect(new URL(page.url()).pathname).toBe('/account')
})

it("the list tells one browser from another, the visitor's own first, and the others can be signed out", async () => {
  const { site } = await startExample()
  const pages: Page[] = []
  for (const userAgent of ['Mozilla/5.0 (Windows NT 10.0) Firefox/153.0', undefined]) {
    const page = await (await openBrowser()).newPage()
    if (userAgent !== undefined) await page.setExtraHTTPHeaders({ 'User-Agent': userAgent })
    await fill(page, site)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL('**/account')
    pages.push(page)
  }
  const [other, own] = pages as [Page, Page]
  await other.reload()
  const when = /Signed in on \d{1,2} \w{3,4} \d{4}, \d\d:\d\d UTC$/
  for (const [page, first, second] of [
    [own, /^Chrome on Linux \(this one\)/, /^Firefox on Windows/],
    [other, /^Firefox on Windows \(this one\)/, /^Chrome on Linux/],
  ] as const) {
    const list = await signedIn(page)
    expect(list).toEqual([expect.stringMatching(first), expect.stringMatching(second)])
    expect(list).toEqual([expect.stringMatching(when), expect.stringMatching(when)])
  }
  // Leaving is nothing that the page urges to do.
  expect(await own.locator('button.main').count()).toBe(0)
  await own.getByRole('button', { name: 'Sign out the others' }).click()
  await own.getByRole('status').waitFor()
  await other.reload()
  expect([(await signedIn(own)).length, await other.textContent('h1')]).toEqual([1, 'Sign in'])
  expect(await own.getByRole('button', { name: 'Sign out the others' }).count()).toBe(0)
})
