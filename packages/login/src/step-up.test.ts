import { describe, expect, it } from 'vitest'
import type { Browser } from './testing/browser.js'
import { type Site, site, type User, userOf } from './testing/site.js'

const isFresh = (browser: Browser<User>, seconds: number, factor?: string): Promise<boolean> =>
  browser.visit((auth) => auth.isFresh(seconds, factor))

async function signedIn(of: Site, options = {}): Promise<Browser<User>> {
  const browser = of.browser()
  await browser.visit((auth) => auth.signIn(userOf(of, 'ada'), options))
  return browser
}

describe('step-up', () => {
  it('is not needed within so many seconds of a sign-in, to the second', async () => {
    const of = site()
    const browser = await signedIn(of)
    of.wait(300)
    expect(await isFresh(browser, 300)).toBe(true)
    of.wait(1)
    expect(await isFresh(browser, 300)).toBe(false)
  })

  it('is needed where the sign-in is more than a minute ahead, since the clock was set back', async () => {
    const of = site()
    const browser = await signedIn(of, { factor: 'password' })
    of.wait(-60)
    expect([await isFresh(browser, 300), await isFresh(browser, 300, 'password')]).toEqual([true, true])
    of.wait(-1)
    expect([await isFresh(browser, 300), await isFresh(browser, 300, 'password')]).toEqual([false, false])
    await browser.visit((auth) => auth.confirm('passkey'))
    expect([await isFresh(browser, 300), await isFresh(browser, 300, 'password')]).toEqual([true, false])
  })

  it('gives a new id, notes the time, and moves no absolute limit', async () => {
    const of = site()
    const browser = await signedIn(of)
    const old = of.browser()
    old.cookie = browser.cookie
    of.wait(1000)
    of.told()
    await browser.visit((auth) => auth.confirm('password'))
    expect(of.events).toMatchObject([{ type: 'confirmed', userId: 'ada', factors: ['password'] }])
    expect(browser.cookie).not.toBe(old.cookie)
    expect(await old.visit((auth) => auth.userId())).toBeUndefined()
    expect(await isFresh(browser, 1)).toBe(true)
    const [info] = await of.sessions.listByOwner('ada')
    expect(info?.createdAt).toBe(Date.UTC(2030, 0, 1))
  })

  it('keeps what else the session holds', async () => {
    const of = site()
    const browser = await signedIn(of)
    await browser.visit(async (_auth, request) => {
      ;(await of.sessions.write(request)).set('note', 'a draft')
    })
    await browser.visit((auth) => auth.confirm('password'))
    expect((await of.sessions.read(browser.request())).get('note')).toBe('a draft')
  })

  it('tells factors apart', async () => {
    const of = site()
    const browser = await signedIn(of, { factor: 'password' })
    expect([await isFresh(browser, 60, 'password'), await isFresh(browser, 60, 'passkey')]).toEqual([true, false])
    of.wait(100)
    await browser.visit((auth) => auth.confirm(['passkey', 'totp']))
    expect(await isFresh(browser, 60, 'passkey')).toBe(true)
    expect(await isFresh(browser, 60, 'totp')).toBe(true)
    expect(await isFresh(browser, 60, 'password')).toBe(false)
    expect(await isFresh(browser, 100, 'password')).toBe(true)
  })

  it('has factors of any name', async () => {
    const of = site()
    const browser = await signedIn(of, { factor: '__proto__' })
    expect(await isFresh(browser, 60, '__proto__')).toBe(true)
    expect(await isFresh(browser, 60, 'constructor')).toBe(false)
  })

  it('is what alone makes a remembered session fresh', async () => {
    const of = site()
    const browser = await signedIn(of, { remember: true, factor: 'password' })
    expect(await isFresh(browser, 60)).toBe(false)
    expect(await isFresh(browser, 60, 'password')).toBe(false)
    await browser.visit((auth) => auth.confirm('password'))
    expect(await isFresh(browser, 60)).toBe(true)
  })

  it('is not taken for proven where the option is written wrong', async () => {
    const of = site()
    const browser = of.browser()
    await browser.visit((auth) => auth.signIn(userOf(of, 'ada')))
    for (const options of [{ prooven: true }, null]) {
      await expect(browser.visit((auth) => auth.isFresh(60, undefined, options as never))).rejects.toThrow(/isFresh/)
    }
  })

  it('never makes an impersonated session fresh', async () => {
    const of = site()
    const browser = await signedIn(of, { factor: 'password' })
    await browser.visit((auth) => auth.impersonate(userOf(of, 'bob')))
    expect(await isFresh(browser, 60)).toBe(false)
    await browser.visit(async (auth) => {
      await expect(auth.confirm('password')).rejects.toMatchObject({ code: 'ERR_LOGIN_IMPERSONATING' })
    })
  })

  it('is nothing for nobody', async () => {
    const of = site()
    await of.browser().visit(async (auth) => {
      expect(await auth.isFresh(60)).toBe(false)
      await expect(auth.confirm('password')).rejects.toMatchObject({ code: 'ERR_LOGIN_REQUIRED' })
    })
  })

  it('is nothing for a session whose credential has changed', async () => {
    const of = site()
    const browser = await signedIn(of)
    userOf(of, 'ada').passwordHash = 'another'
    expect(await isFresh(browser, 60)).toBe(false)
  })

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, '60', 1e12])('refuses %s as seconds', async (seconds) => {
    const of = site()
    const browser = await signedIn(of)
    await expect(isFresh(browser, seconds as number)).rejects.toThrow(/^fetch-sessions: isFresh: seconds/)
  })
})
