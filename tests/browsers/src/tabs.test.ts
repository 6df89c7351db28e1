import { MemoryStore, session } from '@fetch-sessions/hono'
import { Hono } from 'hono'
import { expect, it } from 'vitest'
import { openBrowser } from './browser.js'
import { countingApp } from './counting-app.js'
import { secret } from './secret.js'
import { startSite } from './site.js'

/** Lets callers through by twos: the first waits for the second. */
function pairs(): () => Promise<void> {
  let letFirstGo: (() => void) | undefined
  return () =>
    new Promise((resolve) => {
      if (letFirstGo === undefined) {
        letFirstGo = resolve
        return
      }
      letFirstGo()
      letFirstGo = undefined
      resolve()
    })
}

it('two tabs that count at once, each at a server of its own, lose nothing', async () => {
  const store = new MemoryStore()
  const pair = pairs()
  const startServer = () =>
    startSite(
      new Hono()
        .use(session<{ count: number }>({ store, secret }))
        .get('/start', async (c) => c.text(String((await c.var.session.write()).update('count', () => 0))))
        .post('/count', async (c) => {
          const session = await c.var.session.write()
          await pair() // Now two requests hold the same state, and both change it.
          return c.text(String(session.update('count', (n = 0) => n + 1)))
        })
        .get('/', async (c) => c.text(String((await c.var.session.read()).get('count')))),
    )
  const [one, other] = [await startServer(), await startServer()]
  const browser = await openBrowser()
  const tabs = [await browser.newPage(), await browser.newPage()] as const
  // Cookies know no ports: both servers get the same one.
  await tabs[0].visit(one('shop.test', '/start'))
  await tabs[1].visit(other('shop.test'))
  const countMany = async (times: number): Promise<number[]> => {
    const answers = await Promise.all(Array.from({ length: times }, () => fetch('/count', { method: 'POST' })))
    return answers.map(({ status }) => status)
  }
  const statuses = await Promise.all(tabs.map((tab) => tab.evaluate(countMany, 40)))
  expect(new Set(statuses.flat())).toEqual(new Set([200]))
  expect(await tabs[1].visit(other('shop.test'))).toBe('80')
})

it('a session that one tab signs out of, in the midst of what another one writes, stays gone', async () => {
  const site = await startSite(countingApp())
  const browser = await openBrowser()
  const [writing, signingOut] = [await browser.newPage(), await browser.newPage()]
  await writing.visit(site('shop.test', '/count'))
  await signingOut.visit(site('shop.test'))
  const cookies = await writing.cookies()
  await Promise.all([
    writing.evaluate(async () => {
      await Promise.all(Array.from({ length: 60 }, () => fetch('/count', { method: 'POST' })))
    }),
    signingOut.evaluate(async () => {
      await fetch('/sign-out', { method: 'POST' })
    }),
  ])
  // What was counted later is in a new session. The old cookie leads to none.
  await writing.clearCookies()
  await writing.addCookies(cookies)
  expect(await writing.visit(site('shop.test'))).toBe('0')
})
