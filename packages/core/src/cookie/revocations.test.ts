import { describe, expect, it } from 'vitest'
import { andThen } from '../awaitable.js'
import {
  type Awaitable,
  CookieStore,
  SessionManager,
  type SessionOptions,
  type SessionRecord,
  SessionStoreError,
} from '../index.js'
import { Clock } from '../testing/clock.js'
import { gate } from '../testing/gate.js'
import { cookieAfter } from '../testing/response-cookies.js'
import { secret } from '../testing/secret.js'
import { reading, regenerate, signOut, writing } from '../testing/serve.js'
import { StagedStore } from '../testing/staged-store.js'
import { visit } from '../testing/visit.js'

interface Data {
  user: string
}

/** Two processes that keep sessions in their cookies, and what has ended in a store that they share. */
function setUp(maxStaleness?: number, options: Partial<SessionOptions<Data>> = {}) {
  const revoked = new StagedStore()
  const clock = new Clock()
  const store = new CookieStore({ revocations: revoked, ...(maxStaleness !== undefined && { maxStaleness }) })
  const make = (): SessionManager<Data> => new SessionManager<Data>({ store, secret, now: clock.now, ...options })
  const sessions = make()
  const elsewhere = new SessionManager<Data>({
    store: new CookieStore({ revocations: revoked, ...(maxStaleness !== undefined && { maxStaleness }) }),
    secret,
    now: clock.now,
    ...options,
  })
  const userOf = async (cookie: string, by = sessions): Promise<string | undefined> =>
    (await by.read(visit(cookie))).get('user')
  return { revoked, clock, sessions, elsewhere, userOf }
}

const signIn = (sessions: SessionManager<Data>, cookie: string): Promise<Response> =>
  writing(sessions, cookie, (session) => {
    session.regenerate()
    session.setOwner(undefined)
    session.setOwner('ada')
    session.set('user', 'ada')
  })

