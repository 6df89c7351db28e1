import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  CookieStore,
  MemoryStore,
  SessionConflictError,
  SessionDataError,
  SessionError,
  type SessionEvent,
  SessionManager,
  type SessionOptions,
} from './index.js'
import { base64url, randomToken, signedValue } from './testing/sign.js'
import { StagedStore } from './testing/staged-store.js'
import { cookieAfter, sessionCookies, visit } from './testing/visit.js'

const secret = 'thirty-two bytes of secret, at least'
const name = '__Host-sid'

type Data = Record<string, unknown>

interface Setting {
  readonly store: StagedStore
  readonly sessions: SessionManager<Data>
  readonly events: SessionEvent[]
}

function setUp(options: Partial<SessionOptions<Data>> = {}): Setting {
  const events: SessionEvent[] = []
  const store = new StagedStore()
  const onEvent = (event: SessionEvent): void => void events.push(event)
  return { store, sessions: new SessionManager<Data>({ store, secret, onEvent, ...options }), events }
}

/** How often anything of `crypto.subtle` is called while `act` runs. */
async function cryptoCalls(act: () => Promise<unknown>): Promise<string[]> {
  const names = ['sign', 'verify', 'digest', 'importKey', 'deriveKey', 'deriveBits', 'encrypt', 'decrypt'] as const
  const calls: string[] = []
  const { subtle } = crypto
  for (const method of names) {
    const original = subtle[method] as (...args: unknown[]) => unknown
    Object.defineProperty(subtle, method, {
      configurable: true,
      value: (...args: unknown[]) => {
        calls.push(method)
        return original.apply(subtle, args)
      },
    })
  }
  try {
    await act()
  } finally {
    // The methods of the prototype show again.
    for (const method of names) delete (subtle as unknown as Record<string, unknown>)[method]
  }
  return calls
}

describe('a request whose handler never asks for its session', () => {
  const headers: [string, (valid: string) => string][] = [
    ['no cookie', () => ''],
    ['a valid cookie', (valid) => valid],
    ['a forged cookie', () => `${name}=${randomToken()}.${randomToken()}`],
    ['a malformed cookie', () => `${name}=rubbish`],
    ['a thousand cookies', () => `${name}=${randomToken()}.${randomToken()}; `.repeat(1000)],
  ]

  it.each(headers)(
    'gets the very Response object back, at no store call and no crypto call, with %s [B102, B248]',
    async (_, header) => {
      const { sessions, store, events } = setUp()
      const { cookie } = await sessions.issue({ user: 'ada' })
      store.forget()
      events.length = 0
      const original = new Response('hello', { headers: { 'Cache-Control': 'public' } })
      const before = [...original.headers]
      const calls = await cryptoCalls(async () => {
        const response = await sessions.handle(visit(header(cookie)), () => original)
        expect(response).toBe(original)
      })
      expect(calls).toEqual([])
      expect(store.calls).toEqual([])
      expect(events).toEqual([])
      expect([...original.headers]).toEqual(before)
    },
  )

  it('costs nothing either when the handle is opened, or the handler throws [B102]', async () => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    store.forget()
    const calls = await cryptoCalls(async () => {
      const request = visit(cookie)
      sessions.open(request)
      await expect(
        sessions.handle(request, () => {
          throw new Error('no')
        }),
      ).rejects.toThrow('no')
    })
    expect(calls).toEqual([])
    expect(store.calls).toEqual([])
  })

  it('is what the counting above would notice: a write is not free [B102]', async () => {
    const { sessions } = setUp()
    const calls = await cryptoCalls(() => sessions.issue({ user: 'ada' }))
    expect(calls.length).toBeGreaterThan(0)
  })
})

