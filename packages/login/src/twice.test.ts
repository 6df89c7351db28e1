import { MemoryStore } from '@fetch-sessions/core'
import { describe, expect, it } from 'vitest'
import type { Auth } from './index.js'
import type { Browser } from './testing/browser.js'
import { type Site, type SiteOptions, site, type User, userOf } from './testing/site.js'

const who = (browser: Browser<User>): Promise<(string | undefined)[]> =>
  browser.visit(async (auth) => [(await auth.user())?.id, (await auth.actor())?.id])

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Another request of the same browser, with the cookie that it has now. */
const tabOf = (of: Site, { cookie }: Browser<User>): Browser<User> => Object.assign(of.browser(), { cookie })

async function signedIn(of: Site): Promise<Browser<User>> {
  const browser = of.browser()
  await browser.visit((auth) => auth.signIn(userOf(of, 'ada'), { factor: 'password' }))
  of.wait(1)
  return browser
}

async function guest(of: Site): Promise<Browser<User>> {
  const browser = of.browser()
  await browser.visit(async (_auth, request) => {
    ;(await of.sessions.write(request)).set('cart', ['tea'])
  })
  return browser
}

async function acting(of: Site): Promise<Browser<User>> {
  const browser = await signedIn(of)
  await browser.visit((auth) => auth.impersonate(userOf(of, 'bob')))
  of.wait(1)
  return browser
}

type Act = (auth: Auth<User>, of: Site, index?: number) => Promise<unknown>

interface Form {
  readonly options: SiteOptions
  readonly before: (of: Site) => Promise<Browser<User>>
  readonly act: Act
  /** Who is signed in then, and who acts as that one. */
  readonly outcome: (string | undefined)[]
}

const signIn: Act = (auth, of) => auth.signIn(userOf(of, 'ada'), { factor: 'password', keep: ['cart'] })

const forms: Record<string, Form> = {
  'a step-up': {
    options: {},
    before: signedIn,
    act: (auth) => auth.confirm('password'),
    outcome: ['ada', undefined],
  },
  'an impersonation': {
    options: {},
    before: signedIn,
    act: (auth, of) => auth.impersonate(userOf(of, 'bob')),
    outcome: ['bob', 'ada'],
  },
  'coming back': {
    options: {},
    before: acting,
    act: (auth) => auth.stopImpersonating(),
    outcome: ['ada', undefined],
  },
  'coming back, refuse': {
    options: { maxSessions: 1, whenFull: 'refuse' },
    before: acting,
    act: (auth) => auth.stopImpersonating(),
    outcome: ['ada', undefined],
  },
  ...Object.fromEntries(
    (['oldest-out', 'refuse'] as const).map((whenFull): [string, Form] => [
      `a sign-in, ${whenFull}`,
      { options: { maxSessions: 1, whenFull }, before: guest, act: signIn, outcome: ['ada', undefined] },
    ]),
  ),
  'a sign-in of who is signed in': {
    options: { maxSessions: 1, whenFull: 'refuse' },
    before: signedIn,
    act: signIn,
    outcome: ['ada', undefined],
  },
}

/** Requests of one form, of which each has loaded the session before any goes on. */
async function sendAll(of: Site, browsers: Browser<User>[], act: Act): Promise<void> {
  let allHaveCome = (): void => {}
  const coming = new Promise<void>((resolve) => {
    allHaveCome = resolve
  })
  let count = 0
  await Promise.all(
    browsers.map((browser, index) =>
      browser.visit(async (auth, request) => {
        await auth.user()
        await of.sessions.read(request)
        if (++count === browsers.length) allHaveCome()
        await coming
        await act(auth, of, index)
      }),
    ),
  )
}

