import axe from 'axe-core'
import { describe, it } from 'vitest'
import { problemsInView } from '../example-page.js'
import { readerOfSite } from './chromium.js'
import { generated, written } from './pages.js'

const open = readerOfSite()

/** All that depends on a colour. The rest is the same in the dark. */
const ofColours = ['color-contrast', 'link-in-text-block']

describe.concurrent('on a desktop and on a phone, light and dark, can be used by everybody', () => {
  it.for([...written, ...generated])('%s', async (path, { expect }) => {
    const { page, errors } = await open(path)
    const { tab } = page
    await tab.evaluate(axe.source)
    await tab.evaluate(keepOneTokenOfEachColour)
    const problems: string[] = []
    for (const width of [1280, 390]) {
      await tab.setViewport({ width, height: 800 })
      for (const scheme of ['light', 'dark']) {
        await tab.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }])
        await page.until((dark) => document.documentElement.classList.contains('dark') === dark, scheme === 'dark')
        problems.push(...(await problemsInView(tab, `${width}-${scheme}`, scheme === 'dark' ? ofColours : undefined)))
      }
    }
    await page.close()
    expect([...errors, ...problems]).toEqual([])
  })
})

/** Code has thousands of tokens in a few colours. One of each is as readable as all. */
function keepOneTokenOfEachColour(): void {
  const seen = new Set<string | null>()
  for (const token of document.querySelectorAll('pre span[style]')) {
    const colours = token.getAttribute('style')
    if (seen.has(colours)) token.replaceWith(...token.childNodes)
    seen.add(colours)
  }
}
