import { CookieStore, type SessionOptions } from '@fetch-sessions/core'
import { describe, expect, it } from 'vitest'
import { application, type Data } from './testing/application.js'
import { Browser } from './testing/browser.js'

const MINUTE = 60

describe('a sign-in, in a browser that has device bound sessions', () => {
  it.each(['ES256', 'RS256'] as const)('is bound to its device, by a key for %s', async (algorithm) => {
    const { fetch, events } = application()
    const browser = new Browser(fetch, algorithm)
    expect(await browser.visit('/')).toBe('unbound nobody')
    await browser.visit('/sign-in')
    expect(await browser.visit('/')).toBe('proven ada')
    expect(await browser.visit('/')).toBe('proven ada')
    expect(events.map(({ type }) => type)).toEqual(['registered', 'proven'])
  })

  it('gets the page of its sign-in with the type that it had', async () => {
    const { sessions, bound } = application()
    const request = new Request('https://shop.example/sign-in')
    const response = await sessions.handle(request, async (handle) => {
      ;(await handle.write()).set('user', 'ada')
      return bound.register(request, new Response('welcome'))
    })
    expect(response.headers.has('Secure-Session-Registration')).toBe(true)
    expect((await response.blob()).type).toBe((await new Response('welcome').blob()).type)
  })

  it('gets one more cookie, as narrow as a cookie can be', async () => {
    const { fetch } = application()
    const browser = new Browser(fetch, 'ES256')
    await browser.visit('/sign-in')
    browser.loseBoundCookie()
    const response = await browser.refresh()
    expect(response.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^__Host-sid-bound=[\w.-]+; Max-Age=600; Path=\/; Secure; HttpOnly; SameSite=Lax$/),
    ])
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(await response.json()).toEqual({
      session_identifier: '__Host-sid-bound@shop.example',
      refresh_url: expect.stringMatching(/^\/device-bound\/refresh\?of=[\w.-]+$/),
      scope: { include_site: false },
      credentials: [{ type: 'cookie', name: '__Host-sid-bound', attributes: 'Path=/; Secure; HttpOnly; SameSite=Lax' }],
    })
  })

  it('is renewed without a word, as often as it takes', async () => {
    const { fetch, clock } = application()
    const browser = new Browser(fetch, 'ES256')
    await browser.visit('/sign-in')
    for (let round = 0; round < 20; round++) {
      clock.passes(10 * MINUTE)
      browser.loseBoundCookie()
      expect(await browser.visit('/')).toBe('proven ada')
    }
    // The challenge that came with the answer before was good each time.
    expect(browser.sent).toHaveLength(21)
  })

  it('is renewed in one more round trip after a night, when the challenge is out of date', async () => {
    const { fetch, clock, events } = application()
    const browser = new Browser(fetch, 'ES256')
    await browser.visit('/sign-in')
    clock.passes(8 * 60 * MINUTE)
    browser.loseBoundCookie()
    expect(await browser.visit('/')).toBe('proven ada')
    expect(events).toContainEqual({ type: 'rejected', endpoint: 'refresh', reason: 'challenge' })
    expect(browser.sent).toHaveLength(3)
  })

  it('is asked for a proof where it has no challenge yet', async () => {
    const { fetch } = application()
    const browser = new Browser(fetch, 'ES256')
    await browser.visit('/sign-in')
    browser.loseBoundCookie()
    Object.assign(browser.session ?? {}, { challenge: undefined })
    expect(await browser.visit('/')).toBe('proven ada')
  })

  it('stays bound under a new id', async () => {
    const { fetch, clock } = application()
    const browser = new Browser(fetch, 'ES256')
    await browser.visit('/sign-in')
    expect(await browser.visit('/regenerate')).toBe('proven ada')
    clock.passes(10 * MINUTE)
    browser.loseBoundCookie()
    expect(await browser.visit('/')).toBe('proven ada')
  })

  it('goes on with a secret that is replaced, and with the new one alone after the next refresh', async () => {
    const older = application()
    const browser = new Browser((request) => now(request), 'ES256')
    let now = older.fetch
    await browser.visit('/sign-in')
    expect(await browser.visit('/')).toBe('proven ada')
    const [old, fresh] = ['thirty-two bytes of secret, at least', 'a new secret, with more than enough bytes in it']
    const { store, clock } = older
    now = application({ now: clock.now }, { store, now: clock.now, secret: [fresh, old] }).fetch
    expect(await browser.visit('/')).toBe('proven ada')
    browser.loseBoundCookie()
    // The session's own cookie is signed anew when it is written.
    expect(await browser.visit('/count')).toBe('proven ada')
    now = application({ now: clock.now }, { store, now: clock.now, secret: fresh }).fetch
    browser.loseBoundCookie()
    expect(await browser.visit('/')).toBe('proven ada')
  })
})

