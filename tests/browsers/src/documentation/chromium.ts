import type { Page as Tab } from 'puppeteer-core'
import { afterAll, beforeAll } from 'vitest'
import { closeChromium, openChromium } from '../engines/chromium.js'
import { executables } from '../engines/installed.js'
import type { Browser } from '../engines/page.js'
import type { PuppeteerPage } from '../engines/puppeteer.js'
import { serveDocumentation } from './served.js'

/** A page of the site in a tab. */
interface Read {
  page: PuppeteerPage
  /** The status of its address. */
  status: number | undefined
  /** What goes wrong there, as it goes on. */
  errors: string[]
  /** Leaves the tab to the next page: its scripts and files are loaded already. */
  leave(): void
}

/** Opens a path of the site. One Chromium serves a file of tests, with as many tabs as are read at once. */
export function readerOfSite(): (path: string) => Promise<Read> {
  const address = serveDocumentation()
  const left: Omit<Read, 'status'>[] = []
  let browser: Browser
  beforeAll(async () => {
    browser = await openChromium(executables.chromium, {})
  })
  afterAll(closeChromium)
  return async (path) => {
    const read = left.pop() ?? (await newTab(browser, () => left.push(read)))
    const { tab } = read.page
    await tab.setViewport({ width: 1280, height: 800 })
    await tab.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'light' }])
    read.errors.length = 0
    const response = await tab.goto(address(path))
    return { ...read, status: response?.status() }
  }
}

async function newTab(browser: Browser, leave: () => void): Promise<Omit<Read, 'status'>> {
  const page = (await browser.newPage()) as PuppeteerPage
  await page.tab.emulateFocusedPage(true) // A tab behind others draws nothing, and its timers are slow.
  return { page, errors: errorsOf(page.tab), leave }
}

/** What goes wrong in a tab from now on: errors of scripts, on the console, and what a page asks for and is not there. */
function errorsOf(tab: Tab): string[] {
  const errors: string[] = []
  const isAddress = (url: string | undefined): boolean => url === tab.url()
  tab.on('pageerror', (error) => errors.push(String(error)))
  tab.on('console', (message) => {
    const isStatus = message.text().startsWith('Failed to load resource') && isAddress(message.location().url)
    if (message.type() === 'error' && !isStatus) errors.push(message.text())
  })
  tab.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText
    if (reason !== 'net::ERR_ABORTED') errors.push(`${request.url()}: ${reason}`) // Else the tab has left its page.
  })
  tab.on('response', (response) => {
    const isPage = response.request().isNavigationRequest()
    if (response.status() >= 400 && !isPage) errors.push(`${response.url()}: ${response.status()}`)
  })
  return errors
}
