import { randomBytes } from 'node:crypto'
import { describe, expect, it, onTestFinished } from 'vitest'
import { oauth } from '../../../examples/oauth/src/app.js'
import { startLocalProvider } from '../../../examples/oauth/src/local-provider.js'
import { engine, openPage, type Page } from './browser.js'
import type { PuppeteerPage } from './engines/puppeteer.js'
import { leave, press, problemsOf } from './example-page.js'
import { type App, type Site, startSite } from './site.js'

/** The example, and a provider on another site. */
async function startExample(): Promise<Site> {
  let app: App | undefined
  const site = await startSite({ fetch: (request, env) => (app as App).fetch(request, env) }, 'http')
  const origin = new URL(site('localhost')).origin
  const provider = await startLocalProvider(`${origin}/callback`)
  onTestFinished(() => provider.close())
  app = oauth({ origin, provider, secret: randomBytes(32).toString('base64url') })
  return site
}

/** What one does at the provider: its own pages, for development. */
async function signInThere(page: Page, name: string): Promise<void> {
  await page.until(() => document.querySelector('[name=login]') !== null)
  await page.click('[name=login]')
  await page.type(name)
  await page.click('[name=password]')
  await page.type('any')
  await leave(page, () => page.click('[type=submit]'))
  await page.until(
    () => document.querySelector('[name=login]') === null && document.querySelector('[type=submit]') !== null,
  )
  await leave(page, () => page.click('[type=submit]'))
}

describe.runIf(engine === 'chromium')('the OAuth example', () => {
  it('goes to the provider and comes back signed in, once with each answer', async () => {
    const site = await startExample()
    const page = (await openPage()) as PuppeteerPage
    const answers: string[] = []
    page.tab.on('request', (request) => request.url().includes('/callback?') && answers.push(request.url()))
    await page.visit(site('localhost'))
    const problems = await problemsOf(page, 'oauth-sign-in')
    await press(page, 'Sign in with your provider')
    expect((await page.url()).hostname).toBe('127.0.0.1')
    await signInThere(page, 'ada')
    await page.arrive('/')
    expect(await page.text('h1')).toBe('Hello, ada')
    problems.push(...(await problemsOf(page, 'oauth-home')))

    const [answer] = answers
    expect(answer).toContain('code=')
    await page.visit(answer as string)
    expect([(await page.url()).pathname, await page.text('h1')]).toEqual(['/', 'Hello, ada'])
    await press(page, 'Sign out')
    expect((await page.url()).pathname).toBe('/sign-in')
    await page.visit(answer as string)
    expect(await page.text('[role=alert]')).toBe('That sign-in is over. Begin anew.')
    problems.push(...(await problemsOf(page, 'oauth-over')))
    expect(problems).toEqual([])
  })

  it('signs nobody in with an answer that somebody else has sent them', async () => {
    const site = await startExample()
    const thief = (await openPage()) as PuppeteerPage
    await thief.visit(site('localhost'))
    await press(thief, 'Sign in with your provider')
    // The thief keeps the answer to himself, and gives the link to the victim.
    let answer = ''
    await thief.tab.setRequestInterception(true)
    thief.tab.on('request', (request) => {
      if (!request.url().includes('/callback?')) return void request.continue()
      answer = request.url()
      void request.abort()
    })
    await signInThere(thief, 'thief').catch(() => {})
    expect(answer).toContain('code=')
    const victim = await openPage()
    await victim.visit(site('localhost'))
    await press(victim, 'Sign in with your provider')
    await victim.visit(answer)
    expect(await victim.text('[role=alert]')).toBe('That sign-in is over. Begin anew.')
    await victim.visit(site('localhost'))
    expect((await victim.url()).pathname).toBe('/sign-in')
  })
})
