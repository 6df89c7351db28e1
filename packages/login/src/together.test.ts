import { MemoryStore, SessionManager } from '@fetch-sessions/core'
import { describe, expect, it } from 'vitest'
import { type Auth, createLogin } from './index.js'
import { isOver } from './notes-writer.js'
import type { Browser } from './testing/browser.js'
import { type Site, secret, site, type User, userOf } from './testing/site.js'

const whoIs = (browser: Browser<User>): Promise<string | undefined> =>
  browser.visit(async (auth) => (await auth.user())?.id)

async function signedIn(of: Site, options = {}): Promise<Browser<User>> {
  const browser = of.browser()
  await browser.visit((auth) => auth.signIn(userOf(of, 'ada'), options))
  of.wait(1)
  return browser
}

/** Another tab of the same browser, with the cookie that it has now. */
const tabOf = (of: Site, { cookie }: Browser<User>): Browser<User> => Object.assign(of.browser(), { cookie })

describe('a page that asks who is signed in while its user changes the password', () => {
  it('gets no cookie over the one of the change, and ends nothing of it', async () => {
    const of = site()
    const browser = await signedIn(of)
    await browser.visit(async (_auth, request) => {
      ;(await of.sessions.write(request)).set('cart', ['tea'])
    })
    const [poll, late] = [tabOf(of, browser), tabOf(of, browser)]
    const { cookie } = browser
    await browser.visit(async (auth) => {
      await auth.user()
      userOf(of, 'ada').passwordHash = 'another'
      expect([await whoIs(poll), await whoIs(late)]).toEqual([undefined, undefined])
      await auth.credentialChanged(userOf(of, 'ada'))
    })
    expect([poll.cookie, late.cookie]).toEqual([cookie, cookie])
    expect(await whoIs(browser)).toBe('ada')
    expect((await of.sessions.read(browser.request())).get('cart')).toEqual(['tea'])
    expect((await of.sessions.read(poll.request())).size).toBe(0)
    expect(of.told()).toEqual(['signed-in', 'ended', 'credential-changed'])
  })

  it.each([0, 10])('can sign in within the request that finds the sign-in over, after %i s', async (seconds) => {
    const of = site()
    const browser = await signedIn(of)
    userOf(of, 'ada').passwordHash = 'another'
    await whoIs(browser)
    of.wait(seconds)
    await browser.visit(async (auth) => {
      expect(await auth.user()).toBeUndefined()
      await auth.signIn(userOf(of, 'ada'))
    })
    expect(await whoIs(browser)).toBe('ada')
    expect(await of.sessions.listByOwner('ada')).toHaveLength(1)
  })

  it('is a guest after ten seconds, whose session keeps what its handler says', async () => {
    const of = site()
    const browser = await signedIn(of)
    userOf(of, 'ada').passwordHash = 'another'
    await whoIs(browser)
    of.wait(10)
    await browser.visit(async (auth, request) => {
      expect(await auth.user()).toBeUndefined()
      ;(await of.sessions.write(request)).set('note', 'You are signed out')
    })
    const session = await of.sessions.read(browser.request())
    expect([session.toJSON(), session.owner]).toEqual([{ note: 'You are signed out' }, undefined])
  })
})

