import { describe, expect, it } from 'vitest'
import { openBrowser, openPage, visit } from './browser.js'
import { countingApp } from './counting-app.js'
import { startSite } from './site.js'

describe('the default cookie, over https', () => {
  it('is stored, sent back, and removed at sign-out', async () => {
    const site = await startSite(countingApp())
    const browser = await openBrowser()
    const page = await browser.newPage()
    expect([await visit(page, site('shop.test', '/count')), await visit(page, site('shop.test', '/count'))]).toEqual([
      '1',
      '2',
    ])
    const [cookie, ...others] = await browser.cookies()
    expect(others).toEqual([])
    expect(cookie).toMatchObject({
      name: '__Host-sid',
      domain: 'shop.test',
      path: '/',
      secure: true,
      httpOnly: true,
      sameSite: 'Lax',
    })
    await visit(page, site('shop.test', '/sign-out'))
    expect(await browser.cookies()).toEqual([])
    expect(await visit(page, site('shop.test'))).toBe('0')
  })

  it('is not sent to a subdomain', async () => {
    const site = await startSite(countingApp())
    const page = await openPage()
    await visit(page, site('shop.test', '/count'))
    expect(await visit(page, site('www.shop.test'))).toBe('0')
  })

  it('can not be seen by a script, whereas one with httpOnly: false can', async () => {
    const page = await openPage()
    const cookieOf = async (httpOnly: boolean): Promise<string> => {
      const site = await startSite(countingApp({ cookie: { httpOnly } }))
      await visit(page, site(`${httpOnly}.test`, '/count'))
      expect(await visit(page, site(`${httpOnly}.test`))).toBe('1')
      return page.evaluate('document.cookie')
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
    for (const host of ['a.shop.test', 'b.shop.test', 'shop.test', 'workshop.test']) {
      visited.push(await visit(page, site(host, '/count')))
    }
    // The fourth answer tries to set a cookie for a domain that is not its own, and the browser refuses it.
    expect(visited).toEqual(['1', '2', '3', '1'])
    expect((await browser.cookies()).map(({ name, domain }) => [name, domain])).toEqual([
      ['__Secure-sid', '.shop.test'],
    ])
    await visit(page, site('b.shop.test', '/sign-out'))
    expect(await browser.cookies()).toEqual([])
    expect(await visit(page, site('a.shop.test'))).toBe('0')
  })
})

describe('over plain http', () => {
  const secondVisit = async (host: string, secure: boolean): Promise<string> => {
    const site = await startSite(countingApp({ cookie: { secure } }), 'http')
    const page = await openPage()
    await visit(page, site(host, '/count'))
    return visit(page, site(host, '/count'))
  }

  it.each([
    ['localhost', '2'],
    ['app.localhost', '2'],
    ['127.0.0.1', '2'],
    ['shop.test', '1'],
  ])('a Secure cookie of %s leads to visit number %s', async (host, visits) => {
    expect(await secondVisit(host, true)).toBe(visits)
  })

  it.each(['localhost', '127.0.0.1', 'shop.test'])('a cookie with secure: false works at %s', async (host) => {
    expect(await secondVisit(host, false)).toBe('2')
  })
})
