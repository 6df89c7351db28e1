import { describe, expect, it } from 'vitest'
import { type Secret, SessionManager } from '../index.js'
import { Clock } from '../testing/clock.js'
import { cookieAfter, sessionCookies } from '../testing/response-cookies.js'
import { reading, writing } from '../testing/serve.js'
import { base64url, macOf } from '../testing/sign.js'
import { StagedStore } from '../testing/staged-store.js'
import { visit } from '../testing/visit.js'

const older = 'the older secret, which has enough bytes'

const old = 'the old secret, which has enough bytes, too'

const fresh = 'the new secret, which is long enough as well'

interface Data {
  user: string
}

/** Managers that share a store and a clock, and differ in their secrets. */
function setUp() {
  const store = new StagedStore()
  const clock = new Clock()
  const managerOf = (...secret: Secret[]) => new SessionManager<Data>({ store, secret, now: clock.now })
  return { store, clock, managerOf }
}

function partsOf(cookie: string): { name: string; token: string; mac: string } {
  const [name = '', value = ''] = cookie.split('=')
  const [token = '', mac = ''] = value.split('.')
  return { name, token, mac }
}

async function isSignedWith(secret: string, cookie: string): Promise<boolean> {
  const { name, token, mac } = partsOf(cookie)
  return mac === (await macOf(secret, `${name}=${token}`))
}

describe('of several secrets', () => {
  it('the first signs', async () => {
    const { managerOf } = setUp()
    const { cookie } = await managerOf(fresh, old).issue({ user: 'ada' })
    expect(await isSignedWith(fresh, cookie)).toBe(true)
    const response = await writing(managerOf(fresh, old, older), '', (session) => session.set('user', 'ada'))
    expect(await isSignedWith(fresh, cookieAfter(response))).toBe(true)
  })

  it('all verify: id and data are as they were', async () => {
    const { managerOf } = setUp()
    const sessions = managerOf(fresh, old, older)
    for (const secret of [fresh, old, older]) {
      const { cookie, id } = await managerOf(secret).issue({ user: secret })
      const session = await sessions.read(visit(cookie))
      expect(session.id).toBe(id)
      expect(session.get('user')).toBe(secret)
    }
  })

  it('one that is taken away ends the sessions signed with it, without an error', async () => {
    const { managerOf } = setUp()
    const { cookie } = await managerOf(old).issue({ user: 'ada' })
    const session = await managerOf(fresh).read(visit(cookie))
    expect(session.isNew).toBe(true)
    expect(session.size).toBe(0)
  })

  it('each may be a string or bytes', async () => {
    const { managerOf } = setUp()
    const bytes = new TextEncoder().encode(old)
    const { cookie } = await managerOf(old).issue({ user: 'ada' })
    expect((await managerOf(fresh, bytes).read(visit(cookie))).get('user')).toBe('ada')
    const { cookie: next } = await managerOf(bytes, fresh).issue({ user: 'grace' })
    expect(await isSignedWith(old, next)).toBe(true)
  })

  it.each([
    ['no secret at all', []],
    ['a short one at the end', [fresh, 'short']],
    ['a short one in front', ['short', old]],
    ['an empty one', [fresh, '']],
    ['short bytes', [fresh, new Uint8Array(31)]],
    ['undefined', [fresh, undefined]],
    ['null', [null, fresh]],
    ['a number', [fresh, 32]],
  ])('none can be wrong: %s throws', (_, secrets) => {
    const { managerOf } = setUp()
    expect(() => managerOf(...(secrets as Secret[]))).toThrow(TypeError)
    expect(() => managerOf(...(secrets as Secret[]))).toThrow(/secret/)
  })
})

describe('the error for a wrong secret', () => {
  it.each([
    ['that is missing', [fresh, undefined], /secret\[1] is missing/],
    ['that is too short', ['short', old], /secret\[0] is too short/],
    ['that is one byte', [fresh, old, 'x'.repeat(32)], /secret\[2] is one repeated byte/],
    ['that is none', [fresh, 32], /secret\[1] must be/],
  ])('says which of a list it is, %s', (_, secrets, message) => {
    const { managerOf } = setUp()
    expect(() => managerOf(...(secrets as Secret[]))).toThrow(message)
  })

  it('says only "secret" where there is one', () => {
    const { managerOf } = setUp()
    expect(() => managerOf('short')).toThrow(/secret is too short/)
    expect(() => managerOf()).toThrow(/secret is missing/)
  })
})