describe('a page that finds a sign-in over while its user signs in anew', () => {
  const ends: [string, (of: Site, browser: Browser<User>) => Promise<unknown>][] = [
    ['the user is gone', async (of) => of.users.delete('ada')],
    [
      'the credential changed long ago',
      async (of, browser) => {
        userOf(of, 'ada').passwordHash = 'another'
        await whoIs(browser)
        of.wait(10)
      },
    ],
    [
      'the actor is gone',
      async (of, browser) => {
        await browser.visit((auth) => auth.impersonate(userOf(of, 'cid')))
        of.users.delete('ada')
      },
    ],
  ]

  it.each(ends)('gets no cookie over that of the sign-in: %s', async (_what, end) => {
    const of = site()
    const browser = await signedIn(of)
    await end(of, browser)
    const poll = tabOf(of, browser)
    const { cookie } = browser
    await poll.visit(async (auth, request) => {
      expect(await auth.user()).toBeUndefined()
      await browser.visit((auth) => auth.signIn(userOf(of, 'bob')))
      ;(await of.sessions.write(request)).set('note', 'You are signed out')
    })
    expect([poll.cookie, await whoIs(browser)]).toEqual([cookie, 'bob'])
    expect((await of.sessions.list()).sessions.map(({ owner }) => owner)).toEqual(['bob'])
  })

  it.each(ends)('can sign in itself, beside the other one: %s', async (_what, end) => {
    const of = site()
    const browser = await signedIn(of)
    await end(of, browser)
    const tab = tabOf(of, browser)
    await tab.visit(async (auth) => {
      expect(await auth.user()).toBeUndefined()
      await browser.visit((auth) => auth.signIn(userOf(of, 'bob')))
      await auth.signIn(userOf(of, 'cid'))
    })
    expect([await whoIs(browser), await whoIs(tab)]).toEqual(['bob', 'cid'])
  })

  it.each(ends)('leaves an old cookie that opens nothing, whoever has a copy: %s', async (_what, end) => {
    const of = site()
    const browser = await signedIn(of)
    await end(of, browser)
    const thief = tabOf(of, browser)
    const { cookie } = browser
    await whoIs(browser)
    await browser.visit(async (_auth, request) => {
      ;(await of.sessions.write(request)).set('note', 'of a guest')
    })
    expect(browser.cookie).not.toBe(cookie)
    for (const seconds of [0, 1, 60]) {
      of.wait(seconds)
      const seen = thief.visit(async (_auth, request) => (await of.sessions.read(request)).toJSON())
      expect([await seen, thief.cookie]).toEqual([{}, cookie])
    }
    expect((await of.sessions.read(browser.request())).get('note')).toBe('of a guest')
  })

  it('stores one empty session for all that come at the same moment', async () => {
    const of = site()
    const browser = await signedIn(of)
    of.users.delete('ada')
    const polls = Array.from({ length: 6 }, () => tabOf(of, browser))
    let allHaveFound = (): void => {}
    const finding = new Promise<void>((resolve) => {
      allHaveFound = resolve
    })
    let found = 0
    const poll = (tab: Browser<User>): Promise<void> =>
      tab.visit(async (auth) => {
        expect(await auth.user()).toBeUndefined()
        if (++found === polls.length) allHaveFound()
        await finding
      })
    await Promise.all(polls.map(poll))
    expect((await of.sessions.list()).sessions).toHaveLength(1)
    expect(polls.filter(({ cookie }) => cookie !== browser.cookie)).toHaveLength(1)
  })
})

/** Two sessions of one sign-in: a request that has loaded it gives it a new id right after a step-up has done so. */
async function twins(of: Site): Promise<[browser: Browser<User>, beside: Browser<User>]> {
  const browser = await signedIn(of)
  const beside = tabOf(of, browser)
  await beside.visit(async (_auth, request) => {
    const session = await of.sessions.write(request)
    await browser.visit((auth) => auth.confirm('password'))
    session.regenerate()
  })
  expect([await whoIs(browser), await whoIs(beside)]).toEqual(['ada', 'ada'])
  return [browser, beside]
}

