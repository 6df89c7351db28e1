import axe from 'axe-core'
import { describe, it } from 'vitest'
import { problemsInView } from '../example-page.js'
import { readerOfSite } from './chromium.js'
import { generated, notThere, written } from './pages.js'

const open = readerOfSite()

/** A phone shows other controls than a desktop, so each rule is asked at each width. */
const views = [
  { width: 1280, scheme: 'light' },
  { width: 1280, scheme: 'dark' },
  { width: 390, scheme: 'dark' },
  { width: 390, scheme: 'light' },
]

/** All that is not the same in the dark: what depends on a colour, asked of one text of each look. */
const inTheDark = { rules: ['color-contrast', 'link-in-text-block'], at: '[data-look]' }

describe.concurrent('on a desktop and on a phone, light and dark, can be used by everybody', () => {
  it.for([...written, ...generated, notThere])('%s', async (path, { expect }) => {
    const { page, status, errors, leave } = await open(path)
    const { tab } = page
    await tab.evaluate(axe.source)
    await tab.evaluate(keepOneTokenOfEachColour)
    const problems: string[] = []
    for (const { width, scheme } of views) {
      const isDark = scheme === 'dark'
      await tab.setViewport({ width, height: 800 })
      await tab.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }])
      await page.until((isDark) => {
        const isShown = document.querySelector('#app')?.hasChildNodes() // 404.html comes empty.
        return isShown === true && document.documentElement.classList.contains('dark') === isDark
      }, isDark)
      if (isDark) await tab.evaluate(markOneTextOfEachLook)
      problems.push(...(await problemsInView(tab, `${width}-${scheme}`, isDark ? inTheDark : undefined)))
    }
    expect([...errors, ...problems]).toEqual([])
    expect(status).toBe(path === notThere ? 404 : 200)
    leave()
  })
})

/** Two texts have one look where their font, their colour, the colour around them and all that lies under them are the same. */
function markOneTextOfEachLook(): void {
  const under = new Map<Element | null, string>([[null, '']])
  const underOf = (element: Element | null): string => {
    const known = under.get(element)
    if (element === null || known !== undefined) return known ?? ''
    const { backgroundColor, backgroundImage, opacity, filter } = getComputedStyle(element)
    const isClear = backgroundColor === 'rgba(0, 0, 0, 0)' && backgroundImage === 'none' && opacity === '1'
    const own = isClear && filter === 'none' ? '' : `${[backgroundColor, backgroundImage, opacity, filter]}|`
    under.set(element, underOf(element.parentElement) + own)
    return underOf(element)
  }
  for (const marked of document.querySelectorAll('[data-look]')) marked.removeAttribute('data-look')
  const looks = new Map<string, Element>()
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement
    if (element === null || !texts.currentNode.nodeValue?.trim() || !element.checkVisibility()) continue
    const { color, fontSize, fontWeight, textDecorationLine, textShadow } = getComputedStyle(element)
    const around = element.parentElement && getComputedStyle(element.parentElement).color
    const look = [color, fontSize, fontWeight, textDecorationLine, textShadow, around, underOf(element)]
    looks.set(look.join(), looks.get(look.join()) ?? element)
  }
  for (const element of looks.values()) element.setAttribute('data-look', '')
}

/** Code has thousands of tokens in a few colours, and lines without any. One of each is as readable as all. */
function keepOneTokenOfEachColour(): void {
  const seen = new Set<string | null>()
  for (const token of document.querySelectorAll('pre span[style]')) {
    const colours = token.getAttribute('style')
    if (seen.has(colours)) token.replaceWith(...token.childNodes)
    seen.add(colours)
  }
  for (const line of document.querySelectorAll('pre span[class=line]:not(:has(span))')) {
    line.replaceWith(...line.childNodes)
  }
}
