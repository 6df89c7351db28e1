import { CookieStore, MemoryStore } from '@fetch-sessions/core'
import { describe, expect, it } from 'vitest'
import type { Browser } from './testing/browser.js'
import { type Site, site, type User, userOf } from './testing/site.js'

async function signedIn(of: Site, id = 'ada'): Promise<Browser<User>> {
  const browser = of.browser()
  await browser.visit((auth) => auth.signIn(userOf(of, id), { factor: 'password' }))
  of.wait(1)
  return browser
}

const whoIs = (browser: Browser<User>): Promise<string | undefined> =>
  browser.visit(async (auth) => (await auth.user())?.id)

const stores = {
  'a CookieStore': () => new CookieStore(),
  'a CookieStore with revocations': () => new CookieStore({ revocations: new MemoryStore(), maxStaleness: 0 }),
}

describe.each(Object.entries(stores))('with %s', (_name, store) => {
  it('signs in, remembers, confirms and signs out', async () => {
    const of = site({ store: store() })
    const browser = await signedIn(of)
    expect(await whoIs(browser)).toBe('ada')
    of.wait(100)
    const { cookie } = browser
    await browser.visit((auth) => auth.confirm('passkey'))
    expect(browser.cookie).not.toBe(cookie)
    expect(await browser.visit((auth) => auth.isFresh(60, 'passkey'))).toBe(true)
    await browser.visit((auth) => auth.signIn(userOf(of, 'bob'), { remember: true }))
    of.wait(29 * 86_400)
    expect(await whoIs(browser)).toBe('bob')
    await browser.visit((auth) => auth.signOut())
    expect([browser.cookie, await whoIs(browser)]).toEqual(['', undefined])
  })

  it('ends every other session at its next use where the credential changes', async () => {
    const of = site({ store: store() })
    const [here, there] = [await signedIn(of), await signedIn(of)]
    await here.visit(async (auth) => {
      await auth.user()
      userOf(of, 'ada').passwordHash = 'another'
      await auth.credentialChanged(userOf(of, 'ada'))
    })
    expect([await whoIs(here), await whoIs(there)]).toEqual(['ada', undefined])
    expect((await of.sessions.read(there.request())).size).toBe(0)
  })

  it('impersonates, comes back, and ends by itself', async () => {
    const of = site({ store: store() })
    const browser = await signedIn(of)
    await browser.visit((auth) => auth.impersonate(userOf(of, 'bob'), { seconds: 60 }))
    expect(await whoIs(browser)).toBe('bob')
    const copy = of.browser()
    copy.cookie = browser.cookie
    await browser.visit((auth) => auth.stopImpersonating())
    expect(await whoIs(browser)).toBe('ada')
    of.wait(61)
    expect([await whoIs(browser), await whoIs(copy)]).toEqual(['ada', undefined])
  })

  it('says what it can not', async () => {
    const of = site({ store: store() })
    const browser = await signedIn(of)
    const errors = await browser.visit((auth) =>
      Promise.all([
        auth.devices().catch((error: unknown) => error),
        auth.signOutDevice('x'.repeat(43)).catch((error: unknown) => error),
      ]),
    )
    for (const error of errors) expect(error).toMatchObject({ name: 'LoginError', code: 'ERR_LOGIN_UNSUPPORTED' })
    expect(await whoIs(browser)).toBe('ada')
  })
})

describe('with revocations', () => {
  it('a sign-in, a sign-out and a step-up end copies of the cookie', async () => {
    const of = site({ store: stores['a CookieStore with revocations']() })
    for (const end of ['signIn', 'confirm', 'signOut'] as const) {
      const browser = await signedIn(of)
      const copy = of.browser()
      copy.cookie = browser.cookie
      await browser.visit(async (auth) => {
        if (end === 'signIn') await auth.signIn(userOf(of, 'bob'))
        if (end === 'confirm') await auth.confirm('password')
        if (end === 'signOut') await auth.signOut()
      })
      expect(await whoIs(copy)).toBeUndefined()
    }
  })

  it('the others, and all, can be signed out, how many nobody knows', async () => {
    const of = site({ store: stores['a CookieStore with revocations']() })
    const [here, there] = [await signedIn(of), await signedIn(of)]
    expect(await here.visit((auth) => auth.signOutOthers())).toBeUndefined()
    expect([await whoIs(here), await whoIs(there)]).toEqual(['ada', undefined])
    const again = await signedIn(of)
    await here.visit((auth) => auth.signOutEverywhere())
    expect([await whoIs(here), await whoIs(again)]).toEqual([undefined, undefined])
  })
})

describe('without revocations', () => {
  it('nobody else can be signed out, and one’s own session ends all the same', async () => {
    const of = site({ store: new CookieStore() })
    const browser = await signedIn(of)
    const attempt = (how: 'signOutOthers' | 'signOutEverywhere'): Promise<unknown> =>
      browser.visit((auth) => auth[how]().catch((error: unknown) => error))
    expect(await attempt('signOutOthers')).toMatchObject({ code: 'ERR_LOGIN_UNSUPPORTED' })
    expect(await whoIs(browser)).toBe('ada')
    expect(await attempt('signOutEverywhere')).toMatchObject({ code: 'ERR_LOGIN_UNSUPPORTED' })
    expect([browser.cookie, await whoIs(browser)]).toEqual(['', undefined])
    expect(of.events.at(-1)).toMatchObject({ type: 'signed-out', from: 'here', userId: 'ada' })
  })
})
