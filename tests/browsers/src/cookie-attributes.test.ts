import { describe, expect, it } from 'vitest'
import { inEngine, openBrowser, openPage } from './browser.js'
import { countingApp } from './counting-app.js'
import type { Host } from './hosts.js'
import { startSite } from './site.js'

describe('the default cookie, over https', () => {
  it('is stored, sent back, and removed at sign-out', async () => {
    const site = await startSite(countingApp())
    const browser = await openBrowser()
    const page = await browser.newPage()
    expect([await page.visit(site('shop.test', '/count')), await page.visit(site('shop.test', '/count'))]).toEqual([
      '1',
      '2',
    ])
    const [cookie, ...others] = await page.cookies()
    expect(others).toEqual([])
    expect(cookie).toMatchObject({
      name: '__Host-sid',
      domain: 'shop.test',
      path: '/',
      secure: true,
      httpOnly: true,
      sameSite: 'Lax',
    })
    await page.visit(site('shop.test', '/sign-out'))
    expect(await page.cookies()).toEqual([])
    expect(await page.visit(site('shop.test'))).toBe('0')
  })

  it('is not sent to a subdomain', async () => {
    const site = await startSite(countingApp())
    const page = await openPage()
    await page.visit(site('shop.test', '/count'))
    expect(await page.visit(site('www.shop.test'))).toBe('0')
  })

  it('can not be seen by a script, whereas one with httpOnly: false can', async () => {
    const page = await openPage()
    const cookieOf = async (httpOnly: boolean): Promise<string> => {
      const site = await startSite(countingApp({ cookie: { httpOnly } }))
      await page.visit(site(`${httpOnly}.test`, '/count'))
      expect(await page.visit(site(`${httpOnly}.test`))).toBe('1')
      return page.evaluate(() => document.cookie)
    }
    expect([await cookieOf(true), await cookieOf(false)]).toEqual(['', expect.stringMatching(/^__Host-sid=.{87}$/)])
  })
})

describe('a cookie with a domain', () => {
  it('is shared by its subdomains, kept from other sites, and removed for all of them', async () => {
    const site = await startSite(countingApp({ cookie: { domain: 'shop.test' } }))
    const browser = await openBrowser()
    const page = await browser.newPage()
    const visited = []
    for (const host of ['a.shop.test', 'b.shop.test', 'shop.test', 'workshop.test'] as const) {
      visited.push(await page.visit(site(host, '/count')))
    }
    // The fourth answer tries to set a cookie for a domain that is not its own, and the browser refuses it.
    expect([...visited, await page.cookies()]).toEqual(['1', '2', '3', '1', []])
    expect(await page.visit(site('b.shop.test'))).toBe('3')
    expect((await page.cookies()).map(({ name, domain }) => [name, domain])).toEqual([['__Secure-sid', '.shop.test']])
    await page.visit(site('b.shop.test', '/sign-out'))
    expect(await page.cookies()).toEqual([])
    expect(await page.visit(site('a.shop.test'))).toBe('0')
  })
})

describe('over plain http', () => {
  const secondVisit = async (host: Host, secure: boolean): Promise<string> => {
    const site = await startSite(countingApp({ cookie: { secure } }), 'http')
    const page = await openPage()
    await page.visit(site(host, '/count'))
    return page.visit(site(host, '/count'))
  }

  // WebKit keeps no Secure cookie that came over plain http, wherever it came from.
  it.each([
    ['localhost', inEngine({ chromium: '2', firefox: '2', webkit: '1' })],
    ['app.localhost', inEngine({ chromium: '2', firefox: '2', webkit: '1' })],
    ['127.0.0.1', inEngine({ chromium: '2', firefox: '2', webkit: '1' })],
    ['shop.test', '1'],
  ] as const)('a Secure cookie of %s leads to visit number %s', async (host, visits) => {
    expect(await secondVisit(host, true)).toBe(visits)
  })

  it.each(['localhost', '127.0.0.1', 'shop.test'] as const)('a cookie with secure: false works at %s', async (host) => {
    expect(await secondVisit(host, false)).toBe('2')
  })
})
