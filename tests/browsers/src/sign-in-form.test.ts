import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { signIn } from '../../../examples/signin/src/app.js'
import { inEngine, openPage, type Page } from './browser.js'
import { PuppeteerPage } from './engines/puppeteer.js'
import { type App, type Site, startSite } from './site.js'

/** The example, and how often its sign-in form was sent. */
async function startExample({ scripts = true } = {}): Promise<{ site: Site; sent: () => number }> {
  const example = signIn(randomBytes(32).toString('base64url'))
  let sent = 0
  const app: App = {
    fetch: (request, env) => {
      if (request.method === 'POST' && request.url.endsWith('/sign-in')) sent += 1
      if (!scripts && request.url.endsWith('.js')) return new Response(null, { status: 404 })
      return example.fetch(request, env)
    },
  }
  return { site: await startSite(app, 'http'), sent: () => sent }
}

async function fillIn(page: Page, site: Site, password = 'demo-password'): Promise<void> {
  await page.visit(site('localhost', '/sign-in'))
  await page.fill('Name', 'demo')
  await page.fill('Password', password)
}

async function signInAt(page: Page, site: Site): Promise<void> {
  await fillIn(page, site)
  await page.press('Sign in')
  await page.arrive('/account')
}

async function failAt(page: Page, site: Site): Promise<void> {
  await fillIn(page, site, 'wrong')
  await page.press('Sign in')
  await page.until(() => document.readyState === 'complete' && document.querySelector('[role=alert]') !== null)
}

/** As a hand does it: the first click's request is on its way by the time of the second. */
async function clickTwice(page: Page): Promise<void> {
  await page.evaluate(() => {
    const button = document.querySelector('button')
    button?.click()
    setTimeout(() => button?.click(), 60)
  })
  await page.arrive('/account')
}

const signedIn = (page: Page): Promise<string[]> =>
  page.evaluate(() => [...document.querySelectorAll('li')].map(({ textContent }) => textContent ?? ''))

it('a double click sends the form once', async () => {
  const { site, sent } = await startExample()
  const page = await openPage()
  await fillIn(page, site)
  await clickTwice(page)
  expect([sent(), (await signedIn(page)).length]).toEqual([1, 1])
})

it('a double click without scripts, which sends the form twice, begins one session', async () => {
  const { site, sent } = await startExample({ scripts: false })
  const page = await openPage()
  await fillIn(page, site)
  await clickTwice(page)
  expect([sent(), (await signedIn(page)).length]).toEqual([2, 1])
})

it('a form can be sent again after the back button', async () => {
  const { site, sent } = await startExample()
  const page = await openPage()
  await failAt(page, site)
  await page.back()
  await page.evaluate(() => {
    for (const field of document.querySelectorAll<HTMLInputElement>('[name=name], [name=password]')) field.value = ''
  })
  await page.fill('Name', 'demo')
  await page.fill('Password', 'demo-password')
  await page.press('Sign in')
  await page.arrive('/account')
  expect(sent()).toBe(2)
})

it('an error is told with the fields it is about, and moves nothing', async () => {
  const { site } = await startExample()
  const page = await openPage()
  const places = (): Promise<string> =>
    page.evaluate(() => {
      const boxes = [...document.querySelectorAll('h1, input:not([type=hidden]), button')]
      return JSON.stringify(boxes.map((box) => box.getBoundingClientRect()))
    })
  for (const width of [1280, 320]) {
    if (page instanceof PuppeteerPage) await page.tab.setViewport({ width, height: 700 })
    await page.visit(site('localhost', '/sign-in'))
    const before = await places()
    await failAt(page, site)
    expect(await places()).toBe(before)
    const told = await page.evaluate(() => {
      const problem = document.querySelector('[role=alert]')?.id
      return ['name', 'password'].map((name) => {
        const field = document.querySelector(`[name=${name}]`)
        return [field?.getAttribute('aria-invalid'), field?.getAttribute('aria-describedby') === problem]
      })
    })
    expect(told).toEqual([
      ['true', true],
      ['true', true],
    ])
  }
})

it('those who are signed in are led past the form', async () => {
  const { site } = await startExample()
  const page = await openPage()
  await signInAt(page, site)
  await page.visit(site('localhost', '/sign-in'))
  expect((await page.url()).pathname).toBe('/account')
})

/** Another visitor's browser, as far as the example can tell. */
async function signInElsewhere(url: string): Promise<string> {
  const answer = await fetch(url, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'User-Agent': 'Mozilla/5.0 (Windows NT 10.0) Firefox/153.0', Origin: new URL(url).origin },
    body: new URLSearchParams({ name: 'demo', password: 'demo-password' }),
  })
  return answer.headers.get('Set-Cookie')?.split(';')[0] ?? ''
}

it("the list tells one browser from another, the visitor's own first, and the others can be signed out", async () => {
  const { site } = await startExample()
  const page = await openPage()
  const cookie = await signInElsewhere(site('localhost', '/sign-in'))
  const elsewhere = async (): Promise<string> =>
    (await fetch(site('localhost', '/account'), { headers: { cookie } })).text()
  await signInAt(page, site)
  const own = inEngine({ chromium: 'Chrome on Linux', firefox: 'Firefox on Linux', webkit: 'Safari on Linux' })
  const when = /Signed in on \d{1,2} \w{3,4} \d{4}, \d\d:\d\d UTC$/
  const list = await signedIn(page)
  expect(list).toEqual([expect.stringMatching(when), expect.stringMatching(when)])
  expect(list).toEqual([
    expect.stringMatching(new RegExp(`^${own} \\(this one\\)`)),
    expect.stringMatching(/^Firefox on Windows/),
  ])
  expect(await elsewhere()).toMatch(new RegExp(`Firefox on Windows <strong>\\(this one\\)[^]*${own}`))
  // Leaving is nothing that the page urges to do.
  expect(await page.count('button.main')).toBe(0)
  await page.press('Sign out the others')
  await page.until(() => document.querySelector('[role=status]')?.textContent?.includes('everywhere else') ?? false)
  expect([(await signedIn(page)).length, await elsewhere()]).toEqual([1, expect.stringContaining('<h1>Sign in</h1>')])
  expect(await page.text('main')).not.toContain('Sign out the others')
})