describe('a session in its cookie, with revocations,', () => {
  it('is not opened by a copy of the cookie after a sign-out, in this process and in another', async () => {
    const { sessions, elsewhere, userOf } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    await signOut(sessions, cookie)
    expect(await userOf(cookie)).toBe(undefined)
    expect(await userOf(cookie, elsewhere)).toBe(undefined)
  })

  it('ends with its owner’s sign-out everywhere, though a request sets the same owner again', async () => {
    const { sessions, elsewhere, clock, userOf } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' }, { owner: 'ada' })
    expect(await userOf(cookie)).toBe('ada')
    clock.passes(5)
    await elsewhere.destroyByOwner('ada')
    clock.passes(1)
    const next = cookieAfter(
      await writing(sessions, cookie, (session) => {
        session.setOwner('ada')
        session.set('user', 'still ada')
      }),
    )
    clock.passes(11)
    expect(await userOf(next)).toBe(undefined)
  })

  it.each<[string, (sessions: SessionManager<Data>, cookie: string) => Promise<Response>]>([
    ['begins', (sessions, cookie) => signIn(sessions, cookie)],
    ['is changed', (sessions, cookie) => writing(sessions, cookie, (session) => session.set('user', 'Ada'))],
    ['gets a new id', regenerate],
  ])('lives on after an earlier sign-out everywhere, though it %s where there are none', async (_, act) => {
    const { sessions, clock, userOf } = setUp()
    const without = new SessionManager<Data>({ store: new CookieStore(), secret, now: clock.now })
    await sessions.destroyByOwner('ada')
    clock.passes(60)
    const { cookie } = await sessions.issue({ user: 'ada' }, { owner: 'ada' })
    const next = cookieAfter(await act(without, cookie))
    clock.passes(60)
    expect(await userOf(next)).toMatch(/ada/i)
    await sessions.destroyByOwner('ada')
    expect(await userOf(next)).toBe(undefined)
  })

  it('ends with destroy(id), and no other does', async () => {
    const { sessions, userOf } = setUp()
    const one = await sessions.issue({ user: 'ada' })
    const other = await sessions.issue({ user: 'grace' })
    expect(await sessions.destroy(one.id)).toBe(true)
    expect(await userOf(one.cookie)).toBe(undefined)
    expect(await userOf(other.cookie)).toBe('grace')
  })

  it('has its old id revoked by a regenerate', async () => {
    const { sessions, elsewhere, userOf } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    const next = cookieAfter(await regenerate(sessions, cookie))
    expect(await userOf(cookie, elsewhere)).toBe(undefined)
    expect(await userOf(next, elsewhere)).toBe('ada')
  })

  it.each([1, 3])('ends with a sign-out that had loaded it before it got %i new ids', async (newIds) => {
    const { sessions, elsewhere, userOf } = setUp(0)
    const { cookie } = await sessions.issue({ user: 'ada' })
    const [isLoaded, isRegenerated] = [gate(), gate()]
    const signingOut = sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      isLoaded.open()
      await isRegenerated.opened
      session.destroy()
      return new Response()
    })
    await isLoaded.opened
    const cookies = [cookie]
    for (let i = 0; i < newIds; i++) cookies.push(cookieAfter(await regenerate(elsewhere, cookies.at(-1) as string)))
    isRegenerated.open()
    expect(cookieAfter(await signingOut)).toBe('')
    for (const one of cookies) expect([await userOf(one), await userOf(one, elsewhere)]).toEqual([undefined, undefined])
  })

  it('of one that signs in again at the moment of a sign-out everywhere lives, until the next', async () => {
    const { sessions, elsewhere, userOf } = setUp(0)
    const other = await sessions.issue({ user: 'other' }, { owner: 'ada' })
    for (let round = 0; round < 3; round++) {
      await sessions.destroyByOwner('ada')
      const one = await sessions.issue({ user: 'ada' }, { owner: 'ada' })
      const next = cookieAfter(await regenerate(sessions, one.cookie))
      expect([await userOf(next), await userOf(next, elsewhere)]).toEqual(['ada', 'ada'])
      await sessions.destroyByOwner('ada', { except: one.id })
      expect([await userOf(next), await userOf(next, elsewhere)]).toEqual([undefined, undefined])
      // The one that is spared goes on under a new id.
      const spared = await sessions.issue({ user: 'ada' }, { owner: 'ada' })
      await sessions.destroyByOwner('ada', { except: spared.id })
      const after = cookieAfter(await regenerate(sessions, spared.cookie))
      expect([await userOf(after), await userOf(after, elsewhere)]).toEqual(['ada', 'ada'])
    }
    expect(await userOf(other.cookie)).toBe(undefined)
  })

  it('lives where it comes after two sign-outs everywhere, of which the first is answered last', async () => {
    const { sessions, revoked, userOf } = setUp(0)
    await sessions.destroyByOwner('ada')
    const [isWritten, mayAnswer] = [gate(), gate()]
    revoked.afterNext('update', () => {
      revoked.afterNext('update', async () => {
        isWritten.open()
        await mayAnswer.opened
      })
    })
    const first = sessions.destroyByOwner('ada')
    await isWritten.opened
    await sessions.destroyByOwner('ada')
    mayAnswer.open()
    await first
    const { cookie } = await sessions.issue({ user: 'ada' }, { owner: 'ada' })
    expect(await userOf(cookie)).toBe('ada')
  })

  it('goes on under its old id where a regenerate fails because it is too large', async () => {
    const { sessions, elsewhere, userOf, revoked } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    const tooLarge = writing(sessions, cookie, (session) => session.set('user', 'x'.repeat(5000)).regenerate())
    await expect(tooLarge).rejects.toMatchObject({ code: 'ERR_SESSION_TOO_LARGE' })
    expect(await userOf(cookie)).toBe('ada')
    expect(await userOf(cookie, elsewhere)).toBe('ada')
    expect(revoked.methods).not.toContain('create')
  })

  it('lives under its new id where the revocations failed at first', async () => {
    const { sessions, elsewhere, userOf, revoked } = setUp(0)
    const { cookie } = await sessions.issue({ user: 'ada' })
    const response = await sessions.handle(visit(cookie), async (handle) => {
      ;(await handle.write()).regenerate()
      revoked.beforeNext('create', () => Promise.reject(new Error('out of reach')))
      await expect(handle.save()).rejects.toThrow(SessionStoreError)
      return new Response()
    })
    const next = cookieAfter(response)
    expect([await userOf(next), await userOf(next, elsewhere)]).toEqual(['ada', 'ada'])
    expect(await userOf(cookie, elsewhere)).toBe(undefined)
  })

  it('stays ended for as long as a cookie can live', async () => {
    const days = 400 * 86_400
    const { sessions, clock, userOf, revoked } = setUp(0, { idleTimeout: days, absoluteTimeout: days })
    const { cookie } = await sessions.issue({ user: 'ada' })
    await signOut(sessions, cookie)
    revoked.deleteExpired(clock.time + (days - 1) * 1000, 1000)
    clock.passes(days - 1)
    expect(await userOf(cookie)).toBe(undefined)
  })
})

