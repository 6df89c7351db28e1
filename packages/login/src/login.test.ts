import { describe, expect, it } from 'vitest'
import { site, userOf } from './testing/site.js'

describe('login', () => {
  it('knows nobody before a sign-in, and the user after it', async () => {
    const it = site()
    const browser = it.browser()
    expect(await browser.visit((auth) => auth.user())).toBeUndefined()
    await browser.visit((auth) => auth.signIn(userOf(it, 'ada')))
    expect(await browser.visit((auth) => auth.userId())).toBe('ada')
    expect(await browser.visit((auth) => auth.user())).toBe(userOf(it, 'ada'))
    await browser.visit((auth) => auth.signOut())
    expect(await browser.visit((auth) => auth.user())).toBeUndefined()
    expect(browser.cookie).toBe('')
    expect(it.told()).toEqual(['signed-in', 'signed-out'])
  })

  it('tells who signs in within the same request', async () => {
    const it = site()
    const [before, after] = await it.browser().visit(async (auth) => {
      const before = await auth.user()
      await auth.signIn(userOf(it, 'ada'))
      return [before, await auth.user()]
    })
    expect([before, after]).toEqual([undefined, userOf(it, 'ada')])
    expect(it.loaded).toEqual([])
  })

  it('signs out at the next use once the credential has changed, and lets sign in with that very request', async () => {
    const it = site()
    const browser = it.browser()
    await browser.visit((auth) => auth.signIn(userOf(it, 'ada')))
    const stolen = it.browser()
    stolen.cookie = browser.cookie
    userOf(it, 'ada').passwordHash = 'another'
    await browser.visit(async (auth) => {
      expect(await auth.user()).toBeUndefined()
      await auth.signIn(userOf(it, 'ada'))
    })
    expect(await browser.visit((auth) => auth.userId())).toBe('ada')
    expect(await stolen.visit((auth) => auth.userId())).toBeUndefined()
  })

  it('goes on after a change of the credential here, and nowhere else', async () => {
    const it = site()
    const [here, there] = [it.browser(), it.browser()]
    for (const browser of [here, there]) await browser.visit((auth) => auth.signIn(userOf(it, 'ada')))
    const before = here.cookie
    await here.visit(async (auth) => {
      const user = (await auth.user()) as { passwordHash: string } & ReturnType<typeof userOf>
      user.passwordHash = 'another'
      await auth.credentialChanged(user)
    })
    expect(here.cookie).not.toBe(before)
    expect(await here.visit((auth) => auth.userId())).toBe('ada')
    expect(await there.visit((auth) => auth.userId())).toBeUndefined()
  })

  it('impersonates and comes back', async () => {
    const it = site()
    const browser = it.browser()
    await browser.visit((auth) => auth.signIn(userOf(it, 'ada')))
    await browser.visit((auth) => auth.impersonate(userOf(it, 'bob'), { seconds: 600 }))
    const [user, actor] = await browser.visit(async (auth) => [await auth.user(), await auth.actor()])
    expect([user?.id, actor?.id]).toEqual(['bob', 'ada'])
    await browser.visit((auth) => auth.stopImpersonating())
    expect(await browser.visit(async (auth) => [(await auth.user())?.id, await auth.actor()])).toEqual([
      'ada',
      undefined,
    ])
  })

  it.each(['oldest-out', 'refuse'] as const)('holds its limit under parallel sign-ins: %s', async (whenFull) => {
    const it = site({ maxSessions: 3, whenFull })
    const browsers = Array.from({ length: 10 }, () => it.browser())
    const outcomes = await Promise.allSettled(
      browsers.map((browser) => browser.visit((auth) => auth.signIn(userOf(it, 'ada')))),
    )
    expect(await it.sessions.listByOwner('ada')).toHaveLength(3)
    const ids = await Promise.all(browsers.map((browser) => browser.visit((auth) => auth.userId())))
    expect(ids.filter((id) => id === 'ada')).toHaveLength(3)
    const refused = outcomes.filter(({ status }) => status === 'rejected')
    expect(refused).toHaveLength(whenFull === 'refuse' ? 7 : 0)
  })
})
