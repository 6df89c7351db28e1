import { describe, expect, it } from 'vitest'
import {
  type PersistencePolicy,
  SessionDestroyedError,
  SessionManager,
  type SessionOptions,
  SessionStoreError,
} from './index.js'
import { macOf, randomToken, signedValue } from './testing/sign.js'
import { type Setting, secret, stagedManager } from './testing/staged-manager.js'
import { StagedStore } from './testing/staged-store.js'
import { cookieAfter, gate, sessionCookies, visit } from './testing/visit.js'

const name = '__Host-sid'
const policies: PersistencePolicy[] = ['changed', 'existing', 'always']

interface Data {
  user: string
  visits: number
  cart: { items: string[]; coupon?: { code: string } }
}

const setUp = (options: Partial<SessionOptions<Data>> = {}): Setting<Data> => stagedManager(options)

describe('a store that is down when the session is loaded', () => {
  it.each(policies)(
    'does not sign anyone out under "%s": the request fails [B173, B174, hardest 1]',
    async (persistence) => {
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
    },
  )

  it.each(policies)(
    'leaves the cookie alone under "%s" even where the handler makes do without a session [B174, hardest 1]',
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

  it('lets a later read of the same request try again [B173, B182, hardest 1]', async () => {
    const { store, sessions } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    const handle = sessions.open(visit(cookie))
    store.fail('load')
    await expect(handle.read()).rejects.toThrow(SessionStoreError)
    store.heal()
    expect((await handle.read()).get('user')).toBe('ada')
  })
})

describe('a session that was destroyed while another request holds it', () => {
  const slowWrites: [
    string,
    (options: Setting<Data>, cookie: string, between: () => Promise<unknown>) => Promise<Response>,
  ][] = [
    [
      'saves',
      ({ sessions }, cookie, between) =>
        sessions.handle(visit(cookie), async (handle) => {
          const session = await handle.write()
          await between()
          session.set('visits', 2)
          return new Response()
        }),
    ],
    [
      'saves in mid-request',
      ({ sessions }, cookie, between) =>
        sessions.handle(visit(cookie), async (handle) => {
          const session = await handle.write()
          session.set('visits', 2)
          await between()
          await handle.save()
          return new Response()
        }),
    ],
    [
      'touches',
      ({ sessions, clock }, cookie, between) =>
        sessions.handle(visit(cookie), async (handle) => {
          clock.now += 12 * 3_600_000
          await handle.read()
          await between()
          return new Response()
        }),
    ],
    [
      'regenerates',
      ({ sessions }, cookie, between) =>
        sessions.handle(visit(cookie), async (handle) => {
          const session = await handle.write()
          session.regenerate()
          await between()
          return new Response()
        }),
    ],
  ]

  it.each(slowWrites)(
    'does not come back when that one %s: no record, no cookie, and an event [B223, B224, hardest 2]',
    async (_, slowly) => {
      const setting = setUp()
      const { sessions, store, events } = setting
      const { cookie, id } = await sessions.issue({ visits: 1 })
      const response = await slowly(setting, cookie, () => sessions.destroy(id))
      expect(store.memory.size).toBe(0)
      expect(response.headers.has('set-cookie')).toBe(false)
      expect(events).toContainEqual(expect.objectContaining({ type: 'dropped', reason: 'gone', id }))
      expect((await sessions.read(visit(cookie))).isNew).toBe(true)
    },
  )

  it.each(slowWrites)(
    'does not come back when that one %s, when signing out through a request of its own [B223, B224, hardest 2]',
    async (_, slowly) => {
      const setting = setUp()
      const { sessions, store } = setting
      const { cookie } = await sessions.issue({ visits: 1 })
      const response = await slowly(setting, cookie, () =>
        sessions.handle(visit(cookie), async (handle) => {
          ;(await handle.write()).destroy()
          return new Response()
        }),
      )
      expect(store.memory.size).toBe(0)
      expect(response.headers.has('set-cookie')).toBe(false)
    },
  )

  it.each(['update', 'touch'] as const)(
    'does not come back either when it goes at the last moment, just before the %s [B223, B224, hardest 2]',
    async (method) => {
      const { sessions, store, clock } = setUp()
      const { cookie, id } = await sessions.issue({ visits: 1 })
      clock.now += 12 * 3_600_000
      store.beforeNext(method, () => void store.memory.delete(id))
      const response = await sessions.handle(visit(cookie), async (handle) => {
        if (method === 'update') (await handle.write()).set('visits', 2)
        else await handle.read()
        return new Response()
      })
      expect(store.methods).toContain(method)
      expect(store.memory.size).toBe(0)
      expect(response.headers.has('set-cookie')).toBe(false)
    },
  )

  it('takes no more changes once that is known [B147, B223, hardest 2]', async () => {
    const { sessions, store } = setUp()
    const { cookie, id } = await sessions.issue({ visits: 1 })
    const handle = sessions.open(visit(cookie))
    const session = await handle.write()
    await sessions.destroy(id)
    session.set('visits', 2)
    await handle.save()
    expect(() => session.set('visits', 3)).toThrow(SessionDestroyedError)
    await handle.save()
    expect(store.memory.size).toBe(0)
  })
})

describe('requests that come with the old id after a regenerate', () => {
  it('neither bring the old session back nor send a cookie over the new one [B225, hardest 3]', async () => {
    for (const act of ['read', 'write', 'regenerate', 'touch'] as const) {
      const { sessions, store, clock } = setUp()
      const { cookie: oldCookie, id: oldId } = await sessions.issue({ visits: 1 })
      if (act === 'touch') clock.now += 12 * 3_600_000
      const loaded = gate()
      const regenerated = gate()
      const late = sessions.handle(visit(oldCookie), async (handle) => {
        const session = await handle.write()
        loaded.open()
        await regenerated.opened
        if (act === 'write') session.set('visits', 9)
        if (act === 'regenerate') session.regenerate()
        return new Response()
      })
      await loaded.opened
      const response = await sessions.handle(visit(oldCookie), async (handle) => {
        ;(await handle.write()).regenerate()
        return new Response()
      })
      const newCookie = cookieAfter(response)
      regenerated.open()
      expect((await late).headers.has('set-cookie')).toBe(false)
      expect(store.memory.load(oldId)).toBe(undefined)
      expect(store.memory.size).toBe(1)
      expect((await sessions.read(visit(newCookie))).get('visits')).toBe(1)
    }
  })

  it('and that arrive only then get an empty session and no removal cookie [B225, B130, hardest 3]', async () => {
    const { sessions } = setUp()
    const { cookie: oldCookie } = await sessions.issue({ user: 'ada' })
    await sessions.handle(visit(oldCookie), async (handle) => {
      ;(await handle.write()).regenerate()
      return new Response()
    })
    const response = await sessions.handle(visit(oldCookie), async (handle) => {
      expect((await handle.read()).size).toBe(0)
      return new Response()
    })
    expect(response.headers.has('set-cookie')).toBe(false)
  })
})

describe('regenerate', () => {
  it('really ends the old record, after the new one is there [B130, B134, hardest 5]', async () => {
    const { sessions, store } = setUp()
    const { cookie, id } = await sessions.issue({ visits: 1 })
    store.forget()
    const response = await sessions.handle(visit(cookie), async (handle) => {
      ;(await handle.write()).regenerate()
      return new Response()
    })
    const writes = store.calls.filter(({ method }) => method !== 'load')
    expect(writes.map(({ method }) => method)).toEqual(['create', 'delete'])
    expect(writes[1]?.id).toBe(id)
    expect(writes[0]?.id).not.toBe(id)
    expect((await sessions.read(visit(cookie))).isNew).toBe(true)
    expect((await sessions.read(visit(cookieAfter(response)))).get('visits')).toBe(1)
  })

  it.each(['create', 'delete'] as const)(
    'that fails half-way at %s surfaces, and leaves the old session as it was and no other [B135, hardest 5]',
    async (method) => {
      for (const how of ['throws', 'rejects'] as const) {
        const { sessions, store } = setUp()
        const { cookie, id } = await sessions.issue({ visits: 1 })
        const error = new Error('out of reach')
        store.beforeNext(method, () => {
          if (how === 'throws') throw error
          return Promise.reject(error)
        })
        const handled = sessions.handle(visit(cookie), async (handle) => {
          ;(await handle.write()).set('visits', 2).regenerate()
          return new Response('welcome')
        })
        await expect(handled).rejects.toMatchObject({ code: 'ERR_SESSION_STORE', cause: error })
        expect(store.memory.size).toBe(1)
        const session = await sessions.read(visit(cookie))
        expect(session.id).toBe(id)
        expect(session.get('visits')).toBe(1)
      }
    },
  )
})

describe('a cookie that differs from the signed one in form only', () => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

  it('is not taken: of the last characters that decode to the same bytes, one alone is canonical [B44, hardest 6]', async () => {
    const { sessions, store } = setUp({ verifiedCacheSize: 0 })
    const { cookie } = await sessions.issue({ user: 'ada' })
    const [, value = ''] = cookie.split(/=(.*)/)
    const [token = '', mac = ''] = value.split('.')
    const twins = (text: string): string[] => {
      const last = alphabet.indexOf(text.at(-1) as string)
      return [1, 2, 3].map((bits) => text.slice(0, -1) + alphabet[(last & ~3) | bits])
    }
    store.forget()
    for (const forged of [...twins(token).map((t) => `${t}.${mac}`), ...twins(mac).map((m) => `${token}.${m}`)]) {
      expect((await sessions.read(visit(`${name}=${forged}`))).isNew).toBe(true)
    }
    expect(store.calls).toEqual([])
    expect((await sessions.read(visit(cookie))).get('user')).toBe('ada')
  })

  it('is not taken with padding, blanks, rubbish or the other base64 alphabet in it [B44, hardest 6]', async () => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    const [, value = ''] = cookie.split(/=(.*)/)
    const [token = '', mac = ''] = value.split('.')
    const forged = [
      `${value}=`,
      `${value}==`,
      `${value}!`,
      `${value}.`,
      `${value}.${mac}`,
      `.${value}`,
      `"${value}"`,
      `${token}. ${mac}`,
      `${token} .${mac}`,
      `${token}=.${mac}`,
      `${token}.${mac.slice(0, 5)} ${mac.slice(5)}`,
      `${token}.${mac.slice(0, 5)}\t${mac.slice(5)}`,
      `${token}.${mac.slice(0, 5)}!${mac.slice(5)}`,
      `${token.slice(0, 5)}!${token.slice(5)}.${mac}`,
      `${token}.${mac.slice(0, -1)}`,
      `${token.slice(1)}.${mac}`,
      `${token}%2E${mac}`,
      encodeURIComponent(`${token}=.${mac}`),
    ]
    if (/[-_]/.test(value)) forged.push(value.replaceAll('-', '+').replaceAll('_', '/'))
    store.forget()
    for (const attempt of forged) {
      expect((await sessions.read(visit(`${name}=${attempt}`))).isNew, attempt.replace(value, '<value>')).toBe(true)
    }
    expect(store.calls).toEqual([])
  })
})

