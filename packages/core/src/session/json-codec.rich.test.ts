import { parse, stringify } from 'devalue'
import { describe, expect, it } from 'vitest'
import { CookieStore, type SessionCodec, SessionManager } from '../index.js'
import { cookieAfter, sessionCookies } from '../testing/response-cookies.js'
import { secret } from '../testing/secret.js'
import { writing } from '../testing/serve.js'
import { StagedStore } from '../testing/staged-store.js'
import { visit } from '../testing/visit.js'

interface Data {
  at: Date
  roles: Map<string, Set<string>>
  deep: { list: { when: Date }[] }
}

const codec: SessionCodec = { encode: stringify, decode: (text) => parse(text) as Record<string, unknown> }

const data = (): Data => ({
  at: new Date(1000),
  roles: new Map([['admin', new Set(['read'])]]),
  deep: { list: [{ when: new Date(2000) }] },
})

/** A manager whose calls of the store are noted. */
async function setUp() {
  const store = new StagedStore()
  const sessions = new SessionManager<Data>({ store, secret, codec })
  const { cookie, id } = await sessions.issue(data())
  store.forget()
  return { store, sessions, cookie, id }
}

/** What an application could do to each value by mistake. */
function spoil(values: { at?: unknown; roles?: unknown; deep?: unknown }): void {
  const tries: (() => unknown)[] = [
    () => (values.at as Date).setFullYear(1999),
    () => (values.roles as Map<string, unknown>).clear(),
    () => (values.roles as Map<string, Set<string>>).get('admin')?.add('write'),
    () => (values.deep as Data['deep']).list[0]?.when.setFullYear(1999),
    () => (values.deep as Data['deep']).list.push({ when: new Date() }),
  ]
  for (const attempt of tries) {
    try {
      attempt()
    } catch {
      // Frozen is fine, too.
    }
  }
}

describe('with a codec that carries a Date, a Map and a Set', () => {
  it('what read() hands out can not be changed to any effect', async () => {
    const { store, sessions, cookie } = await setUp()
    await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.read()
      spoil({ at: session.get('at'), roles: session.get('roles'), deep: session.get('deep') })
      spoil(session.toJSON())
      expect(session.toJSON()).toEqual(data())
      ;(await handle.write()).set('at', new Date(5))
      return new Response()
    })
    expect(store.methods).toEqual(['load', 'update'])
    expect((await sessions.read(visit(cookie))).toJSON()).toEqual({ ...data(), at: new Date(5) })
  })

  it('what write() hands out is saved when it is changed in place', async () => {
    const { sessions, cookie } = await setUp()
    await writing(sessions, cookie, (session) => {
      session.get('at')?.setTime(7)
      session.get('roles')?.set('guest', new Set())
    })
    const roles = data().roles.set('guest', new Set())
    expect((await sessions.read(visit(cookie))).toJSON()).toEqual({ ...data(), at: new Date(7), roles })
  })

  it('what was given to set stays the caller’s own', async () => {
    const { sessions, cookie } = await setUp()
    const own = data()
    await writing(sessions, cookie, (session) => {
      session.set('at', own.at).set('roles', own.roles)
      session.get('at')?.setTime(9)
      session.get('roles')?.clear()
      own.at.setTime(11)
    })
    expect(own.roles).toEqual(data().roles)
    const session = await sessions.read(visit(cookie))
    expect([session.get('at'), session.get('roles')]).toEqual([new Date(9), new Map()])
  })

  it('an equal value is no change', async () => {
    const { store, sessions, cookie } = await setUp()
    await writing(sessions, cookie, (session) => session.set('at', new Date(1000)).set('roles', data().roles))
    expect(store.methods).toEqual(['load'])
  })

  it('what update hands out is the session’s own, to be changed in place; what it was given stays the caller’s', async () => {
    const { sessions, cookie } = await setUp()
    const given = data()
    await writing(sessions, cookie, (session) => {
      const at = session.update('at', () => given.at)
      const roles = session.update('roles', (roles = new Map()) => roles.set('guest', new Set()))
      given.at.setTime(13)
      at.setTime(17)
      roles.get('guest')?.add('look')
      expect([session.get('at'), session.get('roles')]).toEqual([new Date(17), roles])
    })
    const roles = data().roles.set('guest', new Set(['look']))
    expect((await sessions.read(visit(cookie))).toJSON()).toEqual({ ...data(), at: new Date(17), roles })
    expect(given).toEqual({ ...data(), at: new Date(13) })
  })

  it('what update is given leaves nothing behind when the change throws', async () => {
    const { store, sessions, cookie } = await setUp()
    await writing(sessions, cookie, (session) => {
      for (const isHeld of [false, true]) {
        if (isHeld) session.get('roles')
        const change = (roles: Data['roles'] | undefined): never => {
          roles?.clear()
          throw new RangeError('no')
        }
        expect(() => session.update('roles', change)).toThrow(RangeError)
        expect(session.get('roles')).toEqual(data().roles)
      }
    })
    expect(store.methods).toEqual(['load'])
  })

  it('what update was given last is not the session’s once another writer has won', async () => {
    const { store, sessions, cookie } = await setUp()
    const seen: Data['roles'][] = []
    await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      await writing(sessions, cookie, (other) => other.set('at', new Date(19)))
      session.update('roles', (roles = new Map()) => {
        seen.push(roles)
        return roles.set('guest', new Set())
      })
      return new Response()
    })
    expect(store.methods).toContain('update')
    for (const roles of seen) roles.clear()
    expect(seen.length).toBeGreaterThan(1)
    const roles = data().roles.set('guest', new Set())
    expect((await sessions.read(visit(cookie))).toJSON()).toEqual({ ...data(), at: new Date(19), roles })
  })

  it('what peek shows can not be changed to any effect', async () => {
    const { sessions, id, cookie } = await setUp()
    const session = await sessions.peek(id)
    spoil({ at: session?.get('at'), roles: session?.get('roles'), deep: session?.get('deep') })
    spoil(session?.toJSON() ?? {})
    expect(session?.toJSON()).toEqual(data())
    expect((await sessions.read(visit(cookie))).toJSON()).toEqual(data())
  })

  it('what edit hands out is saved when it is changed in place, and not a moment later', async () => {
    const { sessions, id, cookie } = await setUp()
    const held: Partial<Data>[] = []
    const given = new Date(23)
    const isDone = await sessions.edit(id, (session) => {
      const [roles, deep] = [session.get('roles'), session.get('deep')]
      if (roles === undefined || deep === undefined) return
      held.push({ roles, deep })
      roles.set('guest', new Set())
      session.set('at', given)
    })
    expect(isDone).toBe(true)
    given.setTime(0)
    for (const values of held) spoil(values)
    const roles = data().roles.set('guest', new Set())
    expect((await sessions.read(visit(cookie))).toJSON()).toEqual({ ...data(), at: new Date(23), roles })
  })

  it('what take hands out is the caller’s, whatever becomes of the session', async () => {
    const { sessions, cookie } = await setUp()
    const taken: Partial<Data>[] = []
    await writing(sessions, cookie, (session) => {
      const shown = session.get('deep')
      const [at, roles, deep] = [session.take('at'), session.take('roles'), session.take('deep')]
      expect({ at, roles, deep }).toEqual(data())
      expect(session.keys()).toEqual([])
      spoil({ at, roles, deep: shown })
      taken.push({ at: at as Date, roles: roles as Data['roles'], deep: deep as Data['deep'] })
      expect(session.keys()).toEqual([])
    })
    for (const values of taken) spoil(values)
    expect((await sessions.read(visit(cookie))).toJSON()).toEqual({})
  })
})

