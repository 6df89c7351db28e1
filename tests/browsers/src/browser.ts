import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { onTestFinished } from 'vitest'

const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium'

/** Playwright's own flags are left out: among other things they turn the back/forward cache off. */
const flags = [
  '--headless',
  '--no-sandbox', // The sandbox does not start as root. Only pages of these tests are opened.
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-features=HttpsUpgrades', // Else the tests of plain http first wait for https.
  '--host-resolver-rules=MAP * 127.0.0.1',
  '--remote-debugging-pipe',
]

/** A new profile: what a browser keeps on disk, with these settings. It is removed when the test ends. */
export async function newProfile(preferences: object = {}): Promise<string> {
  const profile = await mkdtemp(join(tmpdir(), 'fetch-sessions-profile-'))
  onTestFinished(() => rm(profile, { recursive: true, force: true, maxRetries: 5 }))
  await mkdir(join(profile, 'Default'))
  await writeFile(join(profile, 'Default', 'Preferences'), JSON.stringify(preferences))
  return profile
}

/** Chromium as a visitor has it, with a profile of its own. It is closed when the test ends. */
export async function openBrowser(profile?: string): Promise<BrowserContext> {
  if (!existsSync(executablePath)) {
    throw new Error(`No browser at ${executablePath}. Install Chromium, or set CHROMIUM_PATH to where it is.`)
  }
  const userDataDir = profile ?? (await newProfile())
  const browser = await chromium.launchPersistentContext(userDataDir, {
    executablePath,
    ignoreDefaultArgs: true,
    args: [...flags, `--user-data-dir=${userDataDir}`, 'about:blank'],
    ignoreHTTPSErrors: true,
  })
  onTestFinished(() => browser.close())
  return browser
}

/** One tab of a new browser. */
export async function openPage(): Promise<Page> {
  return (await openBrowser()).newPage()
}

/** Opens an address in a tab, and gives what the server answered. */
export async function visit(page: Page, url: string): Promise<string> {
  return (await page.goto(url))?.text() ?? ''
}

/** The back button. A page from the back/forward cache does not load again, so its load event is not waited for. */
export async function goBack(page: Page): Promise<void> {
  await page.goBack({ waitUntil: 'commit' })
  await page.waitForFunction(() => document.readyState === 'complete')
}
