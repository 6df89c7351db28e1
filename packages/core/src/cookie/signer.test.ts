import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest'
import { MemoryStore, type Secret, type SessionEvent, SessionManager } from '../index.js'
import { secret } from '../testing/secret.js'
import { randomToken } from '../testing/sign.js'
import { StagedStore } from '../testing/staged-store.js'
import { visit } from '../testing/visit.js'

const name = '__Host-sid'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

interface Data {
  user: string
}

/** A store that notes its calls, a session in it, and its cookie. */
async function setUp(options: { secret?: Secret; cookie?: { name: string } } = {}) {
  const store = new StagedStore()
  const events: SessionEvent[] = []
  const sessions = new SessionManager<Data>({ store, secret, onEvent: (event) => events.push(event), ...options })
  const issued = await sessions.issue({ user: 'ada' })
  store.forget()
  events.length = 0
  const [token = '', mac = ''] = issued.cookie.slice(issued.cookie.indexOf('=') + 1).split('.')
  /** What a client with this cookie value gets to see. */
  const userOf = async (value: string) => (await sessions.read(visit(`${name}=${value}`))).get('user')
  return { store, sessions, events, ...issued, token, mac, userOf }
}

/** The other characters that decode to the same bytes, at the end of 43 characters: the last two bits are thrown away. */
function siblings(last: string): string[] {
  const group = alphabet.indexOf(last) & ~3
  return [...alphabet.slice(group, group + 4)].filter((char) => char !== last)
}

describe('crypto', () => {
  type Operation = 'verify' | 'sign' | 'digest' | 'importKey' | 'deriveKey' | 'encrypt' | 'decrypt'
  const operations: Operation[] = ['verify', 'sign', 'digest', 'importKey', 'deriveKey', 'encrypt', 'decrypt']
  let spies: Record<Operation, MockInstance>

  beforeEach(() => {
    const all = operations.map((operation) => [operation, vi.spyOn(crypto.subtle, operation)] as const)
    spies = Object.fromEntries(all) as unknown as Record<Operation, MockInstance>
  })
  afterEach(() => {
    vi.restoreAllMocks()
  })
  function forget(): void {
    for (const spy of Object.values(spies)) spy.mockClear()
  }
  function count(operation: Operation): number {
    return spies[operation].mock.calls.length
  }

  it('is not asked about a malformed cookie', async () => {
    const { userOf, token, mac } = await setUp()
    forget()
    for (const value of ['x', `${token}.${mac}=`, `${token}.${mac}A`, token, `${token}.`, `${token}${mac}`]) {
      expect(await userOf(value)).toBe(undefined)
    }
    for (const last of siblings(mac.at(-1) as string)) await userOf(`${token}.${mac.slice(0, -1)}${last}`)
    expect(count('verify')).toBe(0)
  })

  it('verifies a visitor’s cookie once: the second visit with it costs nothing', async () => {
    const { store, cookie } = await setUp()
    const sessions = new SessionManager<Data>({ store, secret })
    forget()
    expect((await sessions.read(visit(cookie))).get('user')).toBe('ada')
    expect(count('verify')).toBe(1)
    forget()
    expect((await sessions.read(visit(cookie))).get('user')).toBe('ada')
    for (const operation of operations) expect(count(operation)).toBe(0)
  })

  it('remembers no cookie that was only sent out: many never come back', async () => {
    const { sessions } = await setUp()
    const { cookie } = await sessions.issue({ user: 'eve' })
    forget()
    for (let visits = 0; visits < 3; visits++) expect((await sessions.read(visit(cookie))).get('user')).toBe('eve')
    expect(count('verify')).toBe(1)
  })

  it('never learns a cookie that did not verify, nor a part of one', async () => {
    const { userOf, token, mac } = await setUp()
    expect(await userOf(`${token}.${mac}`)).toBe('ada')
    const forged = `${token}.${randomToken()}`
    forget()
    expect(await userOf(forged)).toBe(undefined)
    expect(await userOf(forged)).toBe(undefined)
    expect(count('verify')).toBe(2)
  })

  it('verifies at each visit when verifiedCacheSize is 0', async () => {
    const { store, cookie } = await setUp()
    const forgetful = new SessionManager<Data>({ store, secret, verifiedCacheSize: 0 })
    forget()
    await forgetful.read(visit(cookie))
    await forgetful.read(visit(cookie))
    expect(count('verify')).toBe(2)
  })

  it('verifies anew what was pushed out of a small memory', async () => {
    const { store, sessions } = await setUp()
    const small = new SessionManager<Data>({ store, secret, verifiedCacheSize: 1 })
    const [a, b] = [await sessions.issue({ user: 'a' }), await sessions.issue({ user: 'b' })]
    forget()
    for (const { cookie } of [a, a, b, a]) expect((await small.read(visit(cookie))).isNew).toBe(false)
    expect(count('verify')).toBe(3)
  })

  it('is at work once however many ask for the session of a request', async () => {
    const { store, cookie } = await setUp()
    const others = new SessionManager<Data>({ store, secret })
    const request = visit(cookie)
    forget()
    await Promise.all([others.read(request), others.write(request), others.read(request)])
    expect(count('verify')).toBe(1)
  })

  it('makes its keys once', async () => {
    const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret })
    await sessions.issue({ user: 'a' })
    forget()
    await sessions.issue({ user: 'b' })
    expect(count('importKey') + count('deriveKey')).toBe(0)
  })

  it('verifies eight cookies of the name at most', async () => {
    const { sessions } = await setUp()
    const forged = () => `${name}=${randomToken()}.${randomToken()}`
    forget()
    await sessions.read(visit(Array.from({ length: 100 }, forged).join('; ')))
    expect(count('verify')).toBe(8)
  })

  it('verifies with crypto.subtle.verify, which compares in constant time', async () => {
    const { userOf, token } = await setUp()
    forget()
    await userOf(`${token}.${randomToken()}`)
    expect(count('verify')).toBe(1)
  })

  it('is not waited for by a visitor without a cookie whose session stays empty', async () => {
    const { sessions } = await setUp()
    await sessions.read(visit())
    // What is made ahead is made by the time that all this is.
    for (let i = 0; i < 50; i++) await crypto.subtle.digest('SHA-256', new Uint8Array(32))
    forget()
    const ids = new Set<string>()
    for (let i = 0; i < 100; i++) {
      await sessions.handle(visit(), async (session) => new Response(`${(await session.read()).size}`))
    }
    expect(count('sign') + count('digest')).toBe(0)
    for (let i = 0; i < 100; i++) {
      await sessions.handle(visit(), async (session) => {
        ids.add((await session.read()).id)
        return new Response()
      })
    }
    // An id that somebody has seen is nobody else's.
    expect(ids.size).toBe(100)
  })
})
