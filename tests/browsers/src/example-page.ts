import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import axe from 'axe-core'
import type { Page as Tab } from 'puppeteer-core'
import { engine, type Page } from './browser.js'
import { PuppeteerPage } from './engines/puppeteer.js'

const widths = [320, 390, 1280]

/**
 * What is wrong with the page that is shown, at each width, light and dark. SCREENSHOTS=folder keeps pictures of them.
 * Chromium is enough: what is asked of is the document and its style.
 */
export async function problemsOf(page: Page, name: string): Promise<string[]> {
  if (!(page instanceof PuppeteerPage) || engine !== 'chromium') return []
  const { tab } = page
  const folder = process.env.SCREENSHOTS
  if (folder !== undefined) await mkdir(folder, { recursive: true })
  await tab.evaluate(axe.source)
  const problems: string[] = []
  for (const scheme of ['light', 'dark']) {
    await tab.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }])
    for (const width of widths) {
      const view = `${name}-${width}-${scheme}`
      await tab.setViewport({ width, height: 800 })
      if (folder !== undefined)
        await tab.screenshot({ path: join(folder, `${view}.png`) as `${string}.png`, fullPage: true })
      problems.push(...(await problemsInView(tab, view)))
    }
  }
  if ((await page.count('script:not([src])')) > 0) problems.push(`${name}: an inline script`)
  return problems
}

/** A part of what axe looks at: these rules, at what this selector names. */
export interface Part {
  rules: string[]
  at: string
}

/** What is wrong with what a tab shows now, all of it or a part. `axe.source` has been evaluated there. */
export async function problemsInView(tab: Tab, view: string, part?: Part): Promise<string[]> {
  const options: axe.RunOptions = { resultTypes: ['violations'], ...(part && { runOnly: part.rules }) }
  const given = part === undefined ? [options] : [part.at, options]
  const { violations } = (await tab.evaluate(`axe.run(...${JSON.stringify(given)})`)) as axe.AxeResults
  const found = violations.map(({ id, nodes }) => `${view}: ${id} at ${nodes.map(({ html }) => html)}`)
  const isTooWide = await tab.evaluate(() => document.documentElement.scrollWidth > innerWidth)
  return isTooWide ? [`${view}: too wide`, ...found] : found
}

/** Presses a button that leads to a page, the same one perhaps. */
export function press(page: Page, button: string): Promise<void> {
  return leave(page, () => page.press(button))
}

/** Does what leads to a page, the same one perhaps, and waits for that. */
export async function leave(page: Page, lead: () => Promise<void>): Promise<void> {
  await page.evaluate(() => document.documentElement.setAttribute('data-left', ''))
  await lead()
  await page.until(() => document.readyState === 'complete' && !document.documentElement.hasAttribute('data-left'))
}

/** Follows the link with this text. */
export function follow(page: Page, link: string): Promise<void> {
  return leave(page, () =>
    page.clickOn((link) => [...document.querySelectorAll('a')].find((a) => a.textContent?.trim() === link), link),
  )
}
