import { MemoryStore, SessionManager } from '@fetch-sessions/core'
import { describe, expect, it } from 'vitest'
import type { SignInOptions } from './index.js'
import { createLogin } from './index.js'
import { type Site, secret, site, type User, userOf } from './testing/site.js'

const DAY = 86_400

const signIn = (
  of: Site,
  browser: ReturnType<Site['browser']>,
  id: string,
  options: SignInOptions = {},
): Promise<void> => browser.visit((auth) => auth.signIn(userOf(of, id), options))

describe('a sign-in', () => {
  it('gives a new id, so that what was planted before it opens nothing after it', async () => {
    const of = site()
    const attacker = of.browser()
    await attacker.visit(async (_auth, request) => {
      ;(await of.sessions.write(request)).set('note', 'planted')
    })
    const victim = of.browser()
    victim.cookie = attacker.cookie
    await signIn(of, victim, 'ada')
    expect(victim.cookie).not.toBe(attacker.cookie)
    expect(await attacker.visit((auth) => auth.userId())).toBeUndefined()
    expect((await of.sessions.read(attacker.request())).size).toBe(0)
    expect((await of.sessions.read(victim.request())).get('note')).toBeUndefined()
  })

  it.each(['ada', 'bob'])('gives a new id also where ada is signed in already, and now %s signs in', async (id) => {
    const of = site()
    const browser = of.browser()
    await signIn(of, browser, 'ada')
    const before = browser.cookie
    await signIn(of, browser, id)
    expect(browser.cookie).not.toBe(before)
    const old = of.browser()
    old.cookie = before
    expect(await old.visit((auth) => auth.userId())).toBeUndefined()
    expect(await browser.visit((auth) => auth.userId())).toBe(id)
    expect(of.events.at(-1)).toMatchObject({ type: 'signed-in', userId: id, previousUserId: 'ada' })
  })

  it('keeps what `keep` names and nothing else', async () => {
    const of = site()
    const browser = of.browser()
    await browser.visit(async (_auth, request) => {
      const session = await of.sessions.write(request)
      session.set('cart', ['tea']).set('note', 'of the guest')
    })
    await signIn(of, browser, 'ada', { keep: ['cart', 'not there'] })
    const session = await of.sessions.read(browser.request())
    expect([session.get('cart'), session.get('note'), session.size]).toEqual([['tea'], undefined, 2])
  })

  it('begins the time of the session anew', async () => {
    const of = site()
    const browser = of.browser()
    await browser.visit(async (_auth, request) => {
      ;(await of.sessions.write(request)).set('note', 'long ago')
    })
    of.wait(DAY / 2)
    await signIn(of, browser, 'ada')
    const [info] = await of.sessions.listByOwner('ada')
    expect(info?.createdAt).toBe(Date.UTC(2030, 0, 1, 12))
  })

  it('makes one user’s "remember me" never the next one’s', async () => {
    const of = site({ session: { cookie: { persistent: false } } })
    const browser = of.browser()
    const lines = async (id: string, remember: SignInOptions['remember'] = false): Promise<string> => {
      let line = ''
      const request = browser.request()
      const response = await of.sessions.handle(request, async () => {
        await of.login.of(request).signIn(userOf(of, id), { remember })
        return new Response()
      })
      line = response.headers.getSetCookie()[0] ?? ''
      browser.receive(response)
      return line
    }
    expect(await lines('ada', true)).toContain(`Max-Age=${30 * DAY}`)
    expect(await lines('bob')).not.toContain('Max-Age')
    expect(await lines('ada', { idleTimeout: DAY, absoluteTimeout: 2 * DAY })).toContain(`Max-Age=${DAY}`)
  })

  it('lasts as long as `remember` says', async () => {
    const of = site()
    const [remembered, ordinary] = [of.browser(), of.browser()]
    await signIn(of, remembered, 'ada', { remember: true })
    await signIn(of, ordinary, 'ada')
    of.wait(29 * DAY)
    expect(await remembered.visit((auth) => auth.userId())).toBe('ada')
    expect(await ordinary.visit((auth) => auth.userId())).toBeUndefined()
    of.wait(2 * DAY)
    expect(await remembered.visit((auth) => auth.userId())).toBeUndefined()
  })

  it('is stored when it returns, also where the handler throws after it', async () => {
    const of = site()
    const request = new Request('https://example.com/')
    const handled = of.sessions.handle(request, async () => {
      await of.login.of(request).signIn(userOf(of, 'ada'))
      throw new Error('the mail could not be sent')
    })
    await expect(handled).rejects.toThrow('the mail')
    expect(await of.sessions.listByOwner('ada')).toHaveLength(1)
  })

  it('takes the label of the device, and cuts off what is too long', async () => {
    const of = site({ describeDevice: (request) => ({ label: request.headers.get('user-agent') ?? undefined }) })
    for (const [agent, label] of [
      ['Firefox', undefined],
      ['x'.repeat(300), undefined],
      ['Firefox', 'my phone'],
    ] as const) {
      const request = new Request('https://example.com/', { headers: { 'user-agent': agent } })
      await of.sessions.handle(request, async () => {
        await of.login.of(request).signIn(userOf(of, 'ada'), label ? { label } : {})
        return new Response()
      })
      of.wait(1)
    }
    const labels = (await of.sessions.listByOwner('ada')).sort((a, b) => a.createdAt - b.createdAt)
    expect(labels.map(({ label }) => label)).toEqual(['Firefox', 'x'.repeat(256), 'my phone'])
  })

  it.each([
    ['at the limit', `${'x'.repeat(254)}📱`, `${'x'.repeat(254)}📱`],
    ['across it', `${'x'.repeat(255)}📱`, 'x'.repeat(255)],
    ['beyond it', `${'x'.repeat(256)}📱`, 'x'.repeat(256)],
  ])('cuts no label through a character: %s', async (_where, described, label) => {
    const of = site({ describeDevice: () => ({ label: described }) })
    await signIn(of, of.browser(), 'ada')
    expect(await of.sessions.listByOwner('ada')).toMatchObject([{ label }])
  })

  it.each<[string, () => unknown]>([
    ['a text', () => 'Firefox'],
    ['a promise', async () => ({ label: 'Firefox' })],
    ['one that rejects', () => Promise.reject(new Error('of describeDevice'))],
  ])('refuses %s in the place of what describes the device', async (_what, describeDevice) => {
    const of = site({ describeDevice: describeDevice as () => undefined })
    await expect(signIn(of, of.browser(), 'ada')).rejects.toThrow(
      'createLogin: describeDevice must return an object with a label, and must not be async',
    )
  })

  it('of a double click leaves one signed in', async () => {
    const of = site()
    const browser = of.browser()
    await browser.visit(async (_auth, request) => {
      ;(await of.sessions.write(request)).set('note', 'a guest')
    })
    const [one, two] = [of.browser(), of.browser()]
    one.cookie = two.cookie = browser.cookie
    await Promise.all([signIn(of, one, 'ada'), signIn(of, two, 'ada')])
    expect(await two.visit((auth) => auth.userId())).toBe('ada')
  })

  it('is possible within a request whose session was superseded meanwhile', async () => {
    const of = site()
    const [first, second] = [of.browser(), of.browser()]
    await first.visit(async (_auth, request) => {
      ;(await of.sessions.write(request)).set('note', 'a guest')
    })
    second.cookie = first.cookie
    await signIn(of, first, 'ada')
    await signIn(of, second, 'ada')
    expect(await second.visit((auth) => auth.userId())).toBe('ada')
  })

  it('works with nothing but a handle of the session', async () => {
    const of = site()
    const handle = of.sessions.open('')
    const headers = new Headers()
    await of.login.of(handle).signIn(userOf(of, 'ada'))
    await of.sessions.commitHeaders(handle, headers)
    const again = of.sessions.open(headers.getSetCookie()[0]?.split(';')[0])
    expect(await of.login.of(again).userId()).toBe('ada')
  })
})

