import { describe, expect, it } from 'vitest'
import { type PersistencePolicy, SessionStoreError } from '../index.js'
import { increment, processOn, times } from '../testing/process.js'
import { cookieAfter, sessionCookies } from '../testing/response-cookies.js'
import { secret } from '../testing/secret.js'
import { randomToken, signedValue } from '../testing/sign.js'
import { stagedManager } from '../testing/staged-manager.js'
import { StagedStore } from '../testing/staged-store.js'
import { visit } from '../testing/visit.js'

interface Data {
  user: string
  visits: number
  role: string
}

const setUp = stagedManager<Data>

const name = '__Host-sid'

const policies: PersistencePolicy[] = ['changed', 'existing', 'always']

describe('a store that is down when the session is loaded', () => {
  it.each(policies)('does not sign anyone out under "%s": the request fails', async (persistence) => {
    for (const how of ['throws', 'rejects'] as const) {
      const { store, sessions } = setUp({ persistence })
      const { cookie, id } = await sessions.issue({ user: 'ada' })
      store.fail('load', how)
      const handled = sessions.handle(visit(cookie), async (handle) => {
        await handle.read()
        return new Response('welcome, stranger')
      })
      await expect(handled).rejects.toThrow(SessionStoreError)
      store.heal()
      const session = await sessions.read(visit(cookie))
      expect(session.id).toBe(id)
      expect(session.get('user')).toBe('ada')
      expect(store.memory.size).toBe(1)
    }
  })

  it.each(policies)(
    'leaves the cookie alone under "%s" even where the handler makes do without a session',
    async (persistence) => {
      const { store, sessions } = setUp({ persistence })
      const { cookie } = await sessions.issue({ user: 'ada' })
      store.fail('load')
      const response = await sessions
        .handle(visit(cookie), async (handle) => {
          await handle.read().catch(() => {})
          return new Response('welcome, stranger')
        })
        .catch((error: unknown) => {
          expect(error).toBeInstanceOf(SessionStoreError)
          return new Response(null, { status: 500 })
        })
      expect(sessionCookies(response)).toEqual([])
      expect(store.methods.filter((method) => method !== 'load')).toEqual(['create'])
      store.heal()
      expect((await sessions.read(visit(cookieAfter(response, cookie)))).get('user')).toBe('ada')
    },
  )

  it('lets a later read of the same request try again', async () => {
    const { store, sessions } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    const handle = sessions.open(visit(cookie))
    store.fail('load')
    await expect(handle.read()).rejects.toThrow(SessionStoreError)
    store.heal()
    expect((await handle.read()).get('user')).toBe('ada')
  })
})

describe('a good signature without a record', () => {
  it('makes no guest record under "existing", and sends no cookie', async () => {
    const { sessions, store } = setUp({ persistence: 'existing' })
    const forged = `${name}=${await signedValue(secret, name, randomToken())}`
    for (const handler of ['untouched', 'read', 'write'] as const) {
      const response = await sessions.handle(visit(forged), async (handle) => {
        if (handler === 'read') await handle.read()
        if (handler === 'write') await handle.write()
        return new Response()
      })
      expect(response.headers.has('set-cookie')).toBe(false)
    }
    expect(store.methods.filter((method) => method !== 'load')).toEqual([])
    expect(store.memory.size).toBe(0)
  })

  it('is not adopted when there is something to store: the session gets a new id', async () => {
    const { sessions, store } = setUp()
    const forged = `${name}=${await signedValue(secret, name, randomToken())}`
    const response = await sessions.handle(visit(forged), async (handle) => {
      ;(await handle.write()).set('visits', 1)
      return new Response()
    })
    const cookie = cookieAfter(response)
    expect(cookie).not.toBe(forged)
    expect(store.memory.size).toBe(1)
    expect((await sessions.read(visit(forged))).isNew).toBe(true)
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(1)
  })
})