describe('destroy(id) of a session in its cookie', () => {
  it('that another process has ended holds here at once as well', async () => {
    const { sessions, elsewhere, userOf } = setUp()
    const { id, cookie } = await sessions.issue({ user: 'ada' })
    expect(await userOf(cookie)).toBe('ada')
    await elsewhere.destroy(id)
    await sessions.destroy(id)
    expect(await userOf(cookie)).toBe(undefined)
  })
})

describe('destroyByOwner of sessions in their cookies', () => {
  it('ends those of the owner and no others; how many that were, nobody knows', async () => {
    const { sessions, clock, elsewhere, userOf } = setUp()
    const phone = await sessions.issue({ user: 'ada' }, { owner: 'ada' })
    const desk = await sessions.issue({ user: 'ada' }, { owner: 'ada' })
    const other = await sessions.issue({ user: 'grace' }, { owner: 'grace' })
    const nobody = await sessions.issue({ user: 'guest' })
    clock.passes(1)
    expect(await sessions.destroyByOwner('ada')).toBe(undefined)
    for (const by of [sessions, elsewhere]) {
      expect(await userOf(phone.cookie, by)).toBe(undefined)
      expect(await userOf(desk.cookie, by)).toBe(undefined)
      expect(await userOf(other.cookie, by)).toBe('grace')
      expect(await userOf(nobody.cookie, by)).toBe('guest')
    }
  })

  it('lets whoever signs in after it stay, though the session is older', async () => {
    const { sessions, clock, userOf } = setUp()
    const guest = await sessions.issue({ user: 'guest' })
    clock.passes(1)
    await sessions.destroyByOwner('ada')
    clock.passes(1)
    const response = await writing(sessions, guest.cookie, (session) => session.set('user', 'ada').setOwner('ada'))
    expect(await userOf(cookieAfter(response))).toBe('ada')
  })

  it('lets the exception live, and a later one without it end that, too', async () => {
    const { sessions, clock, elsewhere, userOf } = setUp()
    const here = await sessions.issue({ user: 'ada' }, { owner: 'ada' })
    const there = await sessions.issue({ user: 'ada' }, { owner: 'ada' })
    clock.passes(1)
    await sessions.destroyByOwner('ada', { except: here.id })
    expect(await userOf(here.cookie, elsewhere)).toBe('ada')
    expect(await userOf(there.cookie, elsewhere)).toBe(undefined)
    clock.passes(1)
    await sessions.destroyByOwner('ada')
    // At once and not only when what is remembered is stale: an exception is checked afresh.
    expect(await userOf(here.cookie, elsewhere)).toBe(undefined)
  })

  it('with another exception ends the first one', async () => {
    const { sessions, clock, elsewhere, userOf } = setUp()
    const one = await sessions.issue({ user: 'ada' }, { owner: 'ada' })
    const two = await sessions.issue({ user: 'ada' }, { owner: 'ada' })
    clock.passes(1)
    await sessions.destroyByOwner('ada', { except: one.id })
    clock.passes(1)
    await sessions.destroyByOwner('ada', { except: two.id })
    expect(await userOf(one.cookie, elsewhere)).toBe(undefined)
    // It had ended with the first call.
    expect(await userOf(two.cookie, elsewhere)).toBe(undefined)
  })

  it('survives that two processes do so at the same moment', async () => {
    const { sessions, elsewhere, clock, revoked, userOf } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' }, { owner: 'ada' })
    clock.passes(1)
    revoked.delay(0, 3)
    await Promise.all([
      sessions.destroyByOwner('ada', { except: 'x' }),
      elsewhere.destroyByOwner('ada'),
      sessions.destroyByOwner('ada'),
    ])
    revoked.heal()
    expect(await userOf(cookie, elsewhere)).toBe(undefined)
  })
})

