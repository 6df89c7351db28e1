import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, inject, onTestFinished } from 'vitest'
import { closeChromium, openChromium } from './engines/chromium.js'
import { closeFirefox, openFirefox } from './engines/firefox.js'
import { type Engine, executables } from './engines/installed.js'
import type { Browser, Page } from './engines/page.js'
import { openWebKit } from './engines/webkit.js'

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

/** One tab of a new browser. */
export async function openPage(): Promise<Page> {
  return (await openBrowser()).newPage()
}

afterAll(() => Promise.all([closeChromium(), closeFirefox()]))
