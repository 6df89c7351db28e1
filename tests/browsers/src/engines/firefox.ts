import puppeteer, { type Browser as PuppeteerBrowser } from 'puppeteer-core'
import { hosts } from '../hosts.js'
import type { Browser } from './page.js'
import { PuppeteerContext } from './puppeteer.js'

const preferences = {
  'network.dns.localDomains': hosts.filter((host) => /[a-z]/.test(host)).join(),
  'network.cookie.cookieBehavior': 5, // As a visitor has it: partitioned. Puppeteer turns that off.
}

const launch = (executablePath: string, profile?: string): Promise<PuppeteerBrowser> =>
  puppeteer.launch({
    browser: 'firefox',
    executablePath,
    headless: true,
    acceptInsecureCerts: true,
    defaultViewport: null,
    extraPrefsFirefox: preferences,
    ...(profile && { userDataDir: profile }),
  })

let shared: Promise<PuppeteerBrowser> | undefined

/** Firefox takes seconds to start: one serves a whole file of tests, each in a container with cookies of its own. */
export async function openFirefox(executablePath: string, profile?: string): Promise<Browser> {
  if (profile !== undefined) return PuppeteerContext.ofBrowser(await launch(executablePath, profile))
  shared ??= launch(executablePath)
  const context = await (await shared).createBrowserContext()
  return new PuppeteerContext(context, () => context.close())
}

export async function closeFirefox(): Promise<void> {
  await (await shared)?.close()
}