describe('what revocations cost', () => {
  it('is one look-up for a session without an owner, two for one with, and none for a request that asks for nothing', async () => {
    const { sessions, revoked } = setUp(0)
    const guest = await sessions.issue({ user: 'guest' })
    const ada = await sessions.issue({ user: 'ada' }, { owner: 'ada' })
    for (const [cookie, lookUps] of [
      [guest.cookie, ['load']],
      [ada.cookie, ['load', 'load']],
    ] as const) {
      revoked.forget()
      await reading(sessions, cookie)
      expect(revoked.methods).toEqual(lookUps)
    }
    revoked.forget()
    await sessions.handle(visit(ada.cookie), () => new Response())
    await sessions.read(visit('__Host-sid=forged'))
    expect(revoked.calls).toEqual([])
  })

  it('is nothing for maxStaleness seconds: so long a copy works elsewhere, and no longer', async () => {
    const { sessions, elsewhere, revoked, clock, userOf } = setUp(10)
    const { cookie } = await sessions.issue({ user: 'ada' })
    expect(await userOf(cookie, elsewhere)).toBe('ada')
    await signOut(sessions, cookie)
    revoked.forget()
    clock.passes(9.999)
    expect(await userOf(cookie, elsewhere)).toBe('ada')
    expect(revoked.calls).toEqual([])
    clock.passes(0.001)
    expect(await userOf(cookie, elsewhere)).toBe(undefined)
    // Where the sign-out was, it holds at once.
    expect(await userOf(cookie)).toBe(undefined)
  })
})

describe('a store of revocations that is down', () => {
  it('is an outage: neither signed in nor signed out', async () => {
    const { sessions, revoked } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    revoked.fail('load')
    await expect(sessions.read(visit(cookie))).rejects.toThrow(SessionStoreError)
    revoked.heal()
    revoked.fail('create')
    await expect(signOut(sessions, cookie)).rejects.toThrow(SessionStoreError)
    await expect(sessions.destroyByOwner('ada')).rejects.toThrow(SessionStoreError)
    revoked.heal()
    expect((await sessions.read(visit(cookie))).get('user')).toBe('ada')
  })

  it('breaks no visitor who comes without a session', async () => {
    const { sessions, revoked } = setUp()
    for (const method of ['load', 'create', 'update'] as const) revoked.fail(method)
    const response = await writing(sessions, '', (session) => session.set('user', 'guest'))
    expect(cookieAfter(response)).not.toBe('')
  })
})

describe('the options of a CookieStore', () => {
  it.each([
    ['maxStaleness', { maxStaleness: -1 }],
    ['maxStaleness', { maxStaleness: Number.NaN }],
    ['maxStaleness', { maxStaleness: '10' }],
    ['encrypt', { encrypt: 'yes' }],
    ['revocation', { revocation: new StagedStore() }],
    ['revocations', { revocations: {} }],
    ['revocations', { revocations: 'redis://localhost' }],
    ['revocations', { revocations: Promise.resolve(new StagedStore()) }],
    ['revocations', { revocations: new CookieStore() }],
  ])('are refused when they can not work: %s of %j', (name, options) => {
    const make = (): unknown => new CookieStore(options as never)
    expect(make).toThrow(TypeError)
    expect(make).toThrow(new RegExp(name))
  })
})