describe('a sign-out', () => {
  it('ends the binding with the next refresh, which finds no session', async () => {
    const { fetch, events } = application()
    const browser = new Browser(fetch, 'ES256')
    await browser.visit('/sign-in')
    await browser.visit('/sign-out')
    expect(await browser.visit('/')).toBe('unbound nobody')
    browser.loseBoundCookie()
    expect(await browser.visit('/')).toBe('unbound nobody')
    expect(browser.session).toBeUndefined()
    expect(events.at(-1)?.type).toBe('ended')
  })

  it('is followed by another sign-in, with a binding of its own', async () => {
    const { fetch, events } = application()
    const browser = new Browser(fetch, 'ES256')
    await browser.visit('/sign-in')
    await browser.visit('/')
    await browser.visit('/sign-out')
    await browser.visit('/sign-in')
    expect(await browser.visit('/')).toBe('proven ada')
    browser.loseBoundCookie()
    expect(await browser.visit('/')).toBe('proven ada')
    const bindings = events.flatMap((event) => (event.type === 'proven' ? [event.binding] : []))
    expect(new Set(bindings).size).toBe(2)
  })

  it('with refreshInitiators does not end it: a refresh for another site brings no session', async () => {
    const { fetch } = application({ refreshInitiators: ['news.example'] })
    const browser = new Browser(fetch, 'ES256')
    await browser.visit('/sign-in')
    browser.cookies.clear()
    const response = await browser.refresh()
    expect(await response.json()).toMatchObject({ allowed_refresh_initiators: ['news.example'] })
    expect(browser.cookies.has('__Host-sid-bound')).toBe(true)
  })
})

describe('a second sign-in without a sign-out', () => {
  it('begins a binding of its own, and the old bound cookie proves nothing for it', async () => {
    const { fetch } = application()
    const browser = new Browser(fetch, 'ES256')
    await browser.visit('/sign-in')
    await browser.visit('/')
    const before = browser.cookies.get('__Host-sid-bound') ?? ''
    await browser.visit('/sign-in')
    const after = browser.cookies.get('__Host-sid-bound') ?? ''
    browser.cookies.set('__Host-sid-bound', before)
    expect(await browser.visit('/')).toBe('unbound ada')
    browser.cookies.set('__Host-sid-bound', after)
    expect(await browser.visit('/')).toBe('proven ada')
    browser.cookies.set('__Host-sid-bound', before)
    expect(await browser.visit('/')).toBe('missing nobody')
  })
})

describe('a browser that does not know device bound sessions', () => {
  it('notices nothing', async () => {
    const { fetch, clock } = application()
    const browser = new Browser(fetch)
    await browser.visit('/sign-in')
    expect(await browser.visit('/')).toBe('unbound ada')
    clock.passes(60 * MINUTE)
    expect(await browser.visit('/')).toBe('unbound ada')
    expect([...browser.cookies.keys()]).toEqual(['__Host-sid'])
  })

  it('is not signed in any more after a minute, where proof is required', async () => {
    const { fetch, clock } = application({ policy: 'required' })
    const browser = new Browser(fetch)
    expect(await browser.visit('/')).toBe('unbound nobody')
    await browser.visit('/sign-in')
    expect(await browser.visit('/')).toBe('unbound ada')
    clock.passes(61)
    expect(await browser.visit('/')).toBe('missing nobody')
  })
})

describe('where proof is required', () => {
  it('a session that was never bound lacks it', async () => {
    const { fetch, sessions } = application({ policy: 'required' })
    const { cookie } = await sessions.issue({ user: 'ada' })
    const response = await fetch(new Request('https://shop.example/', { headers: { cookie } }))
    expect(await response.text()).toBe('missing nobody')
  })

  it('a browser that has it goes on', async () => {
    const { fetch, clock } = application({ policy: 'required' })
    const browser = new Browser(fetch, 'ES256')
    await browser.visit('/sign-in')
    clock.passes(61)
    expect(await browser.visit('/')).toBe('proven ada')
  })
})

describe('a first proof in a request whose handler throws', () => {
  it('is noted by the next one', async () => {
    const { fetch } = application()
    const owner = new Browser(fetch, 'ES256')
    await owner.visit('/sign-in')
    await expect(owner.visit('/throw')).rejects.toThrow('the handler failed')
    const thief = owner.stolen()
    thief.loseBoundCookie()
    expect(await thief.visit('/')).toBe('unbound ada')
    await owner.visit('/')
    expect(await thief.visit('/')).toBe('missing nobody')
  })
})

describe('first proofs of several requests at once', () => {
  it('are one, and lose no change of the others', async () => {
    const { fetch, sessions } = application()
    const browser = new Browser(fetch, 'ES256')
    await browser.visit('/sign-in')
    const shown = await Promise.all(Array.from({ length: 5 }, () => browser.visit('/count')))
    expect(shown).toEqual(Array(5).fill('proven ada'))
    const session = await sessions.read(`__Host-sid=${browser.cookies.get('__Host-sid')}`)
    expect(session.get('visits')).toBe(5)
  })
})