describe('a step-up in two tabs', () => {
  it('goes on in the one whose session is stored first, by the cookie of either answer', async () => {
    const of = site()
    const browser = await signedIn(of)
    const tab = tabOf(of, browser)
    await browser.visit(async (auth, request) => {
      await auth.user()
      await tab.visit((auth) => auth.confirm('passkey'))
      await auth.confirm('passkey')
      expect(await auth.user()).toBe(userOf(of, 'ada'))
      ;(await of.sessions.write(request)).set('note', 'Thanks')
    })
    expect(browser.cookie).toBe(tab.cookie)
    expect((await of.sessions.read(tab.request())).get('note')).toBe('Thanks')
    expect(await tab.visit((auth) => auth.isFresh(60, 'passkey'))).toBe(true)
    expect(await of.sessions.listByOwner('ada')).toHaveLength(1)
    expect(of.told()).toEqual(['signed-in', 'confirmed'])
  })

  it('is an error where nobody of that sign-in is left', async () => {
    const of = site()
    const browser = await signedIn(of)
    const tab = tabOf(of, browser)
    await browser.visit(async (auth) => {
      await auth.user()
      await tab.visit((auth) => auth.signIn(userOf(of, 'bob')))
      await expect(auth.confirm('passkey')).rejects.toMatchObject({ code: 'ERR_LOGIN_REQUIRED' })
    })
    expect(await whoIs(tab)).toBe('bob')
  })

  it('leaves who was signed in where the store fails within it', async () => {
    const store = new MemoryStore()
    const of = site({ store })
    const browser = await signedIn(of)
    const { create } = store
    let calls = 0
    store.create = (id, record) => {
      if (++calls === 2) throw new Error('down')
      return create.call(store, id, record)
    }
    await browser.visit(async (auth) => {
      await expect(auth.confirm('passkey')).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
    })
    const seen = browser.visit(async (auth) => [(await auth.user())?.id, await auth.isFresh(60, 'passkey')])
    expect(await seen).toEqual(['ada', false])
  })
})

describe('an impersonation in two tabs', () => {
  it('begins in the one whose session is stored first, by the cookie of either answer', async () => {
    const of = site()
    const browser = await signedIn(of)
    const tab = tabOf(of, browser)
    await browser.visit(async (auth) => {
      await auth.user()
      await tab.visit((auth) => auth.impersonate(userOf(of, 'bob')))
      of.wait(1)
      await auth.impersonate(userOf(of, 'bob'))
      expect([await auth.user(), await auth.actor()]).toEqual([userOf(of, 'bob'), userOf(of, 'ada')])
    })
    expect([browser.cookie, await whoIs(tab)]).toEqual([tab.cookie, 'bob'])
    expect(await of.sessions.listByOwner('ada')).toHaveLength(1)
    expect(of.told()).toEqual(['signed-in', 'impersonation-started'])
  })

  it('begins where the other one has just taken the session, and has yet to store as whom it goes on', async () => {
    const store = new MemoryStore()
    const of = site({ store })
    const browser = await signedIn(of)
    const tab = tabOf(of, browser)
    const { create } = store
    let creates = 0
    let taken = (): void => {}
    const hasTaken = new Promise<void>((resolve) => {
      taken = resolve
    })
    Object.assign(store, {
      create: async (...args: Parameters<typeof create>) => {
        if (++creates === 2) {
          taken()
          await new Promise((resolve) => setTimeout(resolve, 10))
        }
        return create.apply(store, args)
      },
    })
    let beginning: Promise<void> | undefined
    await browser.visit(async (auth) => {
      await auth.user()
      beginning = tab.visit((auth) => auth.impersonate(userOf(of, 'bob')))
      await Promise.race([hasTaken, beginning])
      await auth.impersonate(userOf(of, 'bob'))
      expect(await auth.user()).toBe(userOf(of, 'bob'))
    })
    await beginning
    expect([browser.cookie, await whoIs(tab)]).toEqual([tab.cookie, 'bob'])
    expect(of.told()).toEqual(['signed-in', 'impersonation-started'])
    expect(await of.sessions.listByOwner('ada')).toHaveLength(1)
  })

  const others: [string, (auth: Auth<User>, of: Site) => Promise<unknown>, string | undefined, string][] = [
    ['goes on as who it was', (auth) => auth.confirm('passkey'), 'ada', 'ERR_LOGIN_REQUIRED'],
    ['acts as another user', (auth, of) => auth.impersonate(userOf(of, 'cid')), 'cid', 'ERR_LOGIN_REQUIRED'],
    ['signs in anew', (auth, of) => auth.signIn(userOf(of, 'ada')), 'ada', 'ERR_LOGIN_REQUIRED'],
    ['signs out', (auth) => auth.signOut(), undefined, 'ERR_SESSION_DESTROYED'],
  ]

  it.each(others)('is an error where the other one %s', async (_what, act, goesOnAs, code) => {
    const of = site()
    const browser = await signedIn(of)
    const tab = tabOf(of, browser)
    await browser.visit(async (auth) => {
      await auth.user()
      await tab.visit((auth) => act(auth, of))
      await expect(auth.impersonate(userOf(of, 'bob'))).rejects.toMatchObject({ code })
    })
    expect(await whoIs(tab)).toBe(goesOnAs)
    expect(await of.sessions.listByOwner('ada')).toHaveLength(goesOnAs === undefined ? 0 : 1)
  })

  it('leaves who was signed in where the store fails within it', async () => {
    const store = new MemoryStore()
    const of = site({ store })
    const browser = await signedIn(of)
    const { create } = store
    let calls = 0
    store.create = (id, record) => {
      if (++calls === 2) throw new Error('down')
      return create.call(store, id, record)
    }
    await browser.visit(async (auth) => {
      await expect(auth.impersonate(userOf(of, 'bob'))).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
    })
    expect(await whoIs(browser)).toBe('ada')
    expect(await of.sessions.listByOwner('ada')).toHaveLength(1)
  })
})