describe('a value that was signed for another purpose', () => {
  it('opens nothing under another cookie name of the same secret and store [B51, hardest 7]', async () => {
    const store = new StagedStore()
    const shop = new SessionManager<Data>({ store, secret, cookie: { name: '__Host-shop' } })
    const admin = new SessionManager<Data>({ store, secret, cookie: { name: '__Host-admin' } })
    const { cookie } = await shop.issue({ user: 'ada' })
    store.forget()
    const session = await admin.read(visit(cookie.replace('__Host-shop', '__Host-admin')))
    expect(session.isNew).toBe(true)
    expect(session.size).toBe(0)
    expect(store.calls).toEqual([])
  })

  it('opens nothing as the signed empty value, which a removal cookie might hold [B47, hardest 8]', async () => {
    const { sessions, store, events } = setUp()
    await sessions.issue({ user: 'ada' })
    store.forget()
    for (const text of [`${name}=`, '', name]) {
      const mac = await macOf(secret, text)
      for (const value of [`.${mac}`, mac, `${mac}.`, '', '.']) {
        expect((await sessions.read(visit(`${name}=${value}`))).isNew).toBe(true)
      }
    }
    expect(store.calls).toEqual([])
    expect(events.filter((event) => event.type === 'loaded')).toEqual([])
  })

  it('is what the documented format says, so that the tests above forge the right thing [B52, hardest 7]', async () => {
    const { sessions } = setUp({ verifiedCacheSize: 0 })
    const { cookie } = await sessions.issue({ user: 'ada' })
    const token = cookie.slice(name.length + 1).split('.')[0] as string
    expect(`${name}=${await signedValue(secret, name, token)}`).toBe(cookie)
  })
})

