import { expect, it } from 'vitest'
import { counter } from '../../../examples/counter/src/app.js'
import { openBrowser, visit } from './browser.js'
import { countingApp } from './counting-app.js'
import { startSite } from './site.js'

/** Run in a tab: many requests, as many at a time as the browser sends. */
const countMany = async (times: number): Promise<number[]> => {
  const answers = await Promise.all(Array.from({ length: times }, () => fetch('/inc', { method: 'POST' })))
  return answers.map(({ status }) => status)
}

it('two tabs that count at once lose nothing', async () => {
  const site = await startSite(counter('s'.repeat(32)), 'http')
  const browser = await openBrowser()
  const tabs = [await browser.newPage(), await browser.newPage()]
  for (const tab of tabs) await visit(tab, site('localhost'))
  await tabs[0]?.click('text=Count up')
  const statuses = await Promise.all(tabs.map((tab) => tab.evaluate(countMany, 60)))
  expect(new Set(statuses.flat())).toEqual(new Set([200]))
  await tabs[1]?.reload()
  expect(await tabs[1]?.textContent('output')).toBe('121')
})

it('a session that one tab signs out of, in the midst of what another one writes, stays gone', async () => {
  const site = await startSite(countingApp())
  const browser = await openBrowser()
  const [writing, signingOut] = [await browser.newPage(), await browser.newPage()]
  await visit(writing, site('shop.test', '/count'))
  await visit(signingOut, site('shop.test'))
  const cookies = await browser.cookies()
  await Promise.all([
    writing.evaluate(async () => {
      await Promise.all(Array.from({ length: 60 }, () => fetch('/count', { method: 'POST' })))
    }),
    signingOut.evaluate(async () => {
      await fetch('/sign-out', { method: 'POST' })
    }),
  ])
  // What was counted later is in a new session. The old cookie leads to none.
  await browser.clearCookies()
  await browser.addCookies(cookies)
  expect(await visit(writing, site('shop.test'))).toBe('0')
})
