import type { Page as Tab } from 'puppeteer-core'
import { afterAll, beforeAll } from 'vitest'
import { closeChromium, openChromium } from '../engines/chromium.js'
import { executables } from '../engines/installed.js'
import type { Browser } from '../engines/page.js'
import type { PuppeteerPage } from '../engines/puppeteer.js'
import { serveDocumentation } from './served.js'

/** Opens a path of the site in a tab of its own, and gives what goes wrong there. One Chromium serves a file of tests. */
export function readerOfSite(): (path: string) => Promise<{ page: PuppeteerPage; errors: string[] }> {
  const address = serveDocumentation()
  let browser: Browser
  beforeAll(async () => {
    browser = await openChromium(executables.chromium, {})
  })
  afterAll(closeChromium)
  return async (path) => {
    const page = (await browser.newPage()) as PuppeteerPage
    const errors = errorsOf(page.tab)
    await page.tab.emulateFocusedPage(true) // A tab behind others draws nothing, and its timers are slow.
    await page.tab.setViewport({ width: 1280, height: 800 })
    await page.open(address(path))
    return { page, errors }
  }
}

/** What goes wrong in a tab from now on: errors of scripts, on the console, and what is not found. */
function errorsOf(tab: Tab): string[] {
  const errors: string[] = []
  tab.on('pageerror', (error) => errors.push(String(error)))
  tab.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
  tab.on('requestfailed', (request) => errors.push(`${request.url()}: ${request.failure()?.errorText}`))
  tab.on('response', (response) => response.status() >= 400 && errors.push(`${response.url()}: ${response.status()}`))
  return errors
}