describe('a cookie signed with an older secret', () => {
  it('is signed anew, with the same token, when its session is written', async () => {
    const { managerOf } = setUp()
    const { cookie, id } = await managerOf(old).issue({ user: 'ada' })
    const response = await writing(managerOf(fresh, old), cookie, (session) => session.set('user', 'grace'))
    const next = cookieAfter(response)
    expect(sessionCookies(response)).toHaveLength(1)
    expect(await isSignedWith(fresh, next)).toBe(true)
    expect(partsOf(next).token).toBe(partsOf(cookie).token)
    const session = await managerOf(fresh).read(visit(next))
    expect(session.id).toBe(id)
    expect(session.get('user')).toBe('grace')
  })

  it('is left as it is by a visit that stores nothing', async () => {
    const { managerOf, store } = setUp()
    const { cookie } = await managerOf(old).issue({ user: 'ada' })
    store.forget()
    expect(sessionCookies(await reading(managerOf(fresh, old), cookie))).toEqual([])
    expect(store.methods).toEqual(['load'])
  })

  it('is signed anew by the next touch, so that old secrets can retire', async () => {
    const { managerOf, clock } = setUp()
    const { cookie } = await managerOf(old).issue({ user: 'ada' })
    clock.passes(86_400 / 10)
    const response = await reading(managerOf(fresh, old), cookie)
    expect(await isSignedWith(fresh, cookieAfter(response))).toBe(true)
    expect((await managerOf(fresh).read(visit(cookieAfter(response)))).get('user')).toBe('ada')
  })

  it('is signed anew as well where another request has noted the use a moment before', async () => {
    const { managerOf, clock, store } = setUp()
    const { cookie } = await managerOf(old).issue({ user: 'ada' })
    clock.passes(86_400 / 10)
    const sessions = managerOf(fresh, old)
    store.beforeNext('touch', async () => void (await reading(sessions, cookie)))
    store.beforeNext('update', async () => void (await reading(sessions, cookie)))
    const response = await reading(sessions, cookie)
    expect(await isSignedWith(fresh, cookieAfter(response))).toBe(true)
  })

  it('is signed anew once: the next write with the new cookie sends none', async () => {
    const { managerOf } = setUp()
    const { cookie } = await managerOf(old).issue({ user: 'ada' })
    const sessions = managerOf(fresh, old)
    const next = cookieAfter(await writing(sessions, cookie, (session) => session.set('user', 'grace')))
    const response = await writing(sessions, next, (session) => session.set('user', 'mary'))
    expect(sessionCookies(response)).toEqual([])
  })

  it('goes on working while a slower tab still sends it', async () => {
    const { managerOf } = setUp()
    const sessions = managerOf(fresh, old)
    const { cookie } = await managerOf(old).issue({ user: 'ada' })
    await writing(sessions, cookie, (session) => session.set('user', 'grace'))
    const response = await writing(sessions, cookie, (session) => session.set('user', 'mary'))
    expect(await isSignedWith(fresh, cookieAfter(response))).toBe(true)
    expect((await sessions.read(visit(cookie))).get('user')).toBe('mary')
  })

  it('is replaced under the new secret when its session regenerates', async () => {
    const { managerOf } = setUp()
    const { cookie } = await managerOf(old).issue({ user: 'ada' })
    const response = await writing(managerOf(fresh, old), cookie, (session) => session.regenerate())
    expect(await isSignedWith(fresh, cookieAfter(response))).toBe(true)
    expect(partsOf(cookieAfter(response)).token).not.toBe(partsOf(cookie).token)
  })
})

describe('a cookie signed with a secret that this instance does not know yet', () => {
  it('makes the request anonymous, and is neither removed nor replaced', async () => {
    const { managerOf, store } = setUp()
    const { cookie } = await managerOf(fresh, old).issue({ user: 'ada' })
    store.forget()
    const behind = managerOf(old)
    const response = await reading(behind, cookie, (session) => expect(session.isNew).toBe(true))
    expect(sessionCookies(response)).toEqual([])
    expect(store.calls).toEqual([])
    expect((await managerOf(fresh, old).read(visit(cookie))).get('user')).toBe('ada')
  })

  it('opens its session where the new secret is known already, as one that only verifies', async () => {
    const { managerOf } = setUp()
    const { cookie } = await managerOf(fresh, old).issue({ user: 'ada' })
    expect((await managerOf(old, fresh).read(visit(cookie))).get('user')).toBe('ada')
  })
})

describe('keys for another package', () => {
  const text = new TextEncoder().encode('text')
  const macWith = async (key: CryptoKey | undefined): Promise<string> =>
    String(new Uint8Array(await crypto.subtle.sign('HMAC', key as CryptoKey, text)))

  it('are one of each secret, the newest first, and the same each time', async () => {
    const { managerOf } = setUp()
    const keys = await managerOf(fresh, old).deriveKeys('device-bound')
    const macs = await Promise.all(keys.map(macWith))
    const [ofFresh] = await managerOf(fresh).deriveKeys('device-bound')
    const [ofOld] = await managerOf(old).deriveKeys('device-bound')
    expect(macs).toEqual([await macWith(ofFresh), await macWith(ofOld)])
  })

  it('differ by purpose, and none is one of ours', async () => {
    const { managerOf } = setUp()
    const sessions = managerOf(fresh)
    const [one] = await sessions.deriveKeys('one')
    const [sign] = await sessions.deriveKeys('sign')
    const { cookie } = await sessions.issue({ user: 'ada' })
    const { name, token, mac } = partsOf(cookie)
    const forged = await crypto.subtle.sign('HMAC', sign as CryptoKey, new TextEncoder().encode(`${name}=${token}`))
    expect(await macWith(one)).not.toBe(await macWith(sign))
    expect(base64url(new Uint8Array(forged))).not.toBe(mac)
  })

  it.each(['', '../sign', 'Sign', 'a b', 'a/b'])('can not be had for "%s"', async (purpose) => {
    const { managerOf } = setUp()
    await expect(managerOf(fresh).deriveKeys(purpose)).rejects.toThrow(TypeError)
  })
})