describe('coming back from an impersonation in two tabs', () => {
  it.each([
    ['oldest-out', 1],
    ['refuse', 1],
    ['refuse', 5],
  ] as const)('leaves one session of the actor: %s, %i', async (whenFull, maxSessions) => {
    const of = site({ whenFull, maxSessions })
    const browser = await signedIn(of)
    await browser.visit((auth) => auth.impersonate(userOf(of, 'bob')))
    const tab = tabOf(of, browser)
    await browser.visit(async (auth) => {
      await auth.user()
      await tab.visit((auth) => auth.stopImpersonating())
      expect(await auth.stopImpersonating()).toBe(userOf(of, 'ada'))
      expect(await auth.actor()).toBeUndefined()
    })
    expect([browser.cookie, await whoIs(tab)]).toEqual([tab.cookie, 'ada'])
    expect(await of.sessions.listByOwner('ada')).toHaveLength(1)
  })

  it('is an error where the other one goes on as the user', async () => {
    const of = site()
    const browser = await signedIn(of)
    await browser.visit((auth) => auth.impersonate(userOf(of, 'bob')))
    const tab = tabOf(of, browser)
    await browser.visit(async (auth) => {
      await auth.user()
      await tab.visit(async (_auth, request) => {
        ;(await of.sessions.write(request)).regenerate()
      })
      await expect(auth.stopImpersonating()).rejects.toMatchObject({ code: 'ERR_LOGIN_REQUIRED' })
    })
    expect(await whoIs(tab)).toBe('bob')
    expect(await tab.visit((auth) => auth.stopImpersonating())).toBe(userOf(of, 'ada'))
  })
})

describe('a sign-in that newer ones have put out at the same moment', () => {
  /** Another click on the same form, while the first one looks for what is above the limit. */
  async function twice(of: Site, store: MemoryStore, first: Browser<User>): Promise<Browser<User>> {
    const second = tabOf(of, first)
    const { listByOwner } = store
    Object.assign(store, {
      listByOwner: async (owner: string) => {
        store.listByOwner = listByOwner
        of.wait(1)
        await second.visit((auth) => auth.signIn(userOf(of, 'ada')))
        return listByOwner.call(store, owner)
      },
    })
    await first.visit(async (auth) => {
      await expect(auth.signIn(userOf(of, 'ada'))).rejects.toMatchObject({ code: 'ERR_LOGIN_FULL' })
      expect(await auth.user()).toBeUndefined()
    })
    return second
  }

  it.each([true, false])('says so, and touches no cookie: with a session before it %s', async (isGuest) => {
    const store = new MemoryStore()
    const of = site({ store, maxSessions: 1 })
    const browser = of.browser()
    if (isGuest) {
      await browser.visit(async (_auth, request) => {
        ;(await of.sessions.write(request)).set('note', 'of a guest')
      })
    }
    const { cookie } = browser
    const second = await twice(of, store, browser)
    expect([browser.cookie, await whoIs(second)]).toEqual([cookie, 'ada'])
    expect(await of.sessions.listByOwner('ada')).toHaveLength(1)
  })
})