describe('a cookie that is not ours', () => {
  it('with any one character changed, at any place, opens nothing and is no error [B43, B48]', async () => {
    const { sessions, store } = setUp({ verifiedCacheSize: 0 })
    const { cookie } = await sessions.issue({ user: 'ada' })
    const value = cookie.slice(name.length + 1)
    store.forget()
    for (let at = 0; at < value.length; at++) {
      const old = value[at] as string
      for (const next of [old === 'A' ? 'B' : 'A', '.', '%', '~']) {
        if (next === old) continue
        const session = await sessions.read(visit(`${name}=${value.slice(0, at)}${next}${value.slice(at + 1)}`))
        expect(session.isNew).toBe(true)
      }
    }
    expect(store.calls).toEqual([])
  })

  it('cut short or made longer opens nothing [B46]', async () => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    const value = cookie.slice(name.length + 1)
    store.forget()
    for (let length = 0; length < value.length; length++) {
      expect((await sessions.read(visit(`${name}=${value.slice(0, length)}`))).isNew).toBe(true)
    }
    expect((await sessions.read(visit(`${name}=${value}A`))).isNew).toBe(true)
    expect((await sessions.read(visit(`${name}=${value}${value}`))).isNew).toBe(true)
    expect(store.calls).toEqual([])
  })

  it('as the bare id of a session in the store, signed by nobody, is not accepted [B42]', async () => {
    const { sessions, store } = setUp()
    const { id } = await sessions.issue({ user: 'ada' })
    store.forget()
    for (const value of [id, `${id}.${id}`, `${id}.`, `${id}.${randomToken()}`]) {
      expect((await sessions.read(visit(`${name}=${value}`))).isNew).toBe(true)
    }
    expect(store.calls).toEqual([])
  })

  it('can not be forged from what the store holds, with every right to read it [B42, B164]', async () => {
    const { sessions, store } = setUp()
    const { cookie, id } = await sessions.issue({ user: 'ada' })
    const token = cookie.slice(name.length + 1).split('.')[0] as string
    expect(id).not.toBe(token)
    const raw = Uint8Array.from(atob(token.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0))
    expect(id).toBe(base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', raw))))
    expect(JSON.stringify(store.memory.load(id))).not.toContain(token)
  })

  it('in any number and of any size leads to no error, no store call, and never to somebody’s session [B46, B181, B245]', async () => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    const forged = (): string => `${randomToken()}.${randomToken()}`
    const values = [
      Array.from({ length: 10 }, () => `${name}=${forged()}`).join('; '),
      `${name}=${'A'.repeat(10_240)}`,
      `${name}=${'A'.repeat(43)}.${'A'.repeat(10_240)}`,
      `${name}=${'.'.repeat(10_240)}`,
      `${name}=${'%'.repeat(10_240)}`,
      `${name}=${'='.repeat(10_240)}`,
      `${name}=${'"'.repeat(10_240)}`,
      `${name}`,
      `${name};`,
      `${name}=;`,
      `=${name}`,
      `;;;${name}=;;`,
      `${name}==${cookie}`,
      `${name}=\u00ff\u00fe`,
      `${name}=${encodeURIComponent(cookie)}`,
      `${name}=undefined`,
      `${name}=null`,
      `${name}=[object Object]`,
      `${name}=../../etc/passwd`,
      `${name}=__proto__`,
      `${name}=${"' OR 1=1 --"}`,
    ]
    store.forget()
    for (const value of values) {
      const session = await sessions.read(visit(value))
      expect(session.isNew).toBe(true)
      expect(session.size).toBe(0)
    }
    expect(store.calls).toEqual([])
  })

  it('of random make never opens a session and never fails [B46, B245]', async () => {
    const { sessions, store } = setUp()
    await sessions.issue({ user: 'ada' })
    store.forget()
    const printable = fc.string({ unit: 'grapheme-ascii', maxLength: 200 })
    const alike = fc.string({ unit: fc.constantFrom('A', 'b', '9', '-', '_', '.', '=', '%', ' '), maxLength: 100 })
    await fc.assert(
      fc.asyncProperty(fc.oneof(printable, alike), fc.boolean(), async (text, isWhole) => {
        const header = isWhole ? text.trim() : `${name}=${text}`.trim()
        expect((await sessions.read(visit(header))).isNew).toBe(true)
      }),
      { numRuns: 300 },
    )
    expect(store.calls).toEqual([])
  })

  it('as a header of a megabyte takes linear time [B245]', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    for (const junk of ['=', '%', '"', ' ', '\t', ';', '; ', `${name}`, `${name}=`, `${name}=;`, `${name} `, `a=b; `]) {
      const header = `x=${junk.repeat(Math.floor(1_000_000 / junk.length))}; ${cookie}`
      const started = performance.now()
      await sessions.read(visit(header))
      expect(performance.now() - started, JSON.stringify(junk)).toBeLessThan(1000)
    }
  })

  it('leads to no cookie in the response, neither a new one nor a removal [B48, B62, B89]', async () => {
    const { sessions } = setUp()
    for (const value of [
      'rubbish',
      `${randomToken()}.${randomToken()}`,
      await signedValue(secret, name, randomToken()),
    ]) {
      const response = await sessions.handle(visit(`${name}=${value}`), async (handle) => {
        await handle.read()
        return new Response()
      })
      expect(sessionCookies(response)).toEqual([])
    }
  })
})