describe.each([true, false])('in a CookieStore with encrypt: %s and such a codec', (encrypt) => {
  const sealed = (): SessionManager<Data> =>
    new SessionManager<Data>({ store: new CookieStore({ encrypt }), secret, codec })

  it('values come back as they were, and are saved when they are changed in place', async () => {
    const sessions = sealed()
    const { cookie } = await sessions.issue(data())
    const changed = await writing(sessions, cookie, (session) => {
      expect(session.toJSON()).toEqual(data())
      session.get('at')?.setTime(7)
      session.get('roles')?.set('guest', new Set())
      session.update('deep', (deep = { list: [] }) => ({ list: [...deep.list, { when: new Date(3000) }] }))
    })
    expect((await sessions.read(visit(cookieAfter(changed)))).toJSON()).toEqual({
      at: new Date(7),
      roles: data().roles.set('guest', new Set()),
      deep: { list: [{ when: new Date(2000) }, { when: new Date(3000) }] },
    })
  })

  it('what read() hands out can not be changed to any effect, and an equal value is no change', async () => {
    const sessions = sealed()
    const { cookie } = await sessions.issue(data())
    const response = await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.read()
      spoil({ at: session.get('at'), roles: session.get('roles'), deep: session.get('deep') })
      spoil(session.toJSON())
      ;(await handle.write()).set('at', new Date(1000)).set('roles', data().roles)
      return new Response()
    })
    expect(sessionCookies(response)).toEqual([])
    expect((await sessions.read(visit(cookie))).toJSON()).toEqual(data())
  })
})

describe('with a codec that carries cycles', () => {
  interface Family {
    ada: { name: string; friend?: Family['ada'] }
  }
  const sessions = new SessionManager<Family>({ store: new StagedStore(), secret, codec })
  const friends = (): Family['ada'] => {
    const ada: Family['ada'] = { name: 'Ada' }
    ada.friend = { name: 'Grace', friend: ada }
    return ada
  }

  it('a value that leads back to itself is stored, read, and saved when it is changed in place', async () => {
    const { cookie } = await sessions.issue({ ada: friends() })
    const ada = (await sessions.read(visit(cookie))).get('ada')
    expect([ada?.friend?.name, ada?.friend?.friend === ada]).toEqual(['Grace', true])
    await writing(sessions, cookie, (session) => {
      const grace = session.get('ada')?.friend
      if (grace !== undefined) grace.name = 'Hopper'
    })
    expect((await sessions.read(visit(cookie))).get('ada')?.friend?.name).toBe('Hopper')
  })
})

describe('what a codec can not carry although it is no object', () => {
  const json: SessionCodec = { encode: JSON.stringify, decode: (text) => JSON.parse(text) as Record<string, unknown> }

  it.each([
    ['a function', 'devalue', codec, () => 1],
    ['a symbol', 'devalue', codec, Symbol('x')],
    ['a function', 'a codec that leaves it out', json, () => 1],
    ['a symbol', 'a codec that leaves it out', json, Symbol('x')],
    ['a bigint', 'a codec that leaves it out', json, 1n],
  ])('%s, of %s, is a TypeError that names the key, at the set', async (_, __, codec, value) => {
    const sessions = new SessionManager<{ odd: unknown }>({ store: new StagedStore(), secret, codec })
    const session = await sessions.open(visit()).write()
    expect(() => session.set('odd', value)).toThrow(
      new TypeError('Session key "odd" holds what the codec can not carry'),
    )
    expect(session.has('odd')).toBe(false)
  })

  it('a bigint is carried by a codec that can', async () => {
    const sessions = new SessionManager<{ odd: unknown }>({ store: new StagedStore(), secret, codec })
    const { cookie } = await sessions.issue({ odd: 10n })
    expect((await sessions.read(visit(cookie))).get('odd')).toBe(10n)
  })
})