describe('a new id of a session in its cookie, with revocations,', () => {
  it('is not given to one that was signed out while the request was under way', async () => {
    const { sessions, elsewhere, clock, userOf } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    const late = await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      await signOut(elsewhere, cookie)
      session.regenerate()
      return new Response()
    })
    clock.passes(60)
    expect(await userOf(cookieAfter(late, cookie))).toBe(undefined)
  })

  it('opens nothing where a sign-out everywhere was on its way to the store when it was given', async () => {
    const { sessions, elsewhere, clock, revoked, userOf } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' }, { owner: 'ada' })
    clock.passes(1)
    const [asked, slow] = [gate(), gate()]
    const load = revoked.load.bind(revoked)
    revoked.load = async (id) => {
      const answer = await load(id)
      asked.open()
      await slow.opened
      return answer
    }
    const signedOut = elsewhere.destroyByOwner('ada')
    await asked.opened
    revoked.load = load
    clock.passes(1)
    const next = cookieAfter(await regenerate(sessions, cookie))
    clock.passes(1)
    slow.open()
    await signedOut
    clock.passes(60)
    expect(await userOf(next)).toBeUndefined()
  })

  it('stays signed in where a sign-out everywhere has spared it', async () => {
    const { sessions, clock, userOf } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' }, { owner: 'ada' })
    clock.passes(1)
    await sessions.destroyByOwner('ada', { except: (await sessions.read(visit(cookie))).id })
    clock.passes(1)
    const next = cookieAfter(await regenerate(sessions, cookie))
    expect(await userOf(next)).toBe('ada')
  })

  it('keeps nobody who has only the old one from beginning anew, half a minute later', async () => {
    const { sessions, clock, userOf } = setUp()
    const { cookie } = await sessions.issue({ user: 'guest' })
    const next = cookieAfter(await regenerate(sessions, cookie))
    const begin = async (): Promise<string> =>
      cookieAfter(await writing(sessions, cookie, (session) => session.set('user', 'bob')), cookie)
    clock.passes(29)
    expect(await begin()).toBe(cookie)
    clock.passes(1)
    expect(await userOf(await begin())).toBe('bob')
    expect([await userOf(next), await userOf(cookie)]).toEqual(['guest', undefined])
  })

  it('is not overwritten by a request that still comes with the old one', async () => {
    const { sessions, userOf } = setUp()
    const { cookie } = await sessions.issue({ user: 'guest' })
    const next = cookieAfter(await regenerate(sessions, cookie))
    const late = await writing(sessions, cookie, (session) => void session.set('user', 'nobody'))
    expect(late.headers.getSetCookie()).toEqual([])
    expect(await userOf(cookieAfter(late, next))).toBe('guest')
  })
})

describe('revocations in a store that is eventually consistent, and whose create writes over what is there,', () => {
  class EventualStore extends StagedStore {
    readonly consistency = 'eventual'
    override create(id: string, record: SessionRecord): Awaitable<boolean> {
      return andThen(this.delete(id), () => super.create(id, record))
    }
  }

  function setUpEventual() {
    const store = new CookieStore({ revocations: new EventualStore(), maxStaleness: 0 })
    const sessions = new SessionManager<Data>({ store, secret, now: new Clock().now, warnings: false })
    return { sessions, userOf: async (cookie: string) => (await sessions.read(visit(cookie))).get('user') }
  }

  it('keep a session ended to which a slow request gives a new id', async () => {
    const { sessions, userOf } = setUpEventual()
    const { cookie } = await sessions.issue({ user: 'ada' })
    const late = await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      await signOut(sessions, cookie)
      session.regenerate()
      return new Response()
    })
    expect(await userOf(cookieAfter(late, cookie))).toBeUndefined()
    expect(await userOf(cookie)).toBeUndefined()
  })

  it('let a slow sign-out follow the session to its new id', async () => {
    const { sessions, userOf } = setUpEventual()
    const { cookie } = await sessions.issue({ user: 'ada' })
    let next = ''
    await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      next = cookieAfter(await regenerate(sessions, cookie))
      session.destroy()
      return new Response()
    })
    expect(await userOf(next)).toBeUndefined()
    expect(await userOf(cookie)).toBeUndefined()
  })
})