describe('a sign-in by two clicks', () => {
  it.each(['oldest-out', 'refuse'] as const)('goes on with the first one, where there is a limit: %s', async (when) => {
    const of = site({ maxSessions: 1, whenFull: when })
    const first = of.browser()
    await first.visit(async (_auth, request) => {
      ;(await of.sessions.write(request)).set('cart', ['tea'])
    })
    const second = tabOf(of, first)
    await second.visit(async (_auth, request) => {
      await of.sessions.read(request)
      await first.visit((auth) => auth.signIn(userOf(of, 'ada'), { keep: ['cart'] }))
      await of.login.of(request).signIn(userOf(of, 'ada'), { keep: ['cart'] })
      expect(await of.login.of(request).user()).toBe(userOf(of, 'ada'))
      ;(await of.sessions.write(request)).set('note', 'Welcome')
    })
    expect([second.cookie, await whoIs(first)]).toEqual([first.cookie, 'ada'])
    expect((await of.sessions.read(first.request())).get('cart')).toEqual(['tea'])
    expect(await of.sessions.listByOwner('ada')).toHaveLength(1)
  })

  it('goes on with the one that takes the last place while the other one waits for it', async () => {
    const of = site({ maxSessions: 1, whenFull: 'refuse' })
    const browser = of.browser()
    await browser.visit(async (_auth, request) => {
      ;(await of.sessions.write(request)).set('cart', ['tea'])
    })
    const clicks = [tabOf(of, browser), tabOf(of, browser)]
    let bothRead = (): void => {}
    const reading = new Promise<void>((resolve) => {
      bothRead = resolve
    })
    let readers = 0
    const click = (browser: Browser<User>): Promise<User | undefined> =>
      browser.visit(async (auth, request) => {
        await of.sessions.read(request)
        if (++readers === 2) bothRead()
        await reading
        await auth.signIn(userOf(of, 'ada'))
        return auth.user()
      })
    expect(await Promise.all(clicks.map(click))).toEqual([userOf(of, 'ada'), userOf(of, 'ada')])
    expect(new Set(clicks.map(({ cookie }) => cookie)).size).toBe(1)
    expect(await Promise.all(clicks.map(whoIs))).toEqual(['ada', 'ada'])
    expect(await of.sessions.listByOwner('ada')).toHaveLength(1)
    expect(of.told()).toEqual(['signed-in'])
  })

  it('is a sign-in of its own where it is another user', async () => {
    const of = site({ maxSessions: 1 })
    const first = await signedIn(of)
    const second = tabOf(of, first)
    await second.visit(async (auth, request) => {
      await of.sessions.read(request)
      await first.visit((auth) => auth.signIn(userOf(of, 'ada')))
      await auth.signIn(userOf(of, 'bob'))
    })
    expect([await whoIs(first), await whoIs(second)]).toEqual(['ada', 'bob'])
  })
})

describe('a limit', () => {
  it('counts two sessions of one sign-in that last as two', async () => {
    const of = site({ maxSessions: 2, whenFull: 'refuse' })
    const [browser] = await twins(of)
    const signIn = (): Promise<void> => of.browser().visit((auth) => auth.signIn(userOf(of, 'ada')))
    await expect(signIn()).rejects.toThrow('The user has 2 sessions')
    await browser.visit((auth) => auth.signOut())
    await signIn()
  })

  it('leaves a free place also where a sign-in is there twice', async () => {
    const of = site({ maxSessions: 3, whenFull: 'refuse' })
    const elsewhere = await signedIn(of)
    // It counts for nobody, but is the actor's.
    await elsewhere.visit((auth) => auth.impersonate(userOf(of, 'bob')))
    await twins(of)
    await signedIn(of)
    expect(await of.sessions.listByOwner('ada')).toHaveLength(4)
  })

  it('ends one that steps up at that moment, and tells what it has ended', async () => {
    const store = new MemoryStore()
    const of = site({ store, maxSessions: 2 })
    const [phone, laptop] = [await signedIn(of), await signedIn(of)]
    const oldest = (await of.sessions.listByOwner('ada')).find(({ createdAt }) => createdAt === Date.UTC(2030, 0, 1))
    const { load } = store
    let loads = 0
    let steppedUp: (string | undefined)[] = []
    Object.assign(store, {
      load: async (id: string) => {
        // The first one looks who is signed in there; the second one is to end it.
        if (id === oldest?.id && ++loads === 2) {
          await phone.visit((auth) => auth.confirm('password'))
          steppedUp = of.events.flatMap((event) => (event.type === 'confirmed' ? [event.sessionId] : []))
        }
        return load.call(store, id)
      },
    })
    const tablet = await signedIn(of)
    expect([await whoIs(phone), await whoIs(laptop), await whoIs(tablet)]).toEqual([undefined, 'ada', 'ada'])
    expect(of.events.at(-1)).toMatchObject({ type: 'limit-reached', endedSessionIds: steppedUp })
    expect(await of.sessions.listByOwner('ada')).toHaveLength(2)
  })
})

