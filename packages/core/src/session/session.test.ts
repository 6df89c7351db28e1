import { describe, expect, it } from 'vitest'
import { MemoryStore, SessionDestroyedError, SessionManager, type WritableSession } from '../index.js'
import { cookieAfter, sessionCookies } from '../testing/response-cookies.js'
import { secret } from '../testing/secret.js'
import { reading, signOut, writing } from '../testing/serve.js'
import { stagedManager } from '../testing/staged-manager.js'
import { StagedStore } from '../testing/staged-store.js'
import { visit } from '../testing/visit.js'

interface Data {
  user: string
  visits: number
}

const setUp = stagedManager<Data>

function manager(): SessionManager {
  return new SessionManager({ store: new MemoryStore(), secret })
}

describe('a key that is not there', () => {
  it('is undefined, and asking for it changes nothing', async () => {
    const sessions = manager()
    const response = await writing(sessions, '', (session) => {
      expect(session.get('key')).toBe(undefined)
      expect(session.take('key')).toBe(undefined)
      expect(session.has('key')).toBe(false)
      expect(session.delete('key')).toBe(false)
    })
    expect(sessionCookies(response)).toEqual([])
    await reading(sessions, '', (session) => expect(session.get('key')).toBe(undefined))
  })

  it.each(['constructor', 'toString', '__proto__', 'hasOwnProperty', 'valueOf'])(
    'is not there under the name %s either',
    async (key) => {
      const session = await manager().write(visit())
      expect(session.get(key)).toBe(undefined)
      expect(session.has(key)).toBe(false)
      expect(session.take(key)).toBe(undefined)
    },
  )
})

describe('keys', () => {
  it('that are deleted are gone at once, and in the next request', async () => {
    const sessions = manager()
    const { cookie } = await sessions.issue({ a: 1, b: 2 })
    await writing(sessions, cookie, (session) => {
      expect(session.delete('a')).toBe(true)
      expect(session.has('a')).toBe(false)
      expect(session.get('a')).toBe(undefined)
      expect(session.delete('a')).toBe(false)
    })
    expect((await sessions.read(visit(cookie))).toJSON()).toEqual({ b: 2 })
  })

  it('are counted and listed, in the order in which they came, whatever comes and goes', async () => {
    const sessions = manager()
    const response = await writing(sessions, '', (session) => {
      expect(session.size).toBe(0)
      expect(session.keys()).toEqual([])
      session.set('b', 1).set('a', 2).set('c', 3)
      expect(session.keys()).toEqual(['b', 'a', 'c'])
      session.delete('a')
      session.set('b', 4)
      expect(session.keys()).toEqual(['b', 'c'])
      expect(session.size).toBe(2)
    })
    await reading(sessions, cookieAfter(response), (session) => {
      expect(session.keys()).toEqual(['b', 'c'])
      expect(session.size).toBe(2)
      expect(session.toJSON()).toEqual({ b: 4, c: 3 })
    })
  })

  it('all go with clear(); id, owner and lifetime stay', async () => {
    const sessions = manager()
    const { cookie, id } = await sessions.issue({ a: 1, b: 2 }, { owner: 'ada' })
    const before = await sessions.read(visit(cookie))
    await writing(sessions, cookie, (session) => {
      session.clear()
      expect(session.size).toBe(0)
      expect(session.keys()).toEqual([])
    })
    const after = await sessions.read(visit(cookie))
    expect(after.size).toBe(0)
    expect(after.id).toBe(id)
    expect(after.owner).toBe('ada')
    expect(after.createdAt).toEqual(before.createdAt)
  })

  it('all go with clear({ except }), but for those that it names', async () => {
    const sessions = manager()
    const { cookie } = await sessions.issue({ a: 1, b: { deep: [1] }, c: 3 })
    await writing(sessions, cookie, (session) => {
      session.set('d', 4)
      session.clear({ except: ['b', 'd', 'not there'] })
      expect(session.keys()).toEqual(['b', 'd'])
    })
    expect((await sessions.read(visit(cookie))).toJSON()).toEqual({ b: { deep: [1] }, d: 4 })
  })

  it.each<[string, unknown, string]>([
    ['a key alone', { except: 'a' }, 'clear: except must be a list of keys'],
    ['what are no keys', { except: [{}] }, 'key must be a string'],
    ['another option', { keep: ['a'] }, 'clear: keep is no option: there are except'],
    ['a list', ['a'], 'clear: options must be an object'],
  ])('stay where clear is given %s: that is a TypeError', async (_, options, message) => {
    const sessions = manager()
    const { cookie } = await sessions.issue({ a: 1 })
    await writing(sessions, cookie, (session) => {
      expect(() => session.clear(options as object)).toThrow(new TypeError(`fetch-sessions: ${message}`))
    })
    expect((await sessions.read(visit(cookie))).toJSON()).toEqual({ a: 1 })
  })

  it('are read and deleted by take', async () => {
    const sessions = manager()
    const { cookie } = await sessions.issue({ a: { deep: [1] }, b: 2 })
    await writing(sessions, cookie, (session) => {
      expect(session.take('a')).toEqual({ deep: [1] })
      expect(session.take('a')).toBe(undefined)
    })
    expect((await sessions.read(visit(cookie))).keys()).toEqual(['b'])
  })

  it('carry a flash message into the next request and no further', async () => {
    const sessions = manager()
    const cookie = cookieAfter(await writing(sessions, '', (session) => session.set('flash', 'saved!')))
    const seen: unknown[] = []
    await writing(sessions, cookie, (session) => seen.push(session.take('flash')))
    await writing(sessions, cookie, (session) => seen.push(session.take('flash')))
    expect(seen).toEqual(['saved!', undefined])
  })

  it.each([
    'save',
    'destroy',
    'regenerate',
    'id',
    'get',
    'set',
    'has',
    'delete',
    'clear',
    'size',
    'keys',
    'cookie',
    'isNew',
    'owner',
    'createdAt',
    'expiresAt',
    'toJSON',
    'then',
    '__proto__',
    'constructor',
    'prototype',
    '',
    '0',
    'length',
  ])('may be named %j: methods go on working and the key comes back', async (key) => {
    const sessions = manager()
    const response = await writing(sessions, '', (session) => {
      session.set(key, { value: key }).set('other', 1)
      expect(session.get(key)).toEqual({ value: key })
      expect(typeof session.id).toBe('string')
    })
    const session = await sessions.read(visit(cookieAfter(response)))
    expect(session.get(key)).toEqual({ value: key })
    expect(session.has(key)).toBe(true)
    expect([...session.keys()].sort()).toEqual([key, 'other'].sort())
    expect(Object.keys(session.toJSON()).sort()).toEqual([key, 'other'].sort())
    expect(Object.getPrototypeOf(session.toJSON())).toBe(Object.prototype)
    expect(({} as Record<string, unknown>).value).toBe(undefined)
  })

  it('are the user’s only: id, owner and times do not show among them', async () => {
    const sessions = manager()
    const { cookie } = await sessions.issue({ a: 1 }, { owner: 'ada' })
    await writing(sessions, cookie, (session) => session.setLifetime({ idleTimeout: 60 }))
    const session = await sessions.read(visit(cookie))
    expect(session.keys()).toEqual(['a'])
    expect(session.size).toBe(1)
    expect(JSON.stringify(session)).toBe('{"a":1}')
  })
})