describe('a good signature without a record', () => {
  it('makes no guest record under "existing", and sends no cookie [B95, hardest 9]', async () => {
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

  it('is not adopted when there is something to store: the session gets a new id [B232, hardest 9]', async () => {
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

describe('a handler that throws', () => {
  const thrown: [string, unknown][] = [
    ['an Error', new Error('no')],
    ['a string', 'no'],
    ['undefined', undefined],
    ['a Response', new Response('no', { status: 403 })],
    ['a SessionError of its own', new SessionDestroyedError()],
  ]

  it.each(thrown)('%s saves nothing, and it passes through unchanged [B200, B206, hardest 12]', async (_, error) => {
    const { sessions, store } = setUp()
    const { cookie, id } = await sessions.issue({ visits: 1 })
    const before = store.memory.load(id)
    store.forget()
    for (const isAsync of [true, false]) {
      const handled = sessions.handle(visit(cookie), (handle) => {
        if (!isAsync) throw error
        return handle.write().then((session) => {
          session.set('visits', 2).regenerate()
          throw error
        })
      })
      const caught: unknown = await handled.then(
        () => 'no error',
        (reason: unknown) => reason,
      )
      expect(caught).toBe(error)
    }
    expect(store.methods).toEqual(['load'])
    expect(store.memory.load(id)).toEqual(before)
  })

  it('keeps what was saved before it threw [B200, hardest 12]', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    const handled = sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      session.set('visits', 2)
      await handle.save()
      session.set('visits', 3)
      throw new Error('no')
    })
    await expect(handled).rejects.toThrow('no')
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(2)
  })

  it.each(thrown)('%s after destroy() still signs out [B200, hardest 12]', async (_, error) => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    const handled = sessions.handle(visit(cookie), async (handle) => {
      ;(await handle.write()).destroy()
      throw error
    })
    await handled.then(
      () => expect.unreachable(),
      (reason: unknown) => expect(reason).toBe(error),
    )
    expect(store.memory.size).toBe(0)
  })
})

describe('the idle deadline', () => {
  const hour = 3_600_000

  it('moves with reads alone, in the store and in the browser, up to the absolute limit [B109, B110, B113, hardest 16]', async () => {
    const { sessions, clock } = setUp({ idleTimeout: 24 * 3600, absoluteTimeout: 7 * 24 * 3600 })
    const started = clock.now
    const { cookie } = await sessions.issue({ user: 'ada' })
    /** When a browser that follows Max-Age forgets the cookie. */
    let forgets = started + 24 * hour
    let visits = 0
    for (; ; visits++) {
      clock.now += 20 * hour
      if (clock.now >= started + 7 * 24 * hour) break
      expect(clock.now).toBeLessThan(forgets)
      const response = await sessions.handle(visit(cookie), async (handle) => {
        const session = await handle.read()
        expect(session.get('user')).toBe('ada')
        return new Response()
      })
      for (const line of sessionCookies(response)) {
        const age = Number(/Max-Age=(\d+)/.exec(line)?.[1])
        forgets = clock.now + age * 1000
        expect(forgets).toBeLessThanOrEqual(started + 7 * 24 * hour)
        expect(age).toBeGreaterThan(0)
      }
    }
    expect(visits).toBe(8)
    expect((await sessions.read(visit(cookie))).isNew).toBe(true)
  })

  it('is not moved for each read: at most ten times in an idle timeout [B109, B97, hardest 16]', async () => {
    const { sessions, store, clock } = setUp({ idleTimeout: 24 * 3600 })
    const { cookie } = await sessions.issue({ user: 'ada' })
    store.forget()
    for (let minute = 0; minute < 24 * 60; minute += 10) {
      clock.now += 600_000
      await sessions.handle(visit(cookie), async (handle) => {
        await handle.read()
        return new Response()
      })
    }
    expect(store.methods.filter((method) => method !== 'load').length).toBeLessThanOrEqual(10)
    expect(store.methods.filter((method) => method === 'touch').length).toBeGreaterThanOrEqual(9)
  })
})

describe('a nested value', () => {
  it('that is changed in place is saved [B85, hardest 17]', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ cart: { items: ['tea'] } })
    await sessions.handle(visit(cookie), async (handle) => {
      const cart = (await handle.write()).get('cart')
      cart?.items.push('milk')
      Object.assign(cart as object, { coupon: { code: 'X' } })
      return new Response()
    })
    expect((await sessions.read(visit(cookie))).get('cart')).toEqual({ items: ['tea', 'milk'], coupon: { code: 'X' } })
  })

  it('that was set and then changed by whoever still holds it is saved as it is in the end [B85, hardest 17]', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    await sessions.handle(visit(cookie), async (handle) => {
      const items = ['tea']
      ;(await handle.write()).set('cart', { items })
      items.push('milk')
      return new Response()
    })
    expect((await sessions.read(visit(cookie))).get('cart')).toEqual({ items: ['tea', 'milk'] })
  })

  it('that was read can not be changed at all: it is frozen, all the way down [B85, hardest 17]', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ cart: { items: ['tea'], coupon: { code: 'X' } } })
    const session = await sessions.read(visit(cookie))
    const cart = session.get('cart')
    expect(Object.isFrozen(cart)).toBe(true)
    expect(Object.isFrozen(cart?.items)).toBe(true)
    expect(Object.isFrozen(cart?.coupon)).toBe(true)
    expect(Object.isFrozen(session.toJSON().cart)).toBe(true)
    expect(() => (cart as Data['cart']).items.push('milk')).toThrow(TypeError)
  })

  it('that was changed in place in one request is not seen by another that never saved [B162, hardest 17]', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ cart: { items: ['tea'] } })
    const one = await sessions.write(visit(cookie))
    one.get('cart')?.items.push('milk')
    expect((await sessions.read(visit(cookie))).get('cart')).toEqual({ items: ['tea'] })
  })

  it('does not freeze what the writer of the same request holds [B85, B228, hardest 17]', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ cart: { items: ['tea'] } })
    await sessions.handle(visit(cookie), async (handle) => {
      const cart = (await handle.write()).get('cart')
      const seen = (await handle.read()).get('cart')
      expect(Object.isFrozen(seen)).toBe(true)
      cart?.items.push('milk')
      return new Response()
    })
    expect((await sessions.read(visit(cookie))).get('cart')).toEqual({ items: ['tea', 'milk'] })
  })
})