describe('signing out the others', () => {
  it('ends a session that lives beside the own one with the same sign-in', async () => {
    const of = site()
    const [browser, beside] = await twins(of)
    expect(await browser.visit((auth) => auth.signOutOthers())).toBe(1)
    expect([await whoIs(browser), await whoIs(beside)]).toEqual(['ada', undefined])
    expect(await browser.visit((auth) => auth.signOutOthers())).toBe(0)
  })

  it('spares the own session, in which another tab begins to act as another user', async () => {
    const of = site()
    const [browser, elsewhere] = [await signedIn(of), await signedIn(of)]
    const tab = tabOf(of, browser)
    const count = await browser.visit(async (auth) => {
      await auth.user()
      await tab.visit((auth) => auth.impersonate(userOf(of, 'bob')))
      return auth.signOutOthers()
    })
    expect([count, await whoIs(tab), await whoIs(elsewhere)]).toEqual([1, 'bob', undefined])
  })

  it('ends an impersonation that lives beside the own session, of the same sign-in', async () => {
    const of = site()
    const [browser, beside] = await twins(of)
    await beside.visit((auth) => auth.impersonate(userOf(of, 'bob')))
    expect(await browser.visit((auth) => auth.signOutOthers())).toBe(1)
    expect([await whoIs(browser), await whoIs(beside)]).toEqual(['ada', undefined])
  })

  it('spares a new id of the own session that is being stored', async () => {
    const store = new MemoryStore()
    const of = site({ store })
    const browser = await signedIn(of)
    const tab = tabOf(of, browser)
    const { update } = store
    let steppedUp: Promise<void> | undefined
    // The new record is there, and the old one no marker yet.
    const hold = new Promise<void>((created) => {
      Object.assign(store, {
        update: async (...args: Parameters<typeof update>) => {
          store.update = update
          created()
          await new Promise((resolve) => setTimeout(resolve, 10))
          return update.apply(store, args)
        },
      })
    })
    const count = await browser.visit(async (auth) => {
      await auth.user()
      steppedUp = tab.visit((auth) => auth.confirm('password'))
      await hold
      return auth.signOutOthers()
    })
    await steppedUp
    expect([count, await whoIs(tab)]).toEqual([0, 'ada'])
  })

  it('spares the own session, to which another tab is giving a new id', async () => {
    const of = site()
    const [browser, elsewhere] = [await signedIn(of), await signedIn(of)]
    const tab = tabOf(of, browser)
    const count = await browser.visit(async (auth) => {
      await auth.user()
      await tab.visit((auth) => auth.confirm('password'))
      return auth.signOutOthers()
    })
    expect([count, await whoIs(tab), await whoIs(elsewhere)]).toEqual([1, 'ada', undefined])
  })

  it('finds one that is getting a new id at that moment', async () => {
    const store = new MemoryStore()
    const of = site({ store })
    const [browser, elsewhere] = [await signedIn(of), await signedIn(of)]
    const { listByOwner } = store
    Object.assign(store, {
      listByOwner: async (owner: string) => {
        store.listByOwner = listByOwner
        const listed = await listByOwner.call(store, owner)
        await elsewhere.visit((auth) => auth.confirm('password'))
        return listed
      },
    })
    expect(await browser.visit((auth) => auth.signOutOthers())).toBe(1)
    expect([await whoIs(browser), await whoIs(elsewhere)]).toEqual(['ada', undefined])
  })

  it('ends one that gets a new id as often as it is looked for', async () => {
    const store = new MemoryStore()
    const of = site({ store })
    const [browser, elsewhere] = [await signedIn(of), await signedIn(of)]
    const { listByOwner, deleteByOwner } = store
    Object.assign(store, {
      listByOwner: async (owner: string) => {
        const listed = await listByOwner.call(store, owner)
        await elsewhere.visit(async (_auth, request) => (await of.sessions.write(request)).regenerate())
        return listed
      },
      deleteByOwner: (...args: Parameters<typeof deleteByOwner>) => {
        store.listByOwner = listByOwner
        return deleteByOwner.apply(store, args)
      },
    })
    expect(await browser.visit((auth) => auth.signOutOthers())).toBe(1)
    expect([await whoIs(browser), await whoIs(elsewhere)]).toEqual(['ada', undefined])
  })
})

