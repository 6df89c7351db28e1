import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest'
import {
  MemoryStore,
  SessionManager,
  SessionStoreError,
  type TokenSignerFactory,
  type WritableSession,
} from '../index.js'
import { issuedToken, name, siblings } from '../testing/issued-token.js'
import { cookieAfter } from '../testing/response-cookies.js'
import { secret } from '../testing/secret.js'
import { randomToken } from '../testing/sign.js'
import { visit } from '../testing/visit.js'

interface Data {
  user: string
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
    const { userOf, token, mac } = await issuedToken()
    forget()
    for (const value of ['x', `${token}.${mac}=`, `${token}.${mac}A`, token, `${token}.`, `${token}${mac}`]) {
      expect(await userOf(value)).toBe(undefined)
    }
    for (const last of siblings(mac.at(-1) as string)) await userOf(`${token}.${mac.slice(0, -1)}${last}`)
    expect(count('verify')).toBe(0)
  })

  it('verifies a visitor’s cookie once: the second visit with it costs nothing', async () => {
    const { store, cookie } = await issuedToken()
    const sessions = new SessionManager<Data>({ store, secret })
    forget()
    expect((await sessions.read(visit(cookie))).get('user')).toBe('ada')
    expect(count('verify')).toBe(1)
    forget()
    expect((await sessions.read(visit(cookie))).get('user')).toBe('ada')
    for (const operation of operations) expect(count(operation)).toBe(0)
  })

  it('remembers no cookie that was only sent out: many never come back', async () => {
    const { sessions } = await issuedToken()
    const { cookie } = await sessions.issue({ user: 'eve' })
    forget()
    for (let visits = 0; visits < 3; visits++) expect((await sessions.read(visit(cookie))).get('user')).toBe('eve')
    expect(count('verify')).toBe(1)
  })

  it('never learns a cookie that did not verify, nor a part of one', async () => {
    const { userOf, token, mac } = await issuedToken()
    expect(await userOf(`${token}.${mac}`)).toBe('ada')
    const forged = `${token}.${randomToken()}`
    forget()
    expect(await userOf(forged)).toBe(undefined)
    expect(await userOf(forged)).toBe(undefined)
    expect(count('verify')).toBe(2)
  })

  it('verifies at each visit when verifiedCacheSize is 0', async () => {
    const { store, cookie } = await issuedToken()
    const forgetful = new SessionManager<Data>({ store, secret, verifiedCacheSize: 0 })
    forget()
    await forgetful.read(visit(cookie))
    await forgetful.read(visit(cookie))
    expect(count('verify')).toBe(2)
  })

  it('verifies anew what was pushed out of a small memory', async () => {
    const { store, sessions } = await issuedToken()
    const small = new SessionManager<Data>({ store, secret, verifiedCacheSize: 1 })
    const [a, b] = [await sessions.issue({ user: 'a' }), await sessions.issue({ user: 'b' })]
    forget()
    // The other one is remembered, and this one pushed out, when it comes a second time.
    for (const { cookie } of [a, a, b, b, b, a]) expect((await small.read(visit(cookie))).isNew).toBe(false)
    expect(count('verify')).toBe(4)
  })

  it.each([
    ['a new session’s cookie', () => visit(), (session: WritableSession<Data>) => session.set('user', 'ada')],
    ['the cookie of a new id', visit, (session: WritableSession<Data>) => session.regenerate()],
  ])('signs %s while the store writes, once', async (_name, requestOf, change) => {
    const { store, sessions, cookie } = await issuedToken()
    let signedMeanwhile = 0
    store.beforeNext('create', async () => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      signedMeanwhile = count('sign')
    })
    forget()
    const response = await sessions.handle(requestOf(cookie), async (session) => {
      change(await session.write())
      return new Response()
    })
    expect([signedMeanwhile, count('sign')]).toEqual([1, 1])
    expect((await sessions.read(cookieAfter(response))).get('user')).toBe('ada')
  })

  it.each([
    [1, 'answered'],
    [2, 'failed'],
  ])('is tried again where it failed while the store wrote: %i times, the request has %s', async (times, outcome) => {
    const { store, sessions } = await issuedToken()
    const request = visit()
    const respond = (): Promise<Response> =>
      sessions.handle(request, async (session) => {
        ;(await session.write()).set('user', 'ada')
        return new Response()
      })
    store.beforeNext('create', () => new Promise((resolve) => setTimeout(resolve, 20)))
    for (let i = 0; i < times; i++) spies.sign.mockRejectedValueOnce(new Error('out of order'))
    const first = await respond().then(
      () => 'answered',
      (error: Error) => (error.message === 'out of order' ? 'failed' : error),
    )
    expect(first).toBe(outcome)
    expect((await sessions.read(cookieAfter(await respond()))).get('user')).toBe('ada')
  })

  it('whose store fails meanwhile fails with the store’s error alone', async () => {
    const { store, sessions } = await issuedToken()
    store.fail('create')
    spies.sign.mockRejectedValueOnce(new Error('out of order'))
    const answering = sessions.handle(visit(), async (session) => {
      ;(await session.write()).set('user', 'ada')
      return new Response()
    })
    await expect(answering).rejects.toThrow(SessionStoreError)
  })

  it('that throws at once where the store fails leaves nothing unhandled', async () => {
    const signer: TokenSignerFactory = () => ({
      sign() {
        throw new Error('closed')
      },
      verify: () => true,
      succeed: () => new Uint8Array(32),
    })
    const { store } = await issuedToken()
    const sessions = new SessionManager<Data>({ store, secret, signer })
    const respond = (): Promise<Response> =>
      sessions.handle(visit(), async (session) => {
        ;(await session.write()).set('user', 'ada')
        return new Response()
      })
    store.beforeNext('create', () => Promise.reject(new Error('out of reach')))
    await expect(respond()).rejects.toThrow(SessionStoreError)
    store.beforeNext('create', () => Promise.resolve())
    await expect(respond()).rejects.toThrow('closed')
  })

  it('is at work once however many ask for the session of a request', async () => {
    const { store, cookie } = await issuedToken()
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
    const { sessions } = await issuedToken()
    const forged = () => `${name}=${randomToken()}.${randomToken()}`
    forget()
    await sessions.read(visit(Array.from({ length: 100 }, forged).join('; ')))
    expect(count('verify')).toBe(8)
  })

  it('verifies with crypto.subtle.verify, which compares in constant time', async () => {
    const { userOf, token } = await issuedToken()
    forget()
    await userOf(`${token}.${randomToken()}`)
    expect(count('verify')).toBe(1)
  })

  it('is not waited for by a visitor without a cookie whose session stays empty', async () => {
    const { sessions } = await issuedToken()
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