describe('save() in mid-request', () => {
  it('is the only write when nothing changes after it [B98, hardest 18]', async () => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    store.forget()
    await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      session.set('visits', 2)
      session.get('cart')
      await handle.save()
      return new Response()
    })
    expect(store.methods).toEqual(['load', 'update'])
  })

  it('and then the commit do not write over what others stored between them [B98, hardest 18]', async () => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue({ visits: 1, cart: { items: [] } })
    await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      session.set('visits', 2)
      session.get('cart')?.items.push('tea')
      await handle.save()
      await sessions.handle(visit(cookie), async (other) => {
        const theirs = await other.write()
        theirs.set('visits', 3)
        theirs.get('cart')?.items.push('milk')
        return new Response()
      })
      store.forget()
      return new Response()
    })
    expect(store.methods).toEqual([])
    expect((await sessions.read(visit(cookie))).toJSON()).toEqual({ visits: 3, cart: { items: ['tea', 'milk'] } })
  })

  it('is followed by a write of what changed after it, and of nothing else [B98, hardest 18]', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      session.set('visits', 2)
      await handle.save()
      await sessions.handle(visit(cookie), async (other) => {
        ;(await other.write()).set('visits', 3)
        return new Response()
      })
      session.set('user', 'ada')
      return new Response()
    })
    expect((await sessions.read(visit(cookie))).toJSON()).toEqual({ visits: 3, user: 'ada' })
  })

  it('shows the merged, stored state after it [B98, hardest 18]', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      await sessions.handle(visit(cookie), async (other) => {
        ;(await other.write()).set('user', 'ada').update('visits', (n = 0) => n + 1)
        return new Response()
      })
      session.update('visits', (n = 0) => n + 1)
      expect(session.get('visits')).toBe(2)
      await handle.save()
      expect(session.get('visits')).toBe(3)
      expect(session.get('user')).toBe('ada')
      expect(session.isNew).toBe(false)
      return new Response()
    })
  })

  it('of a new session sends the cookie with the response all the same, once [B98, B201, hardest 18]', async () => {
    const { sessions, store } = setUp()
    const response = await sessions.handle(visit(), async (handle) => {
      ;(await handle.write()).set('visits', 1)
      await handle.save()
      return new Response()
    })
    expect(sessionCookies(response)).toHaveLength(1)
    expect(store.methods).toEqual(['create'])
    expect((await sessions.read(visit(cookieAfter(response)))).get('visits')).toBe(1)
  })
})

