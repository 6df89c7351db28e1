import type { SessionEvent } from '@fetch-sessions/hono'
import { type Context, Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { engine, openPage } from './browser.js'
import { countingApp } from './counting-app.js'
import { startSite } from './site.js'

/** A neighbour of the shop, under its domain, that answers with these cookies. */
const neighbour = (...cookies: string[]): Hono =>
  new Hono().get('/', (c: Context) => {
    for (const cookie of cookies) c.header('Set-Cookie', cookie, { append: true })
    return c.text('planted')
  })

/** The cookie value of a session that the shop itself has given to the attacker, who counted up to 1 in it. */
async function sessionOfAttacker(shopUrl: string): Promise<string> {
  const page = await openPage()
  await page.visit(shopUrl)
  return (await page.cookies())[0]?.value ?? ''
}

describe('what a subdomain plants for the parent domain', () => {
  it.each(['before', 'after'])(
    '%s the visitor’s first visit does not get in the way of __Host-sid, where the prefix means something',
    async (when) => {
      const shop = await startSite(countingApp())
      const planted = await sessionOfAttacker(shop('shop.test', '/count'))
      const attacker = await startSite(
        neighbour(
          `sid=${planted}; Domain=shop.test; Path=/; Secure`,
          `__Host-sid=${planted}; Domain=shop.test; Path=/; Secure`,
          `__Host-sid=${planted}; Domain=shop.test; Path=/count; Secure`,
          `__HOST-sid=${planted}; Domain=shop.test; Path=/; Secure`,
          `=__Host-sid=${planted}; Domain=shop.test; Path=/; Secure`,
        ),
      )
      const page = await openPage()
      if (when === 'before') await page.visit(attacker('evil.shop.test'))
      const counts = [await page.visit(shop('shop.test', '/count')), await page.visit(shop('shop.test', '/count'))]
      await page.visit(attacker('evil.shop.test'))
      counts.push(await page.visit(shop('shop.test', '/count')))
      // A 2 out of turn is the attacker's session. WebKitGTK's cookies come from libsoup, which knows no prefixes.
      const tossed = when === 'before' ? ['2', '3', '4'] : ['1', '2', '2']
      expect(counts).toEqual(engine === 'webkit' ? tossed : ['1', '2', '3'])
      if (engine === 'webkit') return
      const kept = (await page.cookies()).map(({ name, domain }) => `${name} of ${domain}`)
      expect(kept.sort()).toEqual(['__Host-sid of shop.test', 'sid of .shop.test'])
    },
  )

  it('with a signature that is wrong is passed over, under a name without the prefix as well', async () => {
    const shop = await startSite(countingApp({ cookie: { name: 'sid' } }))
    const forged = `${'A'.repeat(43)}.${'A'.repeat(43)}`
    const attacker = await startSite(
      // The longer path makes the browser send it first.
      neighbour(`sid=${forged}; Domain=shop.test; Path=/count; Secure`, 'sid=rubbish; Domain=shop.test; Secure'),
    )
    const page = await openPage()
    await page.visit(attacker('evil.shop.test'))
    const counts = [await page.visit(shop('shop.test', '/count')), await page.visit(shop('shop.test', '/count'))]
    expect(counts).toEqual(['1', '2'])
  })

  it('is the session that counts if it is genuine, comes first and has no prefix to keep it out; an event tells', async () => {
    const events: SessionEvent[] = []
    const shop = await startSite(countingApp({ cookie: { name: 'sid' }, onEvent: (event) => events.push(event) }))
    const planted = await sessionOfAttacker(shop('shop.test', '/count'))
    const attacker = await startSite(neighbour(`sid=${planted}; Domain=shop.test; Path=/count; Secure`))
    const page = await openPage()
    for (let visits = 0; visits < 5; visits++) await page.visit(shop('shop.test', '/count'))
    await page.visit(attacker('evil.shop.test'))
    expect(await page.visit(shop('shop.test', '/count'))).toBe('2')
    expect(events).toContainEqual(expect.objectContaining({ type: 'rejected', reason: 'duplicate' }))
  })
})
