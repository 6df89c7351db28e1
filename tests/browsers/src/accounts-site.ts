import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { accounts } from '../../../examples/accounts/src/app.js'
import { open } from '../../../examples/accounts/src/node/open.js'
import { type Browser, openBrowser, type Page } from './browser.js'
import { press } from './example-page.js'
import { type Site, startSite } from './site.js'

export const passwords = {
  root: 'the keeper of keys',
  ada: 'an engine of analysis',
  bob: 'yes we can build it',
} as const

type Name = keyof typeof passwords

/** The accounts example with three members, the admin first, as it runs in production: over https. */
export async function startAccounts(): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), 'fetch-sessions-accounts-'))
  const platform = await open(join(folder, 'accounts.db'))
  for (const [name, password] of Object.entries(passwords)) {
    await platform.users.create(name, await platform.passwords.hash(password))
  }
  const app = accounts({ ...platform, secure: true, secret: randomBytes(32).toString('base64url') })
  // What is asked for last ends first: the server, then its database.
  onTestFinished(async () => {
    platform.close()
    await rm(folder, { recursive: true, force: true })
  })
  return startSite(app)
}

/** Somebody who is signed in, in a browser of their own. */
export async function signedIn(site: Site, name: Name, settings?: { remember: boolean }): Promise<SignedIn> {
  const browser = await openBrowser()
  const page = await browser.newPage()
  await page.visit(site('shop.test', '/sign-in'))
  await fillIn(page, name, settings)
  return { browser, page }
}

interface SignedIn {
  browser: Browser
  page: Page
}

/** Sends the sign-in form that is shown. */
export async function fillIn(page: Page, name: Name, { remember = false } = {}): Promise<void> {
  await page.fill('Name', name)
  await page.fill('Password', passwords[name])
  if (remember) await page.clickField('Remember me')
  await press(page, 'Sign in')
}