describe('keys that mean something to JavaScript', () => {
  const keys = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'prototype', 'valueOf', 'then', 'toJSON']

  it('are not there in an empty session [B239, hardest 19]', async () => {
    const sessions = new SessionManager({ store: new StagedStore(), secret })
    const session = await sessions.write(visit())
    for (const key of keys) {
      expect(session.has(key)).toBe(false)
      expect(session.get(key)).toBe(undefined)
      expect(session.delete(key)).toBe(false)
      expect(session.take(key)).toBe(undefined)
    }
    expect(session.size).toBe(0)
    expect(session.keys()).toEqual([])
  })

  it('are plain keys: they come back, and no prototype is changed [B238, hardest 19]', async () => {
    const sessions = new SessionManager({ store: new StagedStore(), secret })
    const response = await sessions.handle(visit(), async (handle) => {
      const session = await handle.write()
      for (const key of keys) session.set(key, { polluted: key })
      return new Response()
    })
    const session = await sessions.read(visit(cookieAfter(response)))
    expect(session.keys()).toEqual(keys)
    for (const key of keys) {
      expect(session.has(key)).toBe(true)
      expect(session.get(key)).toEqual({ polluted: key })
      expect(Object.hasOwn(session.toJSON(), key)).toBe(true)
    }
    expect(Object.getPrototypeOf(session.toJSON())).toBe(Object.prototype)
    expect(({} as Record<string, unknown>).polluted).toBe(undefined)
  })

  it('merge like any other when others win [B238, hardest 19]', async () => {
    const sessions = new SessionManager({ store: new StagedStore(), secret })
    const { cookie } = await sessions.issue({ a: 1 })
    await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      session.set('__proto__', { mine: true })
      session.update('constructor', (n) => ((n as number | undefined) ?? 0) + 1)
      await sessions.handle(visit(cookie), async (other) => {
        ;(await other.write()).set('toString', 'theirs').set('constructor', 10)
        return new Response()
      })
      return new Response()
    })
    const session = await sessions.read(visit(cookie))
    expect(session.get('__proto__')).toEqual({ mine: true })
    expect(session.get('constructor')).toBe(11)
    expect(session.get('toString')).toBe('theirs')
    expect(({} as Record<string, unknown>).mine).toBe(undefined)
  })

  it('in the stored JSON are data and nothing more [B238, hardest 19]', async () => {
    const store = new StagedStore()
    const sessions = new SessionManager({ store, secret })
    const { cookie, id } = await sessions.issue({ a: 1 })
    const record = store.memory.load(id)
    if (record === undefined) throw new Error('not stored')
    store.memory.update(id, {
      ...record,
      version: record.version + 1,
      data: '{"__proto__":{"isAdmin":true},"constructor":{"prototype":{"isAdmin":true}},"a":{"__proto__":{"isAdmin":true}}}',
    })
    const session = await sessions.read(visit(cookie))
    expect(session.keys()).toEqual(['__proto__', 'constructor', 'a'])
    expect(session.get('isAdmin')).toBe(undefined)
    expect(session.has('isAdmin')).toBe(false)
    expect((session.get('a') as Record<string, unknown>).isAdmin).toBe(undefined)
    expect((session.toJSON() as Record<string, unknown>).isAdmin).toBe(undefined)
    expect(({} as Record<string, unknown>).isAdmin).toBe(undefined)
  })
})

describe('many cookies of our name', () => {
  it('the first that verifies counts, wherever it stands, and an event tells of the second [B12, B242, hardest 20]', async () => {
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

  it('a thousand forged ones cost eight verifications at most, and open nothing [B246, hardest 20]', async () => {
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