describe.each(Object.entries(forms))('a form that is sent twice: %s', (what, { options, before, act, outcome }) => {
  const checks = async (of: Site, answers: Browser<User>[]): Promise<void> => {
    expect(new Set(answers.map(({ cookie }) => cookie)).size).toBe(1)
    expect(await Promise.all(answers.map(who))).toEqual(answers.map(() => outcome))
    expect(await of.sessions.listByOwner('ada')).toHaveLength(1)
    const [answer] = answers
    if (what === 'a step-up') {
      expect(await answer?.visit((auth) => auth.isFresh(0.5, 'password'))).toBe(true)
    }
    if (outcome[1] === undefined) expect(await answer?.visit((auth) => auth.devices())).toHaveLength(1)
  }

  it.each([2, 5])('has the same cookie in each answer: %i times', async (times) => {
    const of = site(options)
    const browser = await before(of)
    const { cookie } = browser
    of.told()
    const answers = Array.from({ length: times }, () => tabOf(of, browser))
    await sendAll(of, answers, act)
    expect(of.told()).toHaveLength(1)
    await checks(of, answers)
    expect(answers[0]?.cookie).not.toBe(cookie)
  })

  it('has it also where the second is sent once the first is done', async () => {
    const of = site(options)
    const [first, second] = [await before(of), of.browser()]
    second.cookie = first.cookie
    await second.visit(async (auth) => {
      await auth.user()
      await first.visit((auth) => act(auth, of))
      of.wait(0.1)
      await act(auth, of)
    })
    await checks(of, [first, second])
  })

  // On Workers, where no sign-in waits for another one's, a slower store has one be told to try again.
  const delays = what.startsWith('a sign-in') ? [20] : [20, 200]
  it.each(delays)('has it also where the store is slow with each new session: %i ms', async (ms) => {
    const store = new MemoryStore()
    const of = site({ ...options, store })
    const browser = await before(of)
    const { create } = store
    Object.assign(store, {
      create: async (...args: Parameters<typeof create>) => {
        await sleep(ms)
        return create.apply(store, args)
      },
    })
    const answers = [tabOf(of, browser), tabOf(of, browser)]
    await sendAll(of, answers, act)
    await checks(of, answers)
  })

  it('has it also where the one that came first fails', async () => {
    const store = new MemoryStore()
    const of = site({ ...options, store })
    const browser = await before(of)
    const answers = [tabOf(of, browser), tabOf(of, browser)]
    await sendAll(of, answers, async (auth, _of, index) => {
      await act(auth, of)
      if (index === 0) throw new Error('after it was stored')
    }).catch(() => {})
    await sleep(500)
    expect(await Promise.all(answers.slice(1).map(who))).toEqual([outcome])
  })

  // Who has shown nothing does it in nobody's place.
  if (!/impersonation|coming back/.test(what)) {
    it('is done by the second where the store fails the first', async () => {
      const store = new MemoryStore()
      const of = site({ ...options, store })
      const browser = await before(of)
      const { create } = store
      const answers = [tabOf(of, browser), tabOf(of, browser)]
      let isFailing = true
      Object.assign(store, {
        create: async (...args: Parameters<typeof create>) => {
          // The first one to store who is signed in from now on, after it has taken the session.
          const isSecond = args[1].data.includes('"id"') && (await store.listByOwner('ada')).length > 1
          if (isFailing && (isSecond || what.startsWith('a sign-in'))) {
            isFailing = false
            throw new Error('down')
          }
          return create.apply(store, args)
        },
      })
      const outcomes = await Promise.allSettled(answers.map((one) => sendAll(of, [one], act)))
      const done = answers.filter((_, index) => outcomes[index]?.status === 'fulfilled')
      expect(done.length).toBeGreaterThan(0)
      expect(await Promise.all(done.map(who))).toEqual(done.map(() => outcome))
    })
  }

  it('leads no cookie of before anywhere that comes alone, or asks for nothing', async () => {
    const of = site(options)
    const browser = await before(of)
    const [first, second, thief, late] = [1, 2, 3, 4].map(() => tabOf(of, browser)) as [
      Browser<User>,
      Browser<User>,
      Browser<User>,
      Browser<User>,
    ]
    const { cookie } = browser
    await thief.visit(async (auth) => {
      await auth.user()
      await sendAll(of, [first, second], act)
    })
    expect(await who(late)).toEqual([undefined, undefined])
    await late.visit((auth) => auth.confirm('password').catch(() => {}))
    expect([thief.cookie, late.cookie]).toEqual([cookie, cookie])
    expect(await who(thief)).toEqual([undefined, undefined])
  })
})

