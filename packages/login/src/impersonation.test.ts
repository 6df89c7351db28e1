import { describe, expect, it } from 'vitest'
import type { Browser } from './testing/browser.js'
import { type Site, site, type User, userOf } from './testing/site.js'

const who = (browser: Browser<User>): Promise<(string | undefined)[]> =>
  browser.visit(async (auth) => [(await auth.user())?.id, (await auth.actor())?.id])

async function support(of: Site, options: { seconds?: number; keep?: string[] } = {}): Promise<Browser<User>> {
  const browser = of.browser()
  await browser.visit((auth) => auth.signIn(userOf(of, 'ada'), { factor: 'password' }))
  await browser.visit((auth) => auth.impersonate(userOf(of, 'bob'), options))
  return browser
}

describe('impersonation', () => {
  it('shows the user and who acts as the user, under a new id', async () => {
    const of = site()
    const browser = of.browser()
    await browser.visit((auth) => auth.signIn(userOf(of, 'ada')))
    const old = of.browser()
    old.cookie = browser.cookie
    await browser.visit((auth) => auth.impersonate(userOf(of, 'bob')))
    expect(await who(browser)).toEqual(['bob', 'ada'])
    expect(await who(old)).toEqual([undefined, undefined])
  })

  it('ends after its own time, and then nobody is signed in', async () => {
    const of = site()
    const browser = await support(of, { seconds: 600 })
    of.wait(599)
    expect(await who(browser)).toEqual(['bob', 'ada'])
    of.wait(1)
    expect(await who(browser)).toEqual([undefined, undefined])
  })

  it('comes back to the lifetime that the session had of its own', async () => {
    const of = site()
    const browser = of.browser()
    await browser.visit((auth) => auth.signIn(userOf(of, 'ada')))
    const handler = (request: Request): Promise<Response> =>
      of.sessions.handle(request, async () => {
        ;(await of.sessions.open(request).write()).setLifetime({ absoluteTimeout: 900 })
        return new Response()
      })
    await browser.fetch(handler)
    await browser.visit((auth) => auth.impersonate(userOf(of, 'bob')))
    await browser.visit((auth) => auth.stopImpersonating())
    expect(await who(browser)).toEqual(['ada', undefined])
    of.wait(900)
    expect(await who(browser)).toEqual([undefined, undefined])
  })

  it('comes back as who one is, under a new id, with the times and the lifetime of before', async () => {
    const of = site()
    const browser = of.browser()
    await browser.visit((auth) => auth.signIn(userOf(of, 'ada'), { remember: true }))
    await browser.visit((auth) => auth.confirm('passkey'))
    of.wait(100)
    await browser.visit((auth) => auth.impersonate(userOf(of, 'bob'), { seconds: 600 }))
    of.wait(100)
    const { cookie } = browser
    expect((await browser.visit((auth) => auth.stopImpersonating()))?.id).toBe('ada')
    expect(browser.cookie).not.toBe(cookie)
    expect(await who(browser)).toEqual(['ada', undefined])
    expect(await browser.visit((auth) => auth.isFresh(200, 'passkey'))).toBe(true)
    const [info] = await of.sessions.listByOwner('ada')
    expect(info?.createdAt).toBe(Date.UTC(2030, 0, 1))
    of.wait(29 * 86_400)
    expect(await who(browser)).toEqual(['ada', undefined])
    of.wait(86_400)
    expect(await who(browser)).toEqual([undefined, undefined])
  })

  it('borrows no freshness: neither the user’s, nor the actor’s, whose own is as old as it was afterwards', async () => {
    const of = site()
    const bob = of.browser()
    const browser = await support(of, { seconds: 600 })
    of.wait(301)
    await bob.visit((auth) => auth.signIn(userOf(of, 'bob'), { factor: 'passkey' }))
    expect(await browser.visit(async (auth) => [await auth.isFresh(300), await auth.isFresh(300, 'passkey')])).toEqual([
      false,
      false,
    ])
    await browser.visit((auth) => auth.stopImpersonating())
    expect(await browser.visit(async (auth) => [await auth.isFresh(300), await auth.isFresh(301)])).toEqual([
      false,
      true,
    ])
  })

  it('takes nothing of the one to the other but what `keep` names', async () => {
    const of = site()
    const browser = of.browser()
    await browser.visit((auth) => auth.signIn(userOf(of, 'ada')))
    const note = (text: string): Promise<void> =>
      browser.visit(async (_auth, request) => {
        ;(await of.sessions.write(request)).set('note', text).set('cart', ['tea'])
      })
    await note('of ada')
    await browser.visit((auth) => auth.impersonate(userOf(of, 'bob'), { keep: ['cart'] }))
    const session = await of.sessions.read(browser.request())
    expect([session.get('note'), session.get('cart')]).toEqual([undefined, ['tea']])
    await note('of bob')
    await browser.visit((auth) => auth.stopImpersonating())
    expect((await of.sessions.read(browser.request())).get('note')).toBeUndefined()
  })

  it('is over once the actor may not sign in any more, and so is coming back', async () => {
    const of = site()
    const browser = await support(of)
    of.told()
    userOf(of, 'ada').passwordHash = 'another'
    expect(await browser.visit((auth) => auth.stopImpersonating())).toBeUndefined()
    expect(of.events).toMatchObject([{ type: 'ended', reason: 'actor', userId: 'bob', actorId: 'ada' }])
    expect(await who(browser)).toEqual([undefined, undefined])
  })

  it('does not come back to a session that is over by now', async () => {
    const of = site({ session: { absoluteTimeout: 3600, idleTimeout: 3600 } })
    const browser = of.browser()
    await browser.visit((auth) => auth.signIn(userOf(of, 'ada')))
    of.wait(3500)
    await browser.visit((auth) => auth.impersonate(userOf(of, 'bob'), { seconds: 3600 }))
    of.wait(1000)
    of.told()
    const back = browser.visit(async (auth) => [await auth.stopImpersonating(), await auth.user()])
    expect(await back).toEqual([undefined, undefined])
    expect(of.events).toMatchObject([{ type: 'ended', reason: 'actor', userId: 'bob', actorId: 'ada' }])
    expect([browser.cookie, await of.sessions.listByOwner('ada')]).toEqual(['', []])
  })

  it('is over once the credential of the user changes', async () => {
    const of = site()
    const browser = await support(of)
    userOf(of, 'bob').passwordHash = 'another'
    expect(await who(browser)).toEqual([undefined, undefined])
  })

  it('is ended by the actor’s sign-out everywhere, and not by the user’s', async () => {
    const of = site()
    const browser = await support(of)
    const bob = of.browser()
    await bob.visit((auth) => auth.signIn(userOf(of, 'bob')))
    await bob.visit((auth) => auth.signOutEverywhere())
    expect(await who(browser)).toEqual(['bob', 'ada'])
    const elsewhere = of.browser()
    await elsewhere.visit((auth) => auth.signIn(userOf(of, 'ada')))
    await elsewhere.visit((auth) => auth.signOutEverywhere())
    expect(await who(browser)).toEqual([undefined, undefined])
  })

  it('is in nobody’s list of devices', async () => {
    const of = site()
    await support(of)
    for (const id of ['ada', 'bob']) {
      const browser = of.browser()
      await browser.visit((auth) => auth.signIn(userOf(of, id)))
      expect(await browser.visit((auth) => auth.devices())).toMatchObject([{ isCurrent: true }])
    }
  })

  it('ends with a sign-out, which signs out the actor as well', async () => {
    const of = site()
    const browser = await support(of)
    await browser.visit((auth) => auth.signOut())
    expect([await who(browser), browser.cookie]).toEqual([[undefined, undefined], ''])
  })

  it('signs the user out everywhere for the user, and ends with it', async () => {
    const of = site()
    const bob = of.browser()
    await bob.visit((auth) => auth.signIn(userOf(of, 'bob')))
    const browser = await support(of)
    of.told()
    await browser.visit((auth) => auth.signOutEverywhere())
    expect(of.events).toMatchObject([{ type: 'signed-out', from: 'everywhere', userId: 'bob', actorId: 'ada' }])
    expect(await who(bob)).toEqual([undefined, undefined])
    expect(await who(browser)).toEqual([undefined, undefined])
  })

  it('is told with both ids', async () => {
    const of = site()
    const browser = await support(of, { seconds: 60 })
    await browser.visit((auth) => auth.stopImpersonating())
    expect(of.events.slice(1)).toMatchObject([
      { type: 'impersonation-started', userId: 'bob', actorId: 'ada', seconds: 60 },
      { type: 'impersonation-ended', userId: 'bob', actorId: 'ada' },
    ])
  })

  it('needs somebody, who acts as nobody else and is not that very user', async () => {
    const of = site()
    const fail = (browser: Browser<User>, id: string, options = {}): Promise<unknown> =>
      browser.visit((auth) => auth.impersonate(userOf(of, id), options).catch((error: unknown) => error))
    expect(await fail(of.browser(), 'bob')).toMatchObject({ code: 'ERR_LOGIN_REQUIRED' })
    const browser = await support(of)
    expect(await fail(browser, 'cid')).toMatchObject({ code: 'ERR_LOGIN_IMPERSONATING' })
    await browser.visit((auth) => auth.stopImpersonating())
    expect(await fail(browser, 'ada')).toBeInstanceOf(TypeError)
    expect(await fail(browser, 'bob', { seconds: -1 })).toBeInstanceOf(TypeError)
    expect(await fail(browser, 'bob', { minutes: 1 })).toBeInstanceOf(TypeError)
  })

  it('that is none can be stopped without harm', async () => {
    const of = site()
    const browser = of.browser()
    expect(await browser.visit((auth) => auth.stopImpersonating())).toBeUndefined()
    await browser.visit((auth) => auth.signIn(userOf(of, 'ada')))
    const { cookie } = browser
    expect((await browser.visit((auth) => auth.stopImpersonating()))?.id).toBe('ada')
    expect(browser.cookie).toBe(cookie)
  })

  it('gives way to a sign-in', async () => {
    const of = site()
    const browser = await support(of)
    await browser.visit((auth) => auth.signIn(userOf(of, 'cid')))
    expect(await who(browser)).toEqual(['cid', undefined])
  })
})