describe('a sign-in says in words what is wrong with', () => {
  /** What is thrown, and what is left of the guest's session. */
  const attempt = async (
    user: unknown,
    options: unknown = {},
  ): Promise<[error: unknown, left: unknown, isSame: boolean]> => {
    const of = site()
    const browser = of.browser()
    await browser.visit(async (_auth, request) => {
      ;(await of.sessions.write(request)).set('note', 'of a guest')
    })
    const { cookie } = browser
    const error = await browser
      .visit((auth) => auth.signIn(user as User, options as SignInOptions).catch((error: unknown) => error))
      .catch((error: unknown) => error)
    const session = await of.sessions.read(browser.request())
    return [error, [session.toJSON(), session.owner], browser.cookie === cookie]
  }

  it.each([
    ['no user', undefined, {}, /was given no user/],
    ['a user without id', { passwordHash: 'x' }, {}, /userId must give a text/],
    ['a number as id', { id: 7, passwordHash: 'x' }, {}, /String\(user\.id\)/],
    ['an empty credential', { id: 'ada', passwordHash: '' }, {}, /credential must give a text/],
    ['no credential', { id: 'ada' }, {}, /credential must give a text/],
    ['an unknown option', { id: 'ada', passwordHash: 'x' }, { rememberMe: true }, /signIn: rememberMe is no option/],
    ['a number as label', { id: 'ada', passwordHash: 'x' }, { label: 7 }, /signIn: label must be/],
    ['a long label', { id: 'ada', passwordHash: 'x' }, { label: 'x'.repeat(257) }, /signIn: label must be/],
    ['an id that no store keeps', { id: '\ud800', passwordHash: 'x' }, {}, /well-formed/],
    ['a wrong remember', { id: 'ada', passwordHash: 'x' }, { remember: 'on' }, /signIn: remember takes/],
    ['milliseconds', { id: 'ada', passwordHash: 'x' }, { remember: { idleTimeout: 1e12 } }, /idleTimeout/],
    ['an empty factor', { id: 'ada', passwordHash: 'x' }, { factor: '' }, /signIn: factor must be/],
    ['a key that is its own', { id: 'ada', passwordHash: 'x' }, { keep: ['$login'] }, /signIn: keep must be/],
  ])('%s', async (_what, user, options, message) => {
    const [error, left, isSame] = await attempt(user, options)
    expect([left, isSame]).toEqual([[{ note: 'of a guest' }, undefined], true])
    expect(error).toBeInstanceOf(TypeError)
    expect((error as Error).message).toMatch(message)
  })

  it('a schema that drops what login keeps', async () => {
    const schema = {
      '~standard': {
        version: 1 as const,
        vendor: 'a test',
        validate: (value: unknown) => ({ value: { note: (value as { note?: string }).note ?? '' } }),
      },
    }
    const sessions = new SessionManager<{ note: string }>({ store: new MemoryStore(), secret, schema })
    const login = createLogin<User>({
      sessions,
      secret,
      userId: (user) => user.id,
      loadUser: (id): User => ({ id, passwordHash: 'x' }),
      credential: (user) => user.passwordHash,
    })
    const request = new Request('https://example.com/')
    await expect(login.of(request).signIn({ id: 'ada', passwordHash: 'x' })).rejects.toThrow(/\$login/)
  })
})