describe('what another tab stores while somebody signs in', () => {
  const works: [string, (auth: Auth<User>, of: Site) => Promise<unknown>][] = [
    ['a sign-in', (auth, of) => auth.signIn(userOf(of, 'ada'), { keep: ['cart'] })],
    ['an impersonation', (auth, of) => auth.impersonate(userOf(of, 'bob'), { keep: ['cart'] })],
  ]

  it.each(works)('stays of what is kept, and of nothing else: %s', async (what, work) => {
    const of = site()
    const browser = what === 'a sign-in' ? of.browser() : await signedIn(of)
    await browser.visit(async (_auth, request) => {
      ;(await of.sessions.write(request)).set('cart', ['tea'])
    })
    const tab = tabOf(of, browser)
    await browser.visit(async (auth) => {
      await auth.user()
      await tab.visit(async (_auth, request) => {
        ;(await of.sessions.write(request)).set('cart', ['tea', 'milk']).set('note', 'planted')
      })
      await work(auth, of)
    })
    const session = await of.sessions.read(browser.request())
    expect([session.get('cart'), session.get('note')]).toEqual([['tea', 'milk'], undefined])
  })

  it('does not reach the session of the user where the one before was empty', async () => {
    const of = site()
    const guest = of.browser()
    await guest.visit(async (_auth, request) => {
      ;(await of.sessions.write(request)).set('note', 'for a moment')
    })
    await guest.visit(async (_auth, request) => {
      ;(await of.sessions.write(request)).take('note')
    })
    const thief = tabOf(of, guest)
    await guest.visit(async (auth, request) => {
      await of.sessions.read(request)
      await thief.visit(async (_auth, request) => {
        const session = await of.sessions.write(request)
        session.set('note', 'planted')
        session.setLabel('planted')
        session.setLifetime({ idleTimeout: 31_536_000, absoluteTimeout: 31_536_000, persistent: true })
      })
      await auth.signIn(userOf(of, 'ada'))
    })
    const session = await of.sessions.read(guest.request())
    const days = (+session.expiresAt - +session.createdAt) / 86_400_000
    expect([session.get('note'), session.label, days]).toEqual([undefined, undefined, 1])
  })
})

describe('calls within one request', () => {
  const visit = async (act: (auth: Auth<User>) => Promise<unknown>): Promise<Site> => {
    const of = site()
    const browser = await signedIn(of)
    await browser.visit(act)
    return of
  }

  it('that are not waited for follow one another', async () => {
    await visit(async (auth) => {
      await Promise.all([auth.confirm('passkey'), auth.confirm('totp')])
      expect([await auth.isFresh(60, 'passkey'), await auth.isFresh(60, 'totp')]).toEqual([true, true])
    })
  })

  it.each(['signOut', 'signOutEverywhere'] as const)('end with a %s that is the last one', async (how) => {
    const of = await visit(async (auth) => {
      await Promise.all([auth.confirm('passkey'), auth[how]()])
      expect(await auth.user()).toBeUndefined()
    })
    expect(await of.sessions.listByOwner('ada')).toEqual([])
  })

  it('do not fail for one that has failed before', async () => {
    const of = site()
    const browser = of.browser()
    await browser.visit(async (auth) => {
      const failing = auth.confirm('passkey')
      await Promise.all([
        expect(failing).rejects.toMatchObject({ code: 'ERR_LOGIN_REQUIRED' }),
        auth.signIn(userOf(of, 'ada')),
      ])
    })
    expect(await whoIs(browser)).toBe('ada')
  })
})