describe('a proof after the response was committed', () => {
  it('is one, and is noted by the next request', async () => {
    const { fetch, sessions, bound, events } = application()
    const browser = new Browser(fetch, 'ES256')
    await browser.visit('/sign-in')
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const request = new Request('https://shop.example/', { headers: { cookie } })
    await sessions.commit(request, new Response())
    expect(await bound.state(request)).toBe('proven')
    expect(events.map(({ type }) => type)).not.toContain('proven')
  })
})

describe('a schema', () => {
  const schema = (pass: boolean): NonNullable<SessionOptions<Data>['schema']> => ({
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (value) => {
        const { user, visits, ...others } = value as Data
        return { value: { user, visits: visits ?? 0, ...(pass && others) } }
      },
    },
  })

  it('that drops the binding is an error of the sign-in, with what to do', async () => {
    for (const store of [undefined, new CookieStore()]) {
      const { fetch } = application({}, { schema: schema(false), ...(store && { store }) })
      await expect(new Browser(fetch).visit('/sign-in')).rejects.toThrow(/drops the key "deviceBound".*z\.object/)
    }
  })

  it('that lets it pass is none', async () => {
    const { fetch } = application({}, { schema: schema(true) })
    const browser = new Browser(fetch, 'ES256')
    await browser.visit('/sign-in')
    expect(await browser.visit('/')).toBe('proven ada')
  })

  it('is told of by an event where a framework without a Response has bound the session', async () => {
    const { sessions, bound, fetch, events, clock, store } = application()
    const browser = new Browser(fetch, 'ES256')
    await browser.visit('/sign-in')
    events.length = 0
    const dropping = application(
      { now: clock.now, onEvent: (event) => void events.push(event) },
      {
        store,
        now: clock.now,
        schema: schema(false),
      },
    )
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const request = new Request('https://shop.example/', { headers: { cookie } })
    expect(await dropping.bound.state(request)).toBe('unbound')
    expect(events).toEqual([{ type: 'unknown', binding: expect.any(String), id: (await sessions.read(cookie)).id }])
    expect(await bound.state(new Request(request))).toBe('proven')
  })
})

describe('sessions in their cookies', () => {
  it('are bound as well', async () => {
    const { fetch, clock } = application({}, { store: new CookieStore() })
    const owner = new Browser(fetch, 'ES256')
    await owner.visit('/sign-in')
    expect(await owner.visit('/')).toBe('proven ada')
    const thief = owner.stolen()
    clock.passes(10 * MINUTE)
    expect(await thief.visit('/')).toBe('missing nobody')
    owner.loseBoundCookie()
    expect(await owner.visit('/')).toBe('proven ada')
  })
})

describe('two managers side by side', () => {
  it('have bound cookies of their own, neither of which is good for the other', async () => {
    const visitors = application()
    const admins = application({ path: '/admin-bound' }, { cookie: { name: '__Host-admin' } })
    const browser = new Browser(
      async (request) => visitors.bound.handle(request) ?? admins.bound.handle(request) ?? visitors.fetch(request),
      'ES256',
    )
    await browser.visit('/sign-in')
    const value = browser.cookies.get('__Host-sid-bound') ?? ''
    const session = await admins.sessions.issue({ user: 'ada' })
    const request = new Request('https://shop.example/', {
      headers: { cookie: `${session.cookie}; __Host-admin-bound=${value}` },
    })
    expect(await admins.bound.state(request)).toBe('unbound')
    expect(admins.events).toEqual([])
  })

  it('have bound cookies of their own also where their session cookies differ by the path alone', async () => {
    const [visitors, shop, admins] = [
      application(),
      application({ path: '/shop/bound' }, { cookie: { path: '/shop' } }),
      application({ path: '/admin/bound' }, { cookie: { path: '/admin' } }),
    ]
    const browsers = [visitors, shop, admins].map(({ fetch }) => new Browser(fetch, 'ES256'))
    for (const browser of browsers) await browser.visit('/sign-in')
    const names = browsers.map(({ session }) => session?.cookie)
    const identifiers = browsers.map(({ session }) => session?.identifier)
    expect(names).toEqual(['__Host-sid-bound', '__Host-Secure-sid.shop-bound', '__Host-Secure-sid.admin-bound'])
    expect(new Set(identifiers).size).toBe(3)
  })

  it('may be one application behind a proxy that says another host', async () => {
    const { fetch } = application({ origin: 'https://app.example' })
    const browser = new Browser(fetch, 'ES256')
    await browser.visit('/sign-in')
    expect(browser.session?.identifier).toBe('__Host-sid-bound@app.example')
  })
})

describe('frameworks without a Request or a Response', () => {
  it('get the header, and the state by handle and headers', async () => {
    const { sessions, bound, store } = application()
    const handle = sessions.open('')
    const session = await handle.write()
    session.set('user', 'ada')
    expect(await bound.bind(session)).toMatch(/^\(ES256 RS256\);path="\/device-bound\/register";challenge="[\w.-]+"$/)
    await handle.save()
    expect(await bound.stateOf(handle, new Headers())).toBe('unbound')
    expect(store.methods).toEqual(['create'])
  })
})
