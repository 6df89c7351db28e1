import { describe, expect, it } from 'vitest'
import type { PuppeteerPage } from '../engines/puppeteer.js'
import { readerOfSite } from './chromium.js'

const open = readerOfSite()

/** The text of what an address leads to: the section of its anchor, or the whole page. */
async function answerAt(page: PuppeteerPage, path: string): Promise<string> {
  await page.until(
    (path) => location.pathname + location.hash === path && document.querySelector('main h1') !== null,
    path,
  )
  return page.evaluate(() => {
    const heading = location.hash === '' ? null : document.getElementById(location.hash.slice(1))
    if (heading === null) return location.hash === '' ? (document.querySelector('main')?.textContent ?? '') : ''
    let text = ''
    for (let node: Element | null = heading; node !== null; node = node.nextElementSibling) {
      if (node !== heading && /^H[1-3]$/.test(node.tagName) && node.tagName <= heading.tagName) break
      text += node.textContent
    }
    return text
  })
}

describe('what people ask first is answered one click from the start page', () => {
  it.each([
    ['"remember me"', '/expiry#remember-me-and-back', 'setLifetime('],
    ['sign out everywhere', '/administration#the-sessions-of-an-owner', 'destroyByOwner('],
    ['behind a proxy', '/proxies#behind-a-proxy-that-speaks-https', 'Nothing to set'],
    ['test an application', '/testing', 'signedInRequest('],
    ['Next.js', '/next', 'sessions.action('],
    ['Express', '/express-fastify-node', 'expressSession('],
    ['CSRF', '/cross-site#csrf', 'SameSite=Lax'],
    ['another library', '/moving-in', 'movingIn('],
    ['new each time', '/questions#why-is-my-session-new-each-time', 'MemoryStore'],
    ['Which store', '/stores#which-one-to-take', 'Redis'],
  ])('%s', async (question, path, answer) => {
    const { page, errors } = await open('/')
    await page.clickOn(
      (question) => [...document.querySelectorAll('main li > a')].find((link) => link.textContent?.includes(question)),
      question,
    )
    expect(await answerAt(page, path)).toContain(answer)
    expect(errors).toEqual([])
    await page.close()
  })
})

describe('the search, without a network, finds and opens', () => {
  it.each([
    ['remember me', '/expiry#remember-me-and-back'],
    ['behind a proxy', '/proxies#behind-a-proxy-that-speaks-https'],
    ['Express', '/express-fastify-node'],
  ])('%s', async (term, path) => {
    const { page, errors } = await open('/')
    await page.until(() => document.querySelector('.DocSearch-Button') !== null)
    await page.click('.DocSearch-Button')
    await page.until(() => document.activeElement?.id === 'localsearch-input')
    await page.type(term)
    await page.until(
      (path) =>
        [...document.querySelectorAll<HTMLAnchorElement>('a.result')].some((a) =>
          a.getAttribute('href')?.startsWith(path),
        ),
      path,
    )
    await page.clickOn(
      (path) => [...document.querySelectorAll('a.result')].find((a) => a.getAttribute('href')?.startsWith(path)),
      path,
    )
    await page.until((path) => (location.pathname + location.hash).startsWith(path), path)
    expect((await page.text('main h1')).length).toBeGreaterThan(3)
    expect(errors).toEqual([])
    await page.close()
  })
})