describe('a destroyed session', () => {
  const changes: [string, (session: WritableSession<Data>) => unknown][] = [
    ['set', (session) => session.set('visits', 2)],
    ['update', (session) => session.update('visits', (n = 0) => n + 1)],
    ['delete', (session) => session.delete('visits')],
    ['take', (session) => session.take('visits')],
    ['clear', (session) => session.clear()],
    ['regenerate', (session) => session.regenerate()],
    ['setOwner', (session) => session.setOwner('ada')],
    ['setLifetime', (session) => session.setLifetime({ idleTimeout: 5 })],
  ]

  it.each(changes)('throws a SessionDestroyedError at %s, before and after it is saved', async (_, change) => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      session.destroy()
      expect(() => change(session)).toThrow(SessionDestroyedError)
      await handle.save()
      expect(() => change(session)).toThrow(expect.objectContaining({ code: 'ERR_SESSION_DESTROYED' }))
      return new Response()
    })
    expect(store.memory.size).toBe(0)
  })

  it('is empty to whoever reads it', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada', visits: 1 })
    await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      const reader = await handle.read()
      session.destroy()
      for (const view of [session, reader]) {
        expect(view.size).toBe(0)
        expect(view.get('user')).toBe(undefined)
        expect(view.has('user')).toBe(false)
        expect(view.keys()).toEqual([])
        expect(view.toJSON()).toEqual({})
      }
      expect((await handle.read()).size).toBe(0)
      return new Response()
    })
  })

  it('ends all sessions of its owner only when asked to', async () => {
    const { sessions } = setUp()
    const phone = await sessions.issue({ visits: 1 }, { owner: 'ada' })
    const desk = await sessions.issue({ visits: 2 }, { owner: 'ada' })
    await signOut(sessions, phone.cookie)
    expect((await sessions.read(visit(desk.cookie))).get('visits')).toBe(2)
    await sessions.destroyByOwner('ada')
    expect((await sessions.read(visit(desk.cookie))).isNew).toBe(true)
  })
})

describe('what is called with something that it does not take', () => {
  it.each(['regenerate', 'destroy'] as const)('%s refuses a callback, which nobody would call', async (method) => {
    const sessions = manager()
    const { cookie } = await sessions.issue({ user: 'ada' })
    await writing(sessions, cookie, (session) => {
      const { id } = session
      const call = session[method].bind(session) as (callback: unknown) => void
      expect(() => call(() => {})).toThrow(TypeError)
      expect(() => call(() => {})).toThrow(`${method}() takes no callback: `)
      expect(session.id).toBe(id)
    })
    expect((await sessions.read(visit(cookie))).get('user')).toBe('ada')
  })

  it.each([
    [{ gracePeriod: 10 }, 'regenerate: gracePeriod is no option: there are grace, restart'],
    [{ restart: 1 }, 'restart must be true or false'],
    ['grace', 'regenerate: options must be an object'],
  ])('regenerate refuses %j, which would change nothing', async (options, message) => {
    const sessions = manager()
    const { cookie } = await sessions.issue({ user: 'ada' })
    await writing(sessions, cookie, (session) => {
      expect(() => session.regenerate(options as never)).toThrow(`fetch-sessions: ${message}`)
    })
  })
})

describe('keys that mean something to JavaScript', () => {
  const keys = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'prototype', 'valueOf', 'then', 'toJSON']

  it('are not there in an empty session', async () => {
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

  it('are plain keys: they come back, and no prototype is changed', async () => {
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

  it('merge like any other when others win', async () => {
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

  it('in the stored JSON are data and nothing more', async () => {
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