describe('signing out', () => {
  it('ends the session in the store, and takes the cookie away', async () => {
    const of = site()
    const browser = of.browser()
    await signIn(of, browser, 'ada')
    const copy = of.browser()
    copy.cookie = browser.cookie
    await browser.visit((auth) => auth.signOut())
    expect(browser.cookie).toBe('')
    expect(await copy.visit((auth) => auth.userId())).toBeUndefined()
    expect(await of.sessions.listByOwner('ada')).toEqual([])
  })

  it('resets the session of a guest as well, and tells of nobody', async () => {
    const of = site()
    const browser = of.browser()
    await browser.visit(async (_auth, request) => {
      ;(await of.sessions.write(request)).set('note', 'a guest')
    })
    await browser.visit((auth) => auth.signOut())
    expect([browser.cookie, of.told()]).toEqual(['', []])
  })

  it.each([
    [undefined, null],
    [false, null],
    [true, '"cache", "storage"'],
    [['*'] as const, '"*"'],
  ])('asks the browser to forget what `clearSiteData` says: %s', async (clearSiteData, header) => {
    const of = site(clearSiteData === undefined ? {} : { clearSiteData })
    const browser = of.browser()
    for (const how of ['signOut', 'signOutEverywhere'] as const) {
      await signIn(of, browser, 'ada')
      const headers = await browser.visit((auth) => auth[how]())
      expect(headers.get('clear-site-data')).toBe(header)
    }
  })
})
