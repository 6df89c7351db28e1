import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, inject, onTestFinished } from 'vitest'
import { closeChromium, openChromium } from './engines/chromium.js'
import { closeFirefox, openFirefox } from './engines/firefox.js'
import { type Engine, executables } from './engines/installed.js'
import type { Browser, Page } from './engines/page.js'
import { openWebKit, startMiniBrowser } from './engines/webkit.js'
import { tour } from './site.js'

export type { Browser, Cookie, Page } from './engines/page.js'

/** The engine that this run is about: vitest.config.ts has a project for each. */
export const engine = process.env.ENGINE as Engine

/** What differs by engine, said side by side. */
export const inEngine = <Value>(each: Record<Engine, Value>): Value => each[engine]

/** What a browser keeps on disk. It is removed when the test ends. */
export async function newProfile(): Promise<string> {
  const profile = await mkdtemp(join(tmpdir(), 'fetch-sessions-profile-'))
  onTestFinished(() => rm(profile, { recursive: true, force: true, maxRetries: 5 }))
  return profile
}

interface Settings {
  /** What is kept on disk from one start to the next. WebKit forgets all when a driver has started it. */
  profile?: string
  /** Chromium only; the others have a rule of their own. */
  thirdParties?: 'allowed' | 'blocked'
  /** Chromium only, with a profile: it binds sessions of sites with this certificate to its device. */
  deviceBound?: { certificate: string }
}

/** A browser as a visitor has it, with cookies of its own. It is closed when the test ends. */
export async function openBrowser(settings: Settings = {}): Promise<Browser> {
  const browser = await {
    chromium: () => openChromium(executables.chromium, settings),
    firefox: () => openFirefox(executables.firefox, settings.profile),
    webkit: () => openWebKit(inject('webkit')),
  }[engine]()
  onTestFinished(() => browser.close())
  return browser
}

/** Starts the browser with a profile, opens some addresses in it, closes it, and gives what they showed. */
export async function visitAndClose(profile: string, urls: string[]): Promise<string[]> {
  if (engine === 'webkit') {
    const { start, answers } = tour(urls)
    const browser = startMiniBrowser(inject('webkit'), join(profile, 'cookies'), start)
    onTestFinished(() => browser.stop())
    const shown = await answers()
    await browser.stop()
    return shown
  }
  const browser = await openBrowser({ profile })
  const page = await browser.newPage()
  const shown = []
  for (const url of urls) shown.push(await page.visit(url))
  await browser.close()
  return shown
}

/** One tab of a new browser. */
export async function openPage(): Promise<Page> {
  return (await openBrowser()).newPage()
}

afterAll(() => Promise.all([closeChromium(), closeFirefox()]))