describe('an id that the client chose', () => {
  it('is never adopted, not even when its signature is good: the session gets one of ours [B232]', async () => {
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

  it('opens nothing after the victim signed in with it and the app regenerated [B233]', async () => {
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

  it('in the URL, the body or another header is ignored [B234]', async () => {
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

  it('under a name without the prefix, or with another, is ignored [B13, B241]', async () => {
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

describe('tokens and ids', () => {
  it('are 32 random bytes each: ten thousand of one length, in a safe alphabet, and none twice [B235, B236]', async () => {
    const { sessions } = setUp()
    const cookies = new Set<string>()
    const ids = new Set<string>()
    for (let batch = 0; batch < 100; batch++) {
      const issued = await Promise.all(Array.from({ length: 100 }, () => sessions.issue({})))
      for (const { id, cookie } of issued) {
        expect(cookie).toMatch(/^__Host-sid=[\w-]{43}\.[\w-]{43}$/)
        expect(id).toMatch(/^[\w-]{43}$/)
        cookies.add(cookie)
        ids.add(id)
      }
    }
    expect(cookies.size).toBe(10_000)
    expect(ids.size).toBe(10_000)
  })

  it('depend on neither data, owner nor time [B235]', async () => {
    const { sessions } = setUp({ now: () => 1_800_000_000_000 })
    const one = await sessions.issue({ user: 'ada' }, { owner: 'ada' })
    const two = await sessions.issue({ user: 'ada' }, { owner: 'ada' })
    expect(one.id).not.toBe(two.id)
    expect(one.cookie.slice(0, 20)).not.toBe(two.cookie.slice(0, 20))
  })
})

describe('what must not be told', () => {
  const value = 'a-value-that-is-nobodys-business'

  /** All that an object shows to a log: JSON, text, own and inherited properties, symbols, causes. */
  function everything(thing: unknown, seen: Set<unknown> = new Set()): string {
    if ((typeof thing !== 'object' && typeof thing !== 'function') || thing === null) return String(thing)
    if (seen.has(thing) || seen.size > 500) return ''
    seen.add(thing)
    const parts: string[] = []
    try {
      parts.push(JSON.stringify(thing) ?? '')
    } catch {}
    try {
      parts.push(String(thing))
    } catch {}
    for (
      let level: object | null = thing;
      level !== null && level !== Object.prototype;
      level = Object.getPrototypeOf(level)
    ) {
      for (const key of Reflect.ownKeys(level)) {
        parts.push(String(key))
        // Getters of the session's own classes are what an inspector with getters on shows.
        try {
          const held: unknown = Reflect.get(level, key, thing)
          if (typeof held !== 'function') parts.push(everything(held, seen))
        } catch {}
      }
    }
    return parts.join('\n')
  }

  function secrets(cookie: string): string[] {
    const [token = '', mac = ''] = cookie.slice(name.length + 1).split('.')
    return [token, mac, secret]
  }

  it('is in no event: neither token, MAC, secret nor data [B237]', async () => {
    const { sessions, store, events } = setUp()
    const { cookie, id } = await sessions.issue({ user: value })
    const other = await sessions.issue({ user: value })
    await sessions.read(visit(`${name}=rubbish; ${cookie}; ${other.cookie}`))
    const response = await sessions.handle(visit(cookie), async (handle) => {
      ;(await handle.write()).set('more', value).regenerate()
      return new Response()
    })
    const next = cookieAfter(response)
    store.fail('update')
    await sessions
      .handle(visit(next), async (handle) => {
        ;(await handle.write()).set('user', `${value}!`)
        return new Response()
      })
      .catch(() => {})
    store.heal()
    await sessions.handle(visit(next), async (handle) => {
      ;(await handle.write()).destroy()
      return new Response()
    })
    await sessions.destroy(other.id)
    const told = everything(events)
    expect(told).toContain(id)
    for (const hidden of [...secrets(cookie), ...secrets(next), ...secrets(other.cookie), value]) {
      expect(told).not.toContain(hidden)
    }
  })

  it('is in no error that we make, nor in its causes, but for what the store itself put there [B179, B237]', async () => {
    const errors: unknown[] = []
    const note = (error: unknown): void => void errors.push(error)
    const cookies: string[] = []
    for (const onInvalidData of ['throw', 'reset'] as const) {
      const { sessions, store } = setUp({ onInvalidData })
      const { cookie, id } = await sessions.issue({ user: value })
      cookies.push(cookie)
      const act = (how: (handle: ReturnType<typeof sessions.open>) => Promise<unknown>): Promise<unknown> =>
        sessions
          .handle(visit(cookie), async (handle) => {
            await how(handle)
            return new Response()
          })
          .catch(note)
      for (const method of ['load', 'update', 'delete', 'create'] as const) {
        store.fail(method)
        await act(async (handle) => {
          const session = await handle.write()
          session.set('n', method)
          if (method === 'create') session.regenerate()
          if (method === 'delete') session.destroy()
        })
        store.heal()
      }
      store.refuse('update')
      await act(async (handle) => (await handle.write()).set('user', `${value}!`))
      store.heal()
      for (const broken of [() => {}, Symbol(value), 1n, Number.NaN]) {
        await act(async (handle) => (await handle.write()).set('key', { [value]: broken }))
      }
      await act(async (handle) => {
        const session = await handle.write()
        session.destroy()
        session.set('user', value)
      })
      const again = await sessions.issue({ user: value })
      cookies.push(again.cookie)
      const record = store.memory.load(again.id)
      if (record !== undefined) store.memory.update(again.id, { ...record, version: 2, data: `{"user":"${value}"` })
      await sessions.read(visit(again.cookie)).catch(note)
      expect(store.memory.load(id)).toBe(undefined)
    }
    const schema = {
      '~standard': {
        version: 1 as const,
        vendor: 'test',
        validate: (data: unknown) => ({ issues: [{ message: `got ${JSON.stringify(data)}`, path: ['user'] }] }),
      },
    }
    const strict = new SessionManager<Data>({ store: new MemoryStore(), secret, schema, onInvalidData: 'throw' })
    await strict.issue({ user: value }).catch(note)
    const sealed = new SessionManager<Data>({ store: new CookieStore(), secret })
    await sealed.issue({ user: value.repeat(200) }).catch(note)
    expect(errors.length).toBeGreaterThan(12)
    expect(errors.some((error) => error instanceof SessionConflictError)).toBe(true)
    expect(errors.some((error) => error instanceof SessionDataError)).toBe(true)
    for (const error of errors) {
      const told = everything(error)
      expect(error instanceof SessionError || error instanceof TypeError, told).toBe(true)
      for (const hidden of [...cookies.flatMap(secrets), value]) expect(told).not.toContain(hidden)
    }
  })

  it('is in no option error: a short secret is not repeated in its message [B237]', () => {
    const short = 'hunter2-hunter2'
    let error: unknown
    try {
      new SessionManager({ store: new MemoryStore(), secret: short })
    } catch (reason) {
      error = reason
    }
    expect(error).toBeInstanceOf(TypeError)
    expect(everything(error)).not.toContain(short)
  })

  it('is shown by no manager, handle, session or request that somebody logs [B237]', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ user: value })
    const request = visit(cookie)
    const handle = sessions.open(request)
    const session = await handle.write()
    const reader = await handle.read()
    session.set('more', value)
    await handle.save()
    for (const thing of [sessions, handle]) {
      const told = everything(thing)
      for (const hidden of [...secrets(cookie), value]) expect(told).not.toContain(hidden)
    }
    for (const view of [session, reader]) {
      const told = everything(view)
      for (const hidden of secrets(cookie)) expect(told).not.toContain(hidden)
      expect(JSON.parse(JSON.stringify(view))).toEqual({ user: value, more: value })
    }
    const plain = new Set(Reflect.ownKeys(visit(cookie)))
    for (const key of Reflect.ownKeys(request).filter((own) => !plain.has(own))) {
      const told = everything(Reflect.get(request, key))
      for (const hidden of [...secrets(cookie), value]) expect(told.includes(hidden), String(key)).toBe(false)
    }
  })

  it('is not shown by the JSON of a request or a response that went through [B237]', async () => {
    const { sessions } = setUp()
    const request = visit()
    const response = await sessions.handle(request, async (handle) => {
      ;(await handle.write()).set('user', value)
      return new Response()
    })
    const cookie = cookieAfter(response)
    for (const thing of [request, response]) {
      expect(JSON.stringify(thing)).not.toContain(value)
      for (const hidden of secrets(cookie)) expect(JSON.stringify(thing)).not.toContain(hidden)
      expect(Object.keys(thing).filter((key) => everything(Reflect.get(thing, key)).includes(cookie))).toEqual([])
    }
  })

  it('goes to the store: it gets neither the token nor the secret, in no call [B164, B237]', async () => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    const response = await sessions.handle(visit(cookie), async (handle) => {
      ;(await handle.write()).set('visits', 1).regenerate()
      return new Response()
    })
    const told = everything(store.calls)
    for (const hidden of [...secrets(cookie), ...secrets(cookieAfter(response))]) expect(told).not.toContain(hidden)
  })
})

describe('a flood of requests without a cookie', () => {
  it('makes no record as long as nothing is stored in their sessions [B248]', async () => {
    const { sessions, store } = setUp()
    for (let request = 0; request < 100; request++) {
      await sessions.handle(visit(), async (handle) => {
        const session = await handle.write()
        session.get('user')
        session.delete('user')
        session.clear()
        return new Response()
      })
    }
    expect(store.calls).toEqual([])
  })
})

describe('data over the limit of a cookie', () => {
  it('is a clear error, and no half of it is sent [B36, B247]', async () => {
    const sessions = new SessionManager<Data>({ store: new CookieStore(), secret })
    const handled = sessions.handle(visit(), async (handle) => {
      // Random, so that no compression could help.
      ;(await handle.write()).set('blob', Array.from({ length: 100 }, randomToken).join())
      return new Response()
    })
    await expect(handled).rejects.toMatchObject({ code: 'ERR_SESSION_TOO_LARGE' })
  })
})

describe('the identity that was made for a visitor who stored nothing', () => {
  const sessions = new SessionManager({ store: new MemoryStore(), secret })

  it('is nobody else’s when its id is asked for after the commit, in a stream or a WebSocket [B235]', async () => {
    const request = visit()
    const session = await sessions.read(request)
    await sessions.commit(request, new Response())
    // Enough visitors to use up what is made ahead.
    const ids: string[] = []
    for (let visitor = 0; visitor < 20; visitor++) ids.push((await sessions.issue({ visitor })).id)
    expect(ids).not.toContain(session.id)
    expect(session.id).toBe(session.id)
  })

  it('is not given away while a save that nobody waits for is on its way to the store [B155, B200]', async () => {
    const validate = async (value: unknown) => ({ value: value as Record<string, unknown> })
    const schema = { '~standard': { version: 1, vendor: 'test', validate } } as const
    const sessions = new SessionManager<Record<string, unknown>>({ store: new MemoryStore(), secret, schema })
    let saving: Promise<void> | undefined
    const visiting = sessions.handle(visit(), async (handle) => {
      ;(await handle.write()).set('user', 'ada')
      saving = handle.save()
      throw new Error('thrown by the handler')
    })
    await expect(visiting).rejects.toThrow('thrown by the handler')
    await saving
    for (let visitor = 0; visitor < 20; visitor++) await sessions.issue({ visitor })
  })
})
