import { describe, expect, it } from 'vitest'
import { readerOfSite } from './chromium.js'

const open = readerOfSite()

/** Whether this address is shown, and what it leads to says this: the section of its anchor, or the whole page. */
function says(path: string, answer: string): boolean {
  if (location.pathname + location.hash !== path) return false
  if (location.hash === '') return document.querySelector('main')?.textContent?.includes(answer) ?? false
  const heading = document.getElementById(location.hash.slice(1))
  for (let node: Element | null = heading; node !== null; node = node.nextElementSibling) {
    if (node !== heading && /^H[1-3]$/.test(node.tagName) && node.tagName <= (heading?.tagName ?? '')) return false
    if (node.textContent?.includes(answer)) return true
  }
  return false
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
    const { page, errors, leave } = await open('/')
    await page.clickOn(
      (question) => [...document.querySelectorAll('main li > a')].find((link) => link.textContent?.includes(question)),
      question,
    )
    await page.until(says, path, answer)
    expect(errors).toEqual([])
    leave()
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