describe('many cookies of our name', () => {
  it('the first that verifies counts, wherever it stands, and an event tells of the second', async () => {
    const { sessions, events } = setUp()
    const ada = await sessions.issue({ user: 'ada' })
    const eve = await sessions.issue({ user: 'eve' })
    const forged = `${name}=${randomToken()}.${randomToken()}`
    const both = `${forged}; ${ada.cookie}; ${name}=rubbish; ${eve.cookie}`
    for (let times = 0; times < 3; times++) {
      expect((await sessions.read(visit(both))).get('user')).toBe('ada')
    }
    expect((await sessions.read(visit(`${eve.cookie}; ${ada.cookie}`))).get('user')).toBe('eve')
    expect(events).toContainEqual({ type: 'rejected', reason: 'duplicate', id: eve.id })
  })

  it('a thousand forged ones cost eight verifications at most, and open nothing', async () => {
    const { sessions, store } = setUp({ verifiedCacheSize: 0 })
    const { cookie } = await sessions.issue({ user: 'ada' })
    store.forget()
    const forged = Array.from({ length: 1000 }, () => `${name}=${randomToken()}.${randomToken()}`)
    const { verify } = crypto.subtle
    let verified = 0
    crypto.subtle.verify = function (this: SubtleCrypto, ...args: Parameters<typeof verify>) {
      verified++
      return verify.apply(crypto.subtle, args)
    } as typeof verify
    try {
      expect((await sessions.read(visit(forged.join('; ')))).isNew).toBe(true)
      expect(verified).toBeLessThanOrEqual(8)
      expect(store.calls).toEqual([])
      expect((await sessions.read(visit(`${forged.slice(0, 7).join('; ')}; ${cookie}`))).get('user')).toBe('ada')
    } finally {
      crypto.subtle.verify = verify
    }
  })
})

describe('an id that the client chose', () => {
  it('is never adopted, not even when its signature is good: the session gets one of ours', async () => {
    const { sessions, store } = setUp()
    const token = randomToken()
    for (const value of [token, `${token}.${randomToken()}`, await signedValue(secret, name, token)]) {
      const response = await sessions.handle(visit(`${name}=${value}`), async (handle) => {
        ;(await handle.write()).set('user', 'ada')
        return new Response()
      })
      expect(cookieAfter(response)).not.toContain(token)
      expect(cookieAfter(response)).not.toBe('')
    }
    expect(store.memory.size).toBe(3)
    const planted = await sessions.read(visit(`${name}=${await signedValue(secret, name, token)}`))
    expect(planted.isNew).toBe(true)
  })

  it('opens nothing after the victim signed in with it and the app regenerated', async () => {
    const { sessions } = setUp()
    const { cookie: planted } = await sessions.issue({ visits: 1 })
    const response = await sessions.handle(visit(planted), async (handle) => {
      const session = await handle.write()
      session.set('user', 'victim')
      session.regenerate()
      return new Response()
    })
    expect((await sessions.read(visit(planted))).size).toBe(0)
    expect((await sessions.read(visit(cookieAfter(response)))).get('user')).toBe('victim')
  })

  it('in the URL, the body or another header is ignored', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    const value = cookie.slice(name.length + 1)
    const request = new Request(`https://example.com/?${cookie}&sid=${value}`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${value}`,
        'X-Session-Id': value,
        [`x-${name}-session`]: value,
        'Content-Type': 'application/x-www-form-urlencoded',
      },
      body: cookie,
    })
    expect((await sessions.read(request)).isNew).toBe(true)
  })

  it('under a name without the prefix, or with another, is ignored', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    const value = cookie.slice(name.length + 1)
    for (const other of [
      'sid',
      '__Secure-sid',
      '__host-sid',
      '__HOST-SID',
      '__Host-Sid',
      'x__Host-sid',
      '__Host-sid2',
    ]) {
      expect((await sessions.read(visit(`${other}=${value}`))).isNew).toBe(true)
    }
  })
})

describe('two first requests without a cookie at once', () => {
  it('get two sessions, each its own', async () => {
    const store = new StagedStore()
    const { sessions } = processOn(store)
    store.delay(1, 3)
    const responses = await Promise.all(times(20, () => increment(sessions, '')))
    store.heal()
    expect(new Set(responses.map((response) => cookieAfter(response))).size).toBe(20)
    expect(store.memory.size).toBe(20)
  })
})
