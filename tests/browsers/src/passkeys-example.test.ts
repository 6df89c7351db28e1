import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { passkeys } from '../../../examples/passkeys/src/app.js'
import { engine, openPage } from './browser.js'
import type { PuppeteerPage } from './engines/puppeteer.js'
import { press, problemsOf } from './example-page.js'
import { type App, type Site, startSite } from './site.js'

async function startExample(): Promise<Site> {
  let app: App | undefined
  const site = await startSite({ fetch: (request, env) => (app as App).fetch(request, env) }, 'http')
  app = passkeys({ origin: new URL(site('localhost')).origin, secret: randomBytes(32).toString('base64url') })
  return site
}

/** A page whose device keeps passkeys, and says yes to all. */
async function openWithPasskeys(): Promise<PuppeteerPage> {
  const page = (await openPage()) as PuppeteerPage
  const session = await page.tab.createCDPSession()
  await session.send('WebAuthn.enable')
  await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
  return page
}

describe.runIf(engine === 'chromium')('the passkeys example', () => {
  it('makes a passkey, signs out, and signs in with it, once with each answer', async () => {
    const site = await startExample()
    const page = await openWithPasskeys()
    const answers: string[] = []
    page.tab.on('request', (request) => {
      if (request.url().endsWith('/sign-in') && request.method() === 'POST') answers.push(request.postData() ?? '')
    })
    await page.visit(site('localhost'))
    const problems = await problemsOf(page, 'passkeys-sign-in')
    await page.fill('Name', 'ada')
    await press(page, 'Create a passkey')
    expect(await page.text('h1')).toBe('Hello, ada')
    problems.push(...(await problemsOf(page, 'passkeys-home')))
    await press(page, 'Sign out')
    await press(page, 'Sign in with a passkey')
    expect(await page.text('h1')).toBe('Hello, ada')

    await press(page, 'Sign out')
    const [answer = ''] = answers
    expect(answer).toContain('signature')
    const again = await page.evaluate(async (body) => {
      const headers = { 'Content-Type': 'application/json' }
      const post = (path: string, body: string): Promise<Response> => fetch(path, { method: 'POST', headers, body })
      const old = await post('/sign-in', body)
      await post('/sign-in/options', '{}')
      const fresh = await post('/sign-in', body)
      return [old.status, fresh.status]
    }, answer)
    // No challenge any more, and another challenge.
    expect(again).toEqual([400, 401])
    expect(problems).toEqual([])
  })

  it('says so where a name is taken', async () => {
    const site = await startExample()
    for (const [visitor, says] of [
      [await openWithPasskeys(), ''],
      [await openWithPasskeys(), 'Somebody has this name already.'],
    ] as const) {
      await visitor.visit(site('localhost'))
      await visitor.fill('Name', 'ada')
      if (says === '') await press(visitor, 'Create a passkey')
      else {
        await visitor.press('Create a passkey')
        await visitor.until(() => document.querySelector('.message')?.textContent !== '')
        expect(await visitor.text('.message')).toBe(says)
        expect(await problemsOf(visitor, 'passkeys-taken')).toEqual([])
      }
    }
  })
})
