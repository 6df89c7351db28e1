import { MemoryStore, type SessionData, SessionManager } from '@fetch-sessions/core'
import { describe, expect, it } from 'vitest'
import { createLogin } from './index.js'
import { secret, site, userOf } from './testing/site.js'

describe('a login', () => {
  it('knows nobody before a sign-in, and the user after it', async () => {
    const of = site()
    const browser = of.browser()
    expect(await browser.visit((auth) => auth.user())).toBeUndefined()
    await browser.visit((auth) => auth.signIn(userOf(of, 'ada')))
    expect(await browser.visit((auth) => auth.userId())).toBe('ada')
    expect(await browser.visit((auth) => auth.user())).toBe(userOf(of, 'ada'))
    await browser.visit((auth) => auth.signOut())
    expect(await browser.visit((auth) => auth.user())).toBeUndefined()
    expect(of.told()).toEqual(['signed-in', 'signed-out'])
  })

  it('tells who signs in and out within the same request, and loads nobody for it', async () => {
    const of = site()
    const seen = await of.browser().visit(async (auth) => {
      const before = await auth.user()
      await auth.signIn(userOf(of, 'ada'))
      const between = await auth.user()
      await auth.signOut()
      return [before, between, await auth.user(), await auth.userId()]
    })
    expect(seen).toEqual([undefined, userOf(of, 'ada'), undefined, undefined])
    expect(of.loaded).toEqual([])
  })

  it('is the same for the same request, and another one for another', () => {
    const of = site()
    const request = new Request('https://example.com/')
    expect(of.login.of(request)).toBe(of.login.of(request))
    expect(of.login.of(request)).not.toBe(of.login.of(new Request(request)))
  })

  it('takes what is not its own in the session for nobody', async () => {
    const of = site()
    for (const value of [
      'octocat',
      7,
      {},
      { id: 'ada' },
      { id: 'ada', hash: 'x', at: 1, order: 1, factors: { a: 'b' } },
    ]) {
      const { cookie } = await of.sessions.issue({ $login: value } as never)
      const browser = of.browser()
      browser.cookie = cookie
      expect(await browser.visit((auth) => auth.user())).toBeUndefined()
      await browser.visit((auth) => auth.signIn(userOf(of, 'ada')))
      expect(await browser.visit((auth) => auth.userId())).toBe('ada')
    }
  })
})

describe('two logins', () => {
  /** The user 7 of each, who has no password yet. */
  const loginOf = (sessions: SessionManager<SessionData>, kind: string) =>
    createLogin<{ id: string; kind: string }>({
      sessions,
      secret,
      userId: ({ id }) => id,
      loadUser: (id) => ({ id, kind }),
      credential: () => '0',
    })
  const managerOf = (cookieName: string): SessionManager<SessionData> =>
    new SessionManager({ store: new MemoryStore(), secret, cookie: { name: cookieName } })

  it('over one manager are told of: the customer 7 is never taken for the member of staff 7', async () => {
    const sessions = managerOf('sid')
    const customers = loginOf(sessions, 'customer')
    const staff = loginOf(sessions, 'staff')
    const request = new Request('https://example.com/')
    expect(() => customers.of(request)).toThrow(TypeError)
    expect(() => customers.of(request)).toThrow(/createLogin: sessions have another login by now/)
    await expect(customers.guard()(request)).rejects.toThrow(/a manager of its own/)
    // One that was made anew, as a development server does with a file that has changed, takes the place of the old one.
    await sessions.handle(request, async () => {
      await staff.of(request).signIn({ id: '7', kind: 'staff' })
      expect(await staff.of(request).user()).toMatchObject({ kind: 'staff' })
      return new Response()
    })
  })

  it('over a manager each live side by side', async () => {
    const [customers, staff] = [managerOf('customer'), managerOf('staff')]
    const logins = [loginOf(customers, 'customer'), loginOf(staff, 'staff')] as const
    const request = new Request('https://example.com/')
    const response = await customers.handle(request, () =>
      staff.handle(request, async () => {
        await logins[0].of(request).signIn({ id: '7', kind: 'customer' })
        return new Response()
      }),
    )
    const cookie = response.headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; ')
    const next = new Request('https://example.com/', { headers: { cookie } })
    expect(await logins[0].of(next).user()).toEqual({ id: '7', kind: 'customer' })
    expect(await logins[1].of(next).user()).toBeUndefined()
  })
})

describe('what a login costs:', () => {
  /** How often the store was asked, and a user loaded. */
  const counted = () => {
    const calls: string[] = []
    const store = new MemoryStore()
    for (const name of ['load', 'create', 'update', 'touch', 'delete', 'listByOwner'] as const) {
      const own = store[name].bind(store) as (...args: unknown[]) => unknown
      Object.defineProperty(store, name, {
        value: (...args: unknown[]) => {
          calls.push(name)
          return own(...args)
        },
      })
    }
    return { of: site({ store }), calls }
  }

  it('nothing where nobody asks', async () => {
    const { of, calls } = counted()
    const browser = of.browser()
    await browser.visit((auth) => auth.signIn(userOf(of, 'ada')))
    calls.length = 0
    const request = browser.request()
    const response = new Response('static')
    const answered = await of.sessions.handle(request, () => {
      of.login.of(request)
      return response
    })
    expect([answered, calls, of.loaded]).toEqual([response, [], []])
  })

  it('one load of the session for the id', async () => {
    const { of, calls } = counted()
    const browser = of.browser()
    await browser.visit((auth) => auth.signIn(userOf(of, 'ada')))
    calls.length = 0
    await browser.visit((auth) => auth.userId())
    expect([calls, of.loaded]).toEqual([['load'], []])
  })

  it('one load of the session and one of the user, however often and by whomever they are asked for', async () => {
    const { of, calls } = counted()
    const browser = of.browser()
    await browser.visit((auth) => auth.signIn(userOf(of, 'ada')))
    calls.length = 0
    const guard = of.login.guard({ fresh: 60 })
    await browser.visit(async (auth, request) => {
      await Promise.all([guard(request), guard(request), auth.user(), auth.isFresh(60), auth.can('read')])
      await of.login.of(request).user()
    })
    expect([calls, of.loaded]).toEqual([['load'], ['ada']])
  })

  it('no load of a user for a visitor without a session', async () => {
    const { of, calls } = counted()
    const guard = of.login.guard()
    await of.browser().visit((_auth, request) => guard(request))
    expect([calls, of.loaded]).toEqual([[], []])
  })

  it('one write for a sign-in', async () => {
    const { of, calls } = counted()
    await of.browser().visit((auth) => auth.signIn(userOf(of, 'ada')))
    expect(calls).toEqual(['create'])
  })
})