describe('a request that another one of the browser has overtaken', () => {
  const others: [string, Act, Act][] = [
    ['an impersonation, a step-up', (auth, of) => auth.impersonate(userOf(of, 'bob')), (auth) => auth.confirm('totp')],
    ['a step-up, one by another factor', (auth) => auth.confirm('password'), (auth) => auth.confirm('totp')],
  ]

  it.each(others)('gains nothing of what it has not proven: %s', async (_what, act, other) => {
    const of = site()
    const [browser, tab] = [await signedIn(of), of.browser()]
    tab.cookie = browser.cookie
    const { cookie } = browser
    await browser.visit(async (auth) => {
      await auth.user()
      await tab.visit((auth) => other(auth, of))
      await act(auth, of).catch((error) => expect(error).toMatchObject({ code: 'ERR_LOGIN_REQUIRED' }))
    })
    expect([browser.cookie, await who(tab)]).toEqual([cookie, ['ada', undefined]])
  })

  it('has a session of its own beside a remembered sign-in, which shows more than it has', async () => {
    const of = site({ maxSessions: 5 })
    const browser = await guest(of)
    const tab = tabOf(of, browser)
    await browser.visit(async (auth) => {
      await auth.user()
      const ada = userOf(of, 'ada')
      await tab.visit((auth) => auth.signIn(ada, { remember: true, factor: ['password', 'totp'] }))
      await auth.signIn(ada, { factor: 'password' })
    })
    expect([await who(browser), await who(tab)]).toEqual(Array(2).fill(['ada', undefined]))
    expect(browser.cookie).not.toBe(tab.cookie)
  })

  it('takes a place of its own, where the one that it was to have is kept by a step-up', async () => {
    const store = new MemoryStore()
    const of = site({ store, maxSessions: 1, whenFull: 'refuse' })
    const browser = await signedIn(of)
    const tab = tabOf(of, browser)
    const { create } = store
    let isFirst = true
    Object.assign(store, {
      create: async (...args: Parameters<typeof create>) => {
        // The place is found; the session of the sign-in is about to be stored.
        if (isFirst && args[1].data.includes('"totp"')) {
          isFirst = false
          await tab.visit((auth) => auth.confirm('password'))
        }
        return create.apply(store, args)
      },
    })
    await browser.visit(async (auth) => {
      const signingIn = auth.signIn(userOf(of, 'ada'), { factor: ['password', 'totp'] })
      await expect(signingIn).rejects.toMatchObject({ code: 'ERR_LOGIN_FULL' })
    })
    expect([isFirst, await who(tab)]).toEqual([false, ['ada', undefined]])
    expect(await of.sessions.listByOwner('ada')).toHaveLength(1)
  })

  it('is not led to the session of another user', async () => {
    const of = site({ maxSessions: 5 })
    const [browser, tab] = [await signedIn(of), of.browser()]
    tab.cookie = browser.cookie
    const { cookie } = browser
    await browser.visit(async (auth) => {
      await auth.user()
      await tab.visit((auth) => auth.signIn(userOf(of, 'bob')))
      // Elsewhere, the user has just shown it.
      await signedIn(of)
      await expect(auth.confirm('password')).rejects.toMatchObject({ code: 'ERR_LOGIN_REQUIRED' })
    })
    expect([browser.cookie, await who(tab)]).toEqual([cookie, ['bob', undefined]])
  })

  it('does not revive what was signed out since', async () => {
    const of = site({ maxSessions: 5 })
    const browser = await guest(of)
    const tab = tabOf(of, browser)
    await browser.visit(async (auth, request) => {
      await of.sessions.read(request)
      await tab.visit((auth) => signIn(auth, of))
      await tab.visit((auth) => auth.signOut())
      await expect(signIn(auth, of)).rejects.toMatchObject({ code: 'ERR_SESSION_DESTROYED' })
    })
    expect(await of.sessions.listByOwner('ada')).toEqual([])
  })
})

describe('a rotation by another request, whose old cookie leads on', () => {
  const works: [string, SiteOptions, (of: Site) => Promise<Browser<User>>, Act][] = [
    ['a step-up', {}, signedIn, (auth) => auth.confirm('totp')],
    ['an impersonation', {}, signedIn, (auth, of) => auth.impersonate(userOf(of, 'bob'))],
    ['a sign-in', { maxSessions: 5 }, guest, signIn],
  ]

  it.each(works)('does not lead it to %s', async (_what, options, before, act) => {
    const of = site(options)
    const browser = await before(of)
    const [thief, other] = [tabOf(of, browser), tabOf(of, browser)]
    await browser.visit(async (auth, request) => {
      await auth.user()
      await of.sessions.read(request)
      await thief.visit(async (_auth, request) => {
        ;(await of.sessions.write(request)).regenerate({ grace: 60 })
      })
      await act(auth, of)
    })
    expect(await Promise.all([thief, other].map(who))).toEqual([
      [undefined, undefined],
      [undefined, undefined],
    ])
    expect((await who(browser))[0]).toBeDefined()
    expect(await of.sessions.listByOwner('ada')).toHaveLength(1)
  })
})
