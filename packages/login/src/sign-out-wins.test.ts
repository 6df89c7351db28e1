import { CookieStore, MemoryStore } from '@fetch-sessions/core'
import { describe, expect, it } from 'vitest'
import type { Auth } from './index.js'
import type { Browser } from './testing/browser.js'
import { type Site, type SiteOptions, site, type User, userOf } from './testing/site.js'

const who = (browser: Browser<User>): Promise<(string | undefined)[]> =>
  browser.visit(async (auth) => [(await auth.user())?.id, (await auth.actor())?.id])

/** Another tab of the same browser, with the cookie that it has now. */
function tabOf(of: Site, { cookie }: Browser<User>): Browser<User> {
  const tab = of.browser()
  tab.cookie = cookie
  return tab
}

const storesToTry: [string, () => SiteOptions][] = [
  ['a store', () => ({})],
  ['cookies with revocations', () => ({ store: new CookieStore({ revocations: new MemoryStore(), maxStaleness: 0 }) })],
]

/** How a session ends while a request of it is under way. */
const endings: [string, (of: Site, tab: Browser<User>) => Promise<unknown>][] = [
  ['signed out in another tab', (_of, tab) => tab.visit((auth) => auth.signOut())],
  ['signed out everywhere in another tab', (_of, tab) => tab.visit((auth) => auth.signOutEverywhere())],
  ['ended by `destroyByOwner`', (of) => of.sessions.destroyByOwner('ada')],
]

/** What goes on with the session under a new id. */
const works: [string, (auth: Auth<User>, of: Site) => Promise<unknown>][] = [
  ['a step-up', (auth) => auth.confirm('passkey')],
  ['an impersonation', (auth, of) => auth.impersonate(userOf(of, 'bob'))],
  ['a new credential', (auth, of) => changeCredential(auth, of)],
]

async function changeCredential(auth: Auth<User>, of: Site): Promise<void> {
  userOf(of, 'ada').passwordHash = 'another'
  await auth.credentialChanged(userOf(of, 'ada'))
}

describe.each(storesToTry)('with %s, a session that has been', (_store, options) => {
  describe.each(endings)('%s', (_end, end) => {
    it.each(works)('is not revived by %s that was under way', async (_work, work) => {
      const of = site(options())
      const browser = of.browser()
      await browser.visit((auth) => auth.signIn(userOf(of, 'ada')))
      of.wait(1)
      const tab = tabOf(of, browser)
      await browser.visit(async (auth) => {
        expect(await auth.user()).toBe(userOf(of, 'ada'))
        await end(of, tab)
        of.wait(1)
        await work(auth, of).catch(() => {})
      })
      expect([await who(browser), await who(tab)]).toEqual([
        [undefined, undefined],
        [undefined, undefined],
      ])
    })
  })
})

describe('a session that was emptied', () => {
  it.each(works)('in another tab is not revived by %s that was under way', async (_work, work) => {
    const of = site()
    const browser = of.browser()
    await browser.visit((auth) => auth.signIn(userOf(of, 'ada')))
    const tab = tabOf(of, browser)
    await browser.visit(async (auth) => {
      await auth.user()
      await tab.visit(async (_auth, request) => {
        ;(await of.sessions.write(request)).clear()
      })
      await work(auth, of).catch(() => {})
    })
    expect(await who(browser)).toEqual([undefined, undefined])
  })

  it.each(works)('in the same request is not revived by %s', async (_work, work) => {
    const of = site()
    const browser = of.browser()
    await browser.visit((auth) => auth.signIn(userOf(of, 'ada')))
    await browser.visit(async (auth, request) => {
      await auth.user()
      ;(await of.sessions.write(request)).clear()
      await work(auth, of).catch(() => {})
    })
    expect(await who(browser)).toEqual([undefined, undefined])
  })
})

describe('a credential that has changed', () => {
  it('ends the other sessions also where the own one was signed out meanwhile, and is no error', async () => {
    const of = site()
    const [here, there] = [of.browser(), of.browser()]
    for (const browser of [here, there]) await browser.visit((auth) => auth.signIn(userOf(of, 'ada')))
    const tab = tabOf(of, here)
    of.told()
    await here.visit(async (auth) => {
      await auth.user()
      await tab.visit((auth) => auth.signOut())
      await changeCredential(auth, of)
      expect(await auth.user()).toBeUndefined()
    })
    expect(of.told()).toEqual(['signed-out', 'credential-changed'])
    // By the session alone: nobody has compared the credential.
    expect(await there.visit((auth) => auth.userId())).toBeUndefined()
    expect(await of.sessions.listByOwner('ada')).toEqual([])
  })

  it('does not go on with a session that was found over before the change', async () => {
    const of = site()
    const browser = of.browser()
    await browser.visit((auth) => auth.signIn(userOf(of, 'ada')))
    // A change elsewhere, which this session has not noticed yet.
    userOf(of, 'ada').passwordHash = 'changed on another device'
    await browser.visit(async (auth) => {
      expect(await auth.user()).toBeUndefined()
      await changeCredential(auth, of)
    })
    expect(await who(browser)).toEqual([undefined, undefined])
  })

  it('goes on with a session that nobody has asked about in this request', async () => {
    const of = site()
    const browser = of.browser()
    await browser.visit((auth) => auth.signIn(userOf(of, 'ada')))
    await browser.visit((auth) => changeCredential(auth, of))
    expect(await who(browser)).toEqual(['ada', undefined])
  })
})
