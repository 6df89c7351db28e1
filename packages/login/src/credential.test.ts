import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CredentialHash } from './credential.js'
import { secret, site, userOf } from './testing/site.js'

const newer = 'a newer secret of the tests of login, long enough as well'

describe('the hash of a credential', () => {
  it('fits the user and the credential that it was made of, and no other', async () => {
    const hash = new CredentialHash(secret)
    const made = await hash.make('ada', 'her hash')
    expect(made).toMatch(/^[\w-]{43}$/)
    expect(await hash.check(made, 'ada', 'her hash')).toBe('right')
    expect(await hash.check(made, 'bob', 'her hash')).toBe('wrong')
    expect(await hash.check(made, 'ada', 'another')).toBe('wrong')
    expect(await new CredentialHash(newer).check(made, 'ada', 'her hash')).toBe('wrong')
  })

  it('tells apart what would be the same text if it were put together', async () => {
    const hash = new CredentialHash(secret)
    const text = fc.string({ minLength: 1, maxLength: 6, unit: fc.constantFrom('a', '"', ',', '\\', '\n') })
    await fc.assert(
      fc.asyncProperty(text, text, text, text, async (id, credential, otherId, other) => {
        fc.pre(id !== otherId || credential !== other)
        expect(await hash.check(await hash.make(id, credential), otherId, other)).toBe('wrong')
      }),
      { numRuns: 200 },
    )
  })

  it('is wrong, and no error, for what is no hash', async () => {
    const hash = new CredentialHash(secret)
    for (const text of ['', 'x', 'ä'.repeat(43), `${'x'.repeat(43)}=`, 'x'.repeat(44)]) {
      expect(await hash.check(text, 'ada', 'her hash')).toBe('wrong')
    }
  })

  it('goes on under a newer secret', async () => {
    const made = await new CredentialHash(secret).make('ada', 'her hash')
    const rotated = new CredentialHash([newer, secret])
    expect(await rotated.check(made, 'ada', 'her hash')).toBe('stale')
    expect(await rotated.check(await rotated.make('ada', 'her hash'), 'ada', 'her hash')).toBe('right')
  })

  it('is what its format says: HMAC-SHA256 by a key of HKDF, over the two as JSON', async () => {
    const bytes = new TextEncoder()
    const base = await crypto.subtle.importKey('raw', bytes.encode(secret), 'HKDF', false, ['deriveBits'])
    const info = bytes.encode('fetch-sessions/v1/login-credential')
    const bits = await crypto.subtle.deriveBits(
      { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info },
      base,
      256,
    )
    const key = await crypto.subtle.importKey('raw', bits, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
    const mac = new Uint8Array(await crypto.subtle.sign('HMAC', key, bytes.encode('["ada","her hash"]')))
    const text = btoa(String.fromCharCode(...mac))
      .replaceAll('+', '-')
      .replaceAll('/', '_')
      .replaceAll('=', '')
    expect(await new CredentialHash(secret).make('ada', 'her hash')).toBe(text)
  })
})

describe('a secret', () => {
  it.each([
    ['missing', undefined, /secret is missing/],
    ['an empty list', [], /secret is missing/],
    ['short', 'short', /secret is too short/],
    ['short in a list', [secret, 'short'], /secret is too short/],
    ['one repeated byte', 'x'.repeat(40), /one repeated byte/],
    ['a number', 7, /must be a string/],
  ])('that is %s is a TypeError', (_what, value, message) => {
    expect(() => new CredentialHash(value as never)).toThrow(message)
    expect(() => new CredentialHash(value as never)).toThrow(TypeError)
  })
})

describe('a credential that changes', () => {
  it('signs out at the next use, wherever that is, and leaves nothing of the session', async () => {
    const of = site()
    const [one, two] = [of.browser(), of.browser()]
    for (const browser of [one, two]) await browser.visit((auth) => auth.signIn(userOf(of, 'ada')))
    await one.visit(async (_auth, request) => {
      ;(await of.sessions.write(request)).set('note', 'of ada')
    })
    of.told()
    userOf(of, 'ada').passwordHash = 'another'
    for (const browser of [one, two]) expect(await browser.visit((auth) => auth.user())).toBeUndefined()
    // Ten seconds after that, nothing that it held is left either.
    of.wait(10)
    const old = Object.assign(of.browser(), { cookie: one.cookie })
    for (const browser of [one, two]) expect(await browser.visit((auth) => auth.user())).toBeUndefined()
    expect(of.events).toMatchObject([
      { type: 'ended', reason: 'credential', userId: 'ada' },
      { type: 'ended', reason: 'credential', userId: 'ada' },
    ])
    expect(await of.sessions.listByOwner('ada')).toEqual([])
    for (const browser of [one, old]) expect((await of.sessions.read(browser.request())).size).toBe(0)
  })

  it('signs out from the first moment on, by the session alone as well', async () => {
    const of = site()
    const browser = of.browser()
    await browser.visit((auth) => auth.signIn(userOf(of, 'ada')))
    userOf(of, 'ada').passwordHash = 'another'
    await browser.visit((auth) => auth.user())
    expect(await browser.visit((auth) => auth.userId())).toBeUndefined()
    of.told()
    const guard = of.login.guard()
    expect((await browser.visit((_auth, request) => guard(request)))?.status).toBe(401)
    expect(of.events).toEqual([{ type: 'refused', reason: 'signed-out', time: Date.UTC(2030, 0, 1) }])
    await browser.visit(async (auth) => {
      await expect(auth.confirm('password')).rejects.toMatchObject({ code: 'ERR_LOGIN_REQUIRED' })
    })
  })

  it('signs nobody out for good where users come from a copy that was behind', async () => {
    let isBehind = false
    const of = site({ loadUser: async (id) => ({ id, passwordHash: isBehind ? 'the one before' : `hash of ${id}` }) })
    const browser = of.browser()
    await browser.visit((auth) => auth.signIn(userOf(of, 'ada')))
    for (const seconds of [0, 3600]) {
      of.wait(seconds)
      isBehind = true
      expect(await browser.visit((auth) => auth.user())).toBeUndefined()
      isBehind = false
      await browser.visit((auth) => auth.confirm('password'))
      expect(await browser.visit((auth) => auth.userId())).toBe('ada')
    }
  })

  it('and stays as it was, signs nobody out', async () => {
    const of = site()
    const browser = of.browser()
    await browser.visit((auth) => auth.signIn(userOf(of, 'ada')))
    for (let i = 0; i < 3; i++) expect(await browser.visit((auth) => auth.user())).toBe(userOf(of, 'ada'))
  })

  it('here goes on here, under a new id, and nowhere else', async () => {
    const of = site()
    const [here, there, bob] = [of.browser(), of.browser(), of.browser()]
    for (const browser of [here, there]) await browser.visit((auth) => auth.signIn(userOf(of, 'ada')))
    await bob.visit((auth) => auth.signIn(userOf(of, 'bob')))
    const before = here.cookie
    of.told()
    await here.visit(async (auth) => {
      const user = await auth.user()
      userOf(of, 'ada').passwordHash = 'another'
      await auth.credentialChanged(userOf(of, 'ada'))
      expect(await auth.user()).toBe(user)
    })
    expect(of.events).toMatchObject([{ type: 'credential-changed', userId: 'ada', count: 1 }])
    expect(here.cookie).not.toBe(before)
    expect(await here.visit((auth) => auth.user())).toMatchObject({ id: 'ada' })
    expect(await there.visit((auth) => auth.userId())).toBeUndefined()
    expect(await bob.visit((auth) => auth.userId())).toBe('bob')
  })

  it('of another user, such as by a link that came by mail, ends all sessions of that one', async () => {
    const of = site()
    const [ada, bob] = [of.browser(), of.browser()]
    await ada.visit((auth) => auth.signIn(userOf(of, 'ada')))
    await bob.visit((auth) => auth.signIn(userOf(of, 'bob')))
    userOf(of, 'ada').passwordHash = 'another'
    await bob.visit((auth) => auth.credentialChanged(userOf(of, 'ada')))
    expect(await ada.visit((auth) => auth.userId())).toBeUndefined()
    expect(await bob.visit((auth) => auth.userId())).toBe('bob')
    await of.browser().visit((auth) => auth.credentialChanged(userOf(of, 'bob')))
    expect(await bob.visit((auth) => auth.userId())).toBeUndefined()
  })

  it('is found out after the response was sent as well, as by a stream, and ended by the next request', async () => {
    const of = site()
    const browser = of.browser()
    await browser.visit((auth) => auth.signIn(userOf(of, 'ada')))
    const request = browser.request()
    await of.sessions.handle(request, () => new Response('a stream'))
    userOf(of, 'ada').passwordHash = 'another'
    expect(await of.login.of(request).user()).toBeUndefined()
    for (const left of [1, 0]) {
      expect(await of.sessions.listByOwner('ada')).toHaveLength(1)
      expect(await browser.visit((auth) => auth.user())).toBeUndefined()
      expect(await of.sessions.listByOwner('ada')).toHaveLength(left)
      of.wait(10)
    }
  })

  it('while another request of the same browser looks does not end what the change has begun', async () => {
    const of = site()
    const browser = of.browser()
    await browser.visit((auth) => auth.signIn(userOf(of, 'ada')))
    const poll = of.browser()
    poll.cookie = browser.cookie
    await poll.visit(async (auth, request) => {
      await of.sessions.read(request)
      await browser.visit(async (auth) => {
        await auth.user()
        userOf(of, 'ada').passwordHash = 'another'
        await auth.credentialChanged(userOf(of, 'ada'))
      })
      expect(await auth.user()).toBeUndefined()
    })
    expect(poll.cookie).not.toBe('')
    expect(await browser.visit((auth) => auth.user())).toMatchObject({ id: 'ada' })
  })
})

describe('secrets that rotate', () => {
  it('sign nobody out, and the hash is made anew', async () => {
    const before = site()
    const browser = before.browser()
    await browser.visit((auth) => auth.signIn(userOf(before, 'ada'), { factor: 'password' }))
    const between = site({ store: before.store, secret: [newer, secret] })
    const same = between.browser()
    same.cookie = browser.cookie
    expect(await same.visit((auth) => auth.user())).toMatchObject({ id: 'ada' })
    expect(await same.visit((auth) => auth.isFresh(60, 'password'))).toBe(true)
    expect(between.told()).toEqual(['rehashed'])
    const after = site({ store: before.store, secret: newer })
    const again = after.browser()
    again.cookie = same.cookie
    expect(await again.visit((auth) => auth.user())).toMatchObject({ id: 'ada' })
    expect(after.told()).toEqual([])
  })

  it('do not make it anew each time that servers with other lists take turns', async () => {
    const one = site({ secret: [secret, newer] })
    const other = site({ store: one.store, secret: [newer, secret] })
    const browser = one.browser()
    await browser.visit((auth) => auth.signIn(userOf(one, 'ada')))
    for (const minute of [1, 2]) {
      for (let i = 0; i < 10; i++) {
        for (const of of [other, one]) {
          const same = Object.assign(of.browser(), { cookie: browser.cookie })
          expect(await same.visit((auth) => auth.user())).toMatchObject({ id: 'ada' })
        }
      }
      const told = [one, other].flatMap((of) => of.events.filter(({ type }) => type === 'rehashed'))
      expect(told).toHaveLength(minute)
      for (const of of [one, other]) of.wait(60)
    }
  })

  it('hash the one of who acts as the user anew as well', async () => {
    const before = site()
    const browser = before.browser()
    await browser.visit((auth) => auth.signIn(userOf(before, 'ada')))
    await browser.visit((auth) => auth.impersonate(userOf(before, 'bob')))
    const between = site({ store: before.store, secret: [newer, secret] })
    const same = between.browser()
    same.cookie = browser.cookie
    for (const told of [['rehashed'], []]) {
      expect(await same.visit((auth) => auth.actor())).toMatchObject({ id: 'ada' })
      expect(between.told()).toEqual(told)
    }
    const after = site({ store: before.store, secret: newer })
    const again = after.browser()
    again.cookie = same.cookie
    expect(await again.visit((auth) => auth.stopImpersonating())).toMatchObject({ id: 'ada' })
  })
  it('sign nobody out while servers with the list of before serve beside those with the next one', async () => {
    const steps = [[secret], [secret, newer], [newer, secret], [newer]]
    for (const [index, next] of steps.entries()) {
      const before = site({ secret: steps[Math.max(0, index - 1)] as string[] })
      const after = site({ store: before.store, secret: next })
      for (const [first, second] of [
        [before, after],
        [after, before],
      ] as const) {
        const browser = first.browser()
        await browser.visit((auth) => auth.signIn(userOf(first, 'ada')))
        const same = second.browser()
        same.cookie = browser.cookie
        expect(await same.visit((auth) => auth.user())).toMatchObject({ id: 'ada' })
      }
    }
  })
})
