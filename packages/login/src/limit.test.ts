import { CookieStore, MemoryStore, type SessionStore } from '@fetch-sessions/core'
import { describe, expect, it } from 'vitest'
import type { Browser } from './testing/browser.js'
import { type Site, site, type User, userOf } from './testing/site.js'

const signIn = async (of: Site, browser: Browser<User> = of.browser(), id = 'ada'): Promise<Browser<User>> => {
  await browser.visit((auth) => auth.signIn(userOf(of, id)))
  of.wait(1)
  return browser
}

/** What a sign-in on another server has in its place while it is under way. */
const seatElsewhere = { $login: { seat: 'another server' } } as never

const whoIs = (browser: Browser<User>): Promise<string | undefined> => browser.visit((auth) => auth.userId())

describe('a limit on the sessions of one user', () => {
  it('puts the oldest sign-in out, however much it was used', async () => {
    const of = site({ maxSessions: 2 })
    const first = await signIn(of)
    const second = await signIn(of)
    await whoIs(first)
    of.told()
    const third = await signIn(of)
    expect([await whoIs(first), await whoIs(second), await whoIs(third)]).toEqual([undefined, 'ada', 'ada'])
    expect(of.events.map(({ type }) => type)).toEqual(['signed-in', 'limit-reached'])
    expect(of.events[1]).toMatchObject({ userId: 'ada', endedSessionIds: [expect.any(String)] })
  })

  it('puts the older one out also where the clock stands still', async () => {
    const of = site({ maxSessions: 1 })
    for (let i = 0; i < 10; i++) {
      const [older, newer] = [of.browser(), of.browser()]
      for (const browser of [older, newer]) await browser.visit((auth) => auth.signIn(userOf(of, 'ada')))
      expect([await whoIs(older), await whoIs(newer)]).toEqual([undefined, 'ada'])
    }
  })

  it.each([2, 3600])('puts the older one out also where the clock was set back in between: %i s', async (seconds) => {
    const of = site({ maxSessions: 1 })
    const first = await signIn(of)
    of.wait(-1 - seconds)
    const second = await signIn(of)
    expect([await whoIs(first), await whoIs(second)]).toEqual([undefined, 'ada'])
  })

  it('refuses the next sign-in where `whenFull` says so, and leaves the session as it was', async () => {
    const of = site({ maxSessions: 2, whenFull: 'refuse' })
    await signIn(of)
    const second = await signIn(of)
    const guest = of.browser()
    await guest.visit(async (_auth, request) => {
      ;(await of.sessions.write(request)).set('cart', ['tea'])
    })
    const { cookie } = guest
    of.told()
    await guest.visit(async (auth) => {
      await expect(auth.signIn(userOf(of, 'ada'))).rejects.toMatchObject({ name: 'LoginError', code: 'ERR_LOGIN_FULL' })
    })
    expect(of.events).toMatchObject([{ type: 'sign-in-refused', reason: 'full', userId: 'ada' }])
    expect(guest.cookie).toBe(cookie)
    expect((await of.sessions.read(guest.request())).get('cart')).toEqual(['tea'])
    await second.visit((auth) => auth.signOut())
    await signIn(of, guest)
    expect(await whoIs(guest)).toBe('ada')
  })

  it.each(['oldest-out', 'refuse'] as const)('counts each user alone: %s', async (whenFull) => {
    const of = site({ maxSessions: 1, whenFull })
    const [ada, bob] = [await signIn(of), await signIn(of, of.browser(), 'bob')]
    expect([await whoIs(ada), await whoIs(bob)]).toEqual(['ada', 'bob'])
  })

  it.each(['oldest-out', 'refuse'] as const)('does not count the session that signs in anew: %s', async (whenFull) => {
    const of = site({ maxSessions: 1, whenFull })
    const browser = await signIn(of)
    await signIn(of, browser)
    expect(await whoIs(browser)).toBe('ada')
    expect(await of.sessions.listByOwner('ada')).toHaveLength(1)
  })

  it.each(['oldest-out', 'refuse'] as const)(
    'does not count it either where the request has given it a new id before: %s',
    async (whenFull) => {
      const of = site({ maxSessions: 1, whenFull })
      const browser = await signIn(of)
      await browser.visit(async (auth, request) => {
        ;(await of.sessions.write(request)).regenerate()
        await auth.signIn(userOf(of, 'ada'))
      })
      expect(await whoIs(browser)).toBe('ada')
      expect(await of.sessions.listByOwner('ada')).toHaveLength(1)
    },
  )

  it('says in words that a schema refuses what keeps a place for a sign-in', async () => {
    const schema = {
      '~standard': {
        version: 1 as const,
        vendor: 'test',
        validate: (value: object) => ('theme' in value ? { value } : { issues: [{ message: 'theme is missing' }] }),
      },
    }
    const of = site({ maxSessions: 1, whenFull: 'refuse', session: { schema } as never })
    await of.browser().visit(async (auth, request) => {
      ;(await of.sessions.write(request)).set('theme' as never, 'dark' as never)
      await expect(auth.signIn(userOf(of, 'ada'), { keep: ['theme'] })).rejects.toThrow(
        'let each other key be optional',
      )
    })
  })

  it.each(['oldest-out', 'refuse'] as const)('does not count sessions that are over: %s', async (whenFull) => {
    const of = site({ maxSessions: 2, whenFull })
    await signIn(of)
    await signIn(of)
    userOf(of, 'ada').passwordHash = 'another'
    const browsers = [await signIn(of), await signIn(of)]
    expect(await Promise.all(browsers.map(whoIs))).toEqual(['ada', 'ada'])
  })

  it.each(['oldest-out', 'refuse'] as const)('does not count impersonations, on either side: %s', async (whenFull) => {
    const of = site({ maxSessions: 1, whenFull })
    const support = await signIn(of, of.browser(), 'bob')
    await support.visit((auth) => auth.impersonate(userOf(of, 'ada')))
    const ada = await signIn(of)
    const bob = await signIn(of, of.browser(), 'bob')
    expect([await whoIs(support), await whoIs(ada), await whoIs(bob)]).toEqual(['ada', 'ada', 'bob'])
  })

  it('is not got round by an impersonation: who comes back is the oldest, or finds the places taken', async () => {
    for (const whenFull of ['oldest-out', 'refuse'] as const) {
      const of = site({ maxSessions: 1, whenFull })
      const support = await signIn(of)
      await support.visit((auth) => auth.impersonate(userOf(of, 'bob')))
      const elsewhere = await signIn(of)
      expect(await support.visit((auth) => auth.stopImpersonating())).toBeUndefined()
      expect([await whoIs(support), await whoIs(elsewhere)]).toEqual([undefined, 'ada'])
      expect([support.cookie, await of.sessions.listByOwner('ada')]).toEqual(['', [expect.anything()]])
    }
  })

  it.each(['oldest-out', 'refuse'] as const)(
    'is not got round by step-ups at the same moment: %s',
    async (whenFull) => {
      const of = site({ maxSessions: 2, whenFull, store: slow(new MemoryStore()) })
      const elsewhere = await signIn(of)
      const browser = await signIn(of)
      const tabs = Array.from({ length: 5 }, () => of.browser())
      await Promise.all(
        tabs.map((tab) => {
          tab.cookie = browser.cookie
          return tab.visit(async (auth) => {
            await auth.user()
            // One that comes late finds the session under another id, and nobody signed in.
            await auth.confirm('password').catch((error) => expect(error).toMatchObject({ code: 'ERR_LOGIN_REQUIRED' }))
          })
        }),
      )
      // Nor is the cookie taken away that the browser has just been given.
      expect(tabs.map((tab) => tab.cookie)).not.toContain('')
      // One of them goes on, with the cookie of each answer that has one. Whoever is signed in elsewhere has nothing to do with it.
      const answered = tabs.filter(({ cookie }) => cookie !== browser.cookie)
      expect(answered).not.toEqual([])
      expect(new Set(await Promise.all(answered.map(whoIs)))).toEqual(new Set(['ada']))
      expect(await whoIs(elsewhere)).toBe('ada')
      expect(await of.sessions.listByOwner('ada')).toHaveLength(2)
    },
  )

  it.each(['oldest-out', 'refuse'] as const)(
    'lets come back from an impersonation who has a place: %s',
    async (when) => {
      const of = site({ maxSessions: 2, whenFull: when })
      const support = await signIn(of)
      await support.visit((auth) => auth.impersonate(userOf(of, 'bob')))
      const elsewhere = await signIn(of)
      expect(await support.visit((auth) => auth.stopImpersonating())).toBe(userOf(of, 'ada'))
      expect([await whoIs(support), await whoIs(elsewhere)]).toEqual(['ada', 'ada'])
    },
  )

  it.each(['oldest-out', 'refuse'] as const)('leaves alone what else the user owns: %s', async (whenFull) => {
    const of = site({ maxSessions: 1, whenFull })
    const { id } = await of.sessions.issue({ note: 'a link that came by mail' }, { owner: 'ada' })
    const { id: empty } = await of.sessions.issue({}, { owner: 'ada' })
    of.wait(60)
    const browser = await signIn(of)
    await signIn(of, browser)
    expect(await of.sessions.peek(id)).toBeDefined()
    expect(await of.sessions.peek(empty)).toBeDefined()
    expect(await whoIs(browser)).toBe('ada')
  })

  it.each([
    ['oldest-out', 1],
    ['refuse', 1],
    ['oldest-out', 3],
    ['refuse', 3],
  ] as const)('holds under parallel sign-ins: %s, %i', async (whenFull, maxSessions) => {
    const of = site({ maxSessions, whenFull, store: slow(new MemoryStore()) })
    const browsers = Array.from({ length: 12 }, () => of.browser())
    const outcomes = await Promise.allSettled(
      browsers.map((browser) => browser.visit((auth) => auth.signIn(userOf(of, 'ada')))),
    )
    expect(await of.sessions.listByOwner('ada')).toHaveLength(maxSessions)
    const ids = await Promise.all(browsers.map(whoIs))
    expect(ids.filter((id) => id === 'ada')).toHaveLength(maxSessions)
    const refused = outcomes.filter(({ status }) => status === 'rejected')
    // With `oldest-out`, some have been signed in for a moment.
    if (whenFull === 'refuse') expect(refused).toHaveLength(12 - maxSessions)
    for (const outcome of refused) expect(outcome).toMatchObject({ reason: { code: 'ERR_LOGIN_FULL' } })
  })

  it.each([
    ['oldest-out', 1],
    ['refuse', 1],
    ['oldest-out', 2],
    ['refuse', 2],
  ] as const)('holds under parallel sign-ins on several servers: %s, %i', async (whenFull, maxSessions) => {
    const store = slow(new MemoryStore())
    const servers = Array.from({ length: 6 }, () => site({ maxSessions, whenFull, store }))
    const browsers = servers.map((server) => server.browser())
    await Promise.allSettled(
      browsers.map((browser, i) => browser.visit((auth) => auth.signIn(userOf(servers[i] as Site, 'ada')))),
    )
    const ids = await Promise.all(browsers.map(whoIs))
    expect(ids.filter((id) => id === 'ada')).toHaveLength(maxSessions)
    expect(await (servers[0] as Site).sessions.listByOwner('ada')).toHaveLength(maxSessions)
  })

  it.each([1, 2])(
    'holds under parallel sign-ins on servers whose clocks are less than a second apart: %i',
    async (max) => {
      const store = slow(new MemoryStore())
      const servers = [0, 0.9, 0.1, 0.5, 0.7, 0.3].map((ahead) => {
        const server = site({ maxSessions: max, store })
        server.wait(ahead)
        return server
      })
      const browsers = servers.map((server) => server.browser())
      await Promise.allSettled(
        browsers.map((browser, i) => browser.visit((auth) => auth.signIn(userOf(servers[i] as Site, 'ada')))),
      )
      const ids = await Promise.all(browsers.map(whoIs))
      expect(ids.filter((id) => id === 'ada')).toHaveLength(max)
    },
  )

  it('counts a sign-in that takes its place while another one counts', async () => {
    const store = new MemoryStore()
    const elsewhere = site({ store })
    const place = await elsewhere.sessions.issue(seatElsewhere, { owner: 'ada' })
    let lists = 0
    const listByOwner: SessionStore['listByOwner'] = async (owner) => {
      const listed = store.listByOwner(owner)
      if (++lists === 2) {
        await signIn(elsewhere)
        await elsewhere.sessions.destroy(place.id)
      }
      return listed
    }
    const of = site({ maxSessions: 1, whenFull: 'refuse', store: { ...withoutOwners(store), listByOwner } })
    await expect(signIn(of)).rejects.toMatchObject({ code: 'ERR_LOGIN_FULL' })
    expect(await elsewhere.sessions.listByOwner('ada')).toHaveLength(1)
  })

  it('does not wait for a sign-in whose server died within it', async () => {
    const of = site({ maxSessions: 1, whenFull: 'refuse' })
    // The place that it had taken.
    await of.sessions.issue(seatElsewhere, { owner: 'ada' })
    of.wait(60)
    const browser = await signIn(of)
    expect(await whoIs(browser)).toBe('ada')
    expect(await of.sessions.listByOwner('ada')).toHaveLength(1)
  })

  it('does not wait for one that died before the clock was set back', async () => {
    const of = site({ maxSessions: 1, whenFull: 'refuse' })
    await of.sessions.issue(seatElsewhere, { owner: 'ada' })
    of.wait(-60)
    expect(await whoIs(await signIn(of))).toBe('ada')
    expect(await of.sessions.listByOwner('ada')).toHaveLength(1)
  })

  it('waits for a sign-in on another server, and says that there is one', async () => {
    const of = site({ maxSessions: 1, whenFull: 'refuse' })
    await of.sessions.issue(seatElsewhere, { owner: 'ada' })
    await expect(signIn(of)).rejects.toThrow(/signing in elsewhere at this moment/)
  })

  it.each(['the place', 'the session'])(
    'is not used up by a sign-in that failed at %s and left its place',
    async (at) => {
      const store = new MemoryStore()
      const of = site({ maxSessions: 1, whenFull: 'refuse', store })
      const { create, update, delete: remove } = store
      const down = (): never => {
        throw new Error('down')
      }
      let created = 0
      store.create = (id, record) => {
        const isNow = ++created === (at === 'the place' ? 1 : 2)
        if (!isNow) return create.call(store, id, record)
        Object.assign(store, { update: down, delete: down })
        // It has written all the same, and its answer was lost.
        if (at === 'the place') create.call(store, id, record)
        return down()
      }
      await expect(signIn(of)).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
      Object.assign(store, { create, update, delete: remove })
      expect(await of.sessions.listByOwner('ada')).toHaveLength(1)
      expect(await whoIs(await signIn(of))).toBe('ada')
      expect(await of.sessions.listByOwner('ada')).toHaveLength(1)
    },
  )

  it('gives the place back where the sign-in fails', async () => {
    const store = new MemoryStore()
    const of = site({ maxSessions: 1, whenFull: 'refuse', store })
    const { create } = store
    let calls = 0
    store.create = (id, record) => {
      if (++calls === 2) throw new Error('down')
      return create.call(store, id, record)
    }
    await expect(signIn(of)).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
    expect(await of.sessions.listByOwner('ada')).toEqual([])
    expect(await whoIs(await signIn(of))).toBe('ada')
  })

  it.each(['listByOwner', 'load', 'update', 'delete'] as const)(
    'signs nobody in above the limit where the store fails at %s',
    async (method) => {
      const store = new MemoryStore()
      const of = site({ maxSessions: 1, store })
      await signIn(of)
      of.wait(1)
      of.told()
      const browser = of.browser()
      await browser.visit(async (auth) => {
        await auth.user()
        const real = store[method] as (...args: unknown[]) => unknown
        Object.assign(store, {
          [method]: () => {
            Object.assign(store, { [method]: real })
            throw new Error('down')
          },
        })
        await expect(auth.signIn(userOf(of, 'ada'))).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
        expect(await auth.user()).toBeUndefined()
      })
      expect(of.told()).toEqual(['signed-in', 'signed-out'])
      expect(await whoIs(browser)).toBeUndefined()
      expect((await of.sessions.listByOwner('ada')).length).toBeLessThanOrEqual(1)
    },
  )

  it('stands where the place that was kept for it can not be given back', async () => {
    const store = new MemoryStore()
    const of = site({ maxSessions: 1, whenFull: 'refuse', store })
    const down = (): never => {
      throw new Error('down')
    }
    const { update, delete: remove } = store
    let created = 0
    const { create } = store
    store.create = (id, record) => {
      // The place, and then the session.
      if (++created === 2) Object.assign(store, { update: down, delete: down })
      return create.call(store, id, record)
    }
    const browser = await signIn(of)
    Object.assign(store, { create, update, delete: remove })
    expect(of.told()).toEqual(['signed-in'])
    expect(await whoIs(browser)).toBe('ada')
    of.wait(60)
    await expect(signIn(of)).rejects.toMatchObject({ code: 'ERR_LOGIN_FULL' })
    expect(await of.sessions.listByOwner('ada')).toHaveLength(1)
  })

  it.each([
    ['a store without an owner index', (): SessionStore => withoutOwners(new MemoryStore())],
    ['a CookieStore', () => new CookieStore()],
    ['a CookieStore with revocations', () => new CookieStore({ revocations: new MemoryStore() })],
  ])('is refused at the start with %s', (_store, store) => {
    expect(() => site({ maxSessions: 1, store: store() })).toThrow(
      /^fetch-sessions: createLogin: maxSessions needs a store/,
    )
    expect(() => site({ store: store() })).not.toThrow()
  })
})

/** Answers each call a moment later, in no order that could be relied on. */
function slow(store: MemoryStore): SessionStore {
  let turn = 0
  const later = async <T>(act: () => T): Promise<T> => {
    turn = (turn * 7 + 3) % 11
    const [ticks, pause] = [turn, turn % 3]
    for (let i = 0; i < ticks; i++) await Promise.resolve()
    await new Promise((resolve) => setTimeout(resolve, pause))
    return act()
  }
  return {
    load: (id) => later(() => store.load(id)),
    create: (id, record) => later(() => store.create(id, record)),
    update: (id, record) => later(() => store.update(id, record)),
    touch: (id, expiresAt, version) => later(() => store.touch(id, expiresAt, version)),
    delete: (id) => later(() => store.delete(id)),
    listByOwner: (owner) => later(() => store.listByOwner(owner)),
    deleteByOwner: (owner, except) => later(() => store.deleteByOwner(owner, except)),
  }
}

function withoutOwners(store: MemoryStore): SessionStore {
  return {
    load: (id) => store.load(id),
    create: (id, record) => store.create(id, record),
    update: (id, record) => store.update(id, record),
    touch: (id, expiresAt, version) => store.touch(id, expiresAt, version),
    delete: (id) => store.delete(id),
  }
}
