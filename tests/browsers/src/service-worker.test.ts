import { MemoryStore, session } from '@fetch-sessions/hono'
import { Hono } from 'hono'
import { expect, it } from 'vitest'
import { openPage } from './browser.js'
import { secret } from './secret.js'
import { type App, startSite } from './site.js'

/** Answers from its cache first, as offline-first recipes do. */
const worker = `
addEventListener('activate', (event) => event.waitUntil(clients.claim()))
addEventListener('fetch', (event) => {
  if (new URL(event.request.url).pathname !== '/account') return
  event.respondWith((async () => {
    const cache = await caches.open('pages')
    const kept = await cache.match(event.request)
    if (kept) return kept
    const answer = await fetch(event.request)
    await cache.put(event.request, answer.clone())
    return answer
  })())
})`

const appOf = (clear: string | undefined): App =>
  new Hono()
    .get('/worker.js', (c) => c.body(worker, 200, { 'Content-Type': 'text/javascript' }))
    .use(session<{ name: string }>({ store: new MemoryStore(), secret, cookie: { secure: false } }))
    .get('/', (c) => c.html('<h1>home</h1>'))
    .get('/sign-in', async (c) => {
      ;(await c.var.session.write()).set('name', 'Ada')
      return c.text('signed in')
    })
    .get('/account', async (c) =>
      c.text((await c.var.session.read()).get('name') ?? 'nobody', 200, { 'Cache-Control': 'no-store' }),
    )
    .get('/sign-out', async (c) => {
      ;(await c.var.session.write()).destroy()
      if (clear !== undefined) c.header('Clear-Site-Data', clear)
      return c.text('signed out')
    })

it.each([
  ['', undefined, 'Ada'],
  ['with Clear-Site-Data: ', '"storage"', 'nobody'],
])(
  'a page that a service worker keeps, no-store and Vary: Cookie as it is, after a sign-out %s%s is that of %s',
  async (_with, clear, name) => {
    const site = await startSite(appOf(clear), 'http')
    const page = await openPage()
    await page.visit(site('localhost'))
    await page.evaluate(async () => {
      const claimed = new Promise((resolve) => navigator.serviceWorker.addEventListener('controllerchange', resolve))
      await navigator.serviceWorker.register('/worker.js')
      await claimed
    })
    await page.visit(site('localhost', '/sign-in'))
    expect(await page.visit(site('localhost', '/account'))).toBe('Ada')
    await page.visit(site('localhost', '/sign-out'))
    expect(await page.visit(site('localhost', '/account'))).toBe(name)
  },
)