describe('who asks first', () => {
  it('may know neither env nor the request', async () => {
    interface Env {
      users: Map<string, { id: string }>
    }
    const sessions = new SessionManager({ store: new MemoryStore(), secret })
    const login = createLogin<{ id: string }, Env>({
      sessions,
      secret,
      userId: ({ id }) => id,
      loadUser: (id, env) => env.users.get(id),
      credential: () => '0',
      describeDevice: () => ({ label: 'a phone' }),
    })
    const env = { users: new Map([['ada', { id: 'ada' }]]) }
    const handled = async (cookie: string, act: (request: Request) => Promise<void>): Promise<string> => {
      const request = new Request('https://example.com/', { headers: { cookie } })
      const response = await sessions.handle(request, async (handle) => {
        await login.of(handle).userId()
        await login.of(request).userId()
        await act(request)
        return new Response()
      })
      return response.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    }
    const cookie = await handled('', (request) => login.of(request, env).signIn({ id: 'ada' }))
    expect((await sessions.listByOwner('ada')).map(({ label }) => label)).toEqual(['a phone'])
    await handled(cookie, async (request) => {
      expect(await login.guard()(request, env)).toBeUndefined()
      expect(await login.of(request).user()).toEqual({ id: 'ada' })
    })
  })
})

describe('an error of another copy of core', () => {
  it('is known by its code', () => {
    const ofAnother = (code: string): Error => Object.assign(new Error('of another copy'), { code })
    expect(isOver(ofAnother('ERR_SESSION_DESTROYED'))).toBe(true)
    expect(isOver(ofAnother('ERR_SESSION_STORE'))).toBe(false)
  })
})

describe('two changes of the password at the same moment, in two browsers', () => {
  /** Both have asked who is signed in before either changes it. Who is signed in afterwards. */
  async function changed(of: Site, users: (user: User) => [here: User, there: User]) {
    const [here, there, idle] = [await signedIn(of), await signedIn(of), await signedIn(of)]
    await here.visit((auth) =>
      there.visit(async (other) => {
        await Promise.all([auth.user(), other.user()])
        const [one, two] = users(userOf(of, 'ada'))
        await Promise.all([auth.credentialChanged(one), other.credentialChanged(two)])
      }),
    )
    return [await whoIs(here), await whoIs(there), await whoIs(idle)]
  }

  it('leave both signed in where both know the newest one, and end the others', async () => {
    const store = new MemoryStore()
    const { update, listByOwner } = store
    const of = site({ store })
    const both = await changed(of, (user) => {
      // Neither looks for the others before both know the new one.
      let stored = 0
      store.update = (...args) => {
        stored++
        return update.apply(store, args)
      }
      Object.assign(store, {
        listByOwner: async (owner: string) => {
          while (stored < 2) await new Promise((resolve) => setTimeout(resolve, 1))
          return listByOwner.call(store, owner)
        },
      })
      user.passwordHash = 'another'
      return [user, user]
    })
    expect(both).toEqual(['ada', 'ada', undefined])
    expect(await of.sessions.listByOwner('ada')).toHaveLength(2)
  })

  it('leave the one signed in that has changed it last, and end the others', async () => {
    const of = site()
    const left = await changed(of, (user) => {
      const first = { ...user, passwordHash: 'the first' }
      user.passwordHash = 'the last'
      return [first, user]
    })
    expect(left).toEqual([undefined, 'ada', undefined])
  })
})
