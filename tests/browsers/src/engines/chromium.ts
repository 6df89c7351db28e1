import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import puppeteer, { type Browser as PuppeteerBrowser } from 'puppeteer-core'
import type { Browser } from './page.js'
import { PuppeteerContext } from './puppeteer.js'

/** Puppeteer's own flags are left out: a visitor's browser does not have them. */
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
  '--ignore-certificate-errors',
  '--remote-debugging-pipe',
]

/**
 * Device Bound Session Credentials, with keys of software. They are off where each certificate will do, so one alone does.
 * The limit of some six signatures in nine minutes is off, too.
 */
const deviceBoundFlags = (certificate: string): string[] => [
  '--enable-features=DeviceBoundSessions:RefreshQuota/false,EnableBoundSessionCredentialsSoftwareKeysForManualTesting',
  `--ignore-certificate-errors-spki-list=${certificate}`,
  ...flags.filter((flag) => flag !== '--ignore-certificate-errors'),
]

interface Settings {
  profile?: string
  thirdParties?: 'allowed' | 'blocked'
  deviceBound?: { certificate: string }
}

async function launch(executablePath: string, profile: string, flags: string[]): Promise<PuppeteerBrowser> {
  return puppeteer.launch({
    executablePath,
    pipe: true,
    ignoreDefaultArgs: true,
    defaultViewport: null,
    args: [...flags, `--user-data-dir=${profile}`, 'about:blank'],
  })
}

let shared: Promise<{ browser: PuppeteerBrowser; profile: string }> | undefined

async function launchShared(executablePath: string): Promise<{ browser: PuppeteerBrowser; profile: string }> {
  const profile = await mkdtemp(join(tmpdir(), 'fetch-sessions-profile-'))
  return { browser: await launch(executablePath, profile, flags), profile }
}

/**
 * One Chromium serves a whole file of tests, each in a context with cookies of its own, unless a test asks for a profile
 * or a setting. What the setting is by default differs: Debian's build blocks the cookies of third parties.
 */
export async function openChromium(
  executablePath: string,
  { profile, thirdParties, deviceBound }: Settings,
): Promise<Browser> {
  if (profile === undefined) {
    shared ??= launchShared(executablePath)
    const context = await (await shared).browser.createBrowserContext()
    return new PuppeteerContext(context, () => context.close())
  }
  if (thirdParties !== undefined) {
    const preferences = { profile: { cookie_controls_mode: thirdParties === 'allowed' ? 0 : 1 } }
    await mkdir(join(profile, 'Default'))
    await writeFile(join(profile, 'Default', 'Preferences'), JSON.stringify(preferences))
  }
  const chosen = deviceBound === undefined ? flags : deviceBoundFlags(deviceBound.certificate)
  return PuppeteerContext.ofBrowser(await launch(executablePath, profile, chosen))
}

export async function closeChromium(): Promise<void> {
  if (shared === undefined) return
  const { browser, profile } = await shared
  await browser.close()
  await rm(profile, { recursive: true, force: true, maxRetries: 5 })
}
