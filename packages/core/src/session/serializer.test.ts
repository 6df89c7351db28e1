import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { MemoryStore, SessionDataError, type SessionEvent, SessionManager } from '../index.js'
import { secret } from '../testing/secret.js'
import { writing } from '../testing/serve.js'
import { StagedStore } from '../testing/staged-store.js'
import { visit } from '../testing/visit.js'

describe('a schema', () => {
  const schema = z.object({
    user: z.string().min(2).optional(),
    visits: z.number().int().default(0),
  })

  function setUp(onInvalidData?: 'reset' | 'throw') {
    const store = new StagedStore()
    const events: SessionEvent[] = []
    const sessions = new SessionManager({
      store,
      secret,
      schema,
      ...(onInvalidData && { onInvalidData }),
      onEvent: (event) => events.push(event),
    })
    const loose = new SessionManager({ store, secret })
    return { store, events, sessions, loose }
  }

  it('lets data through that fits, and fills in defaults when it is stored', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    const session = await sessions.read(visit(cookie))
    expect(session.get('user')).toBe('ada')
    expect(session.get('visits')).toBe(0)
  })

  it('refuses data that does not fit when it is saved: a SessionDataError names the key, not the value', async () => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    store.forget()
    const writes = writing(sessions, cookie, (session) => session.set('visits', 1234.5))
    await expect(writes).rejects.toThrow(SessionDataError)
    await expect(writes).rejects.toMatchObject({
      code: 'ERR_SESSION_DATA',
      message: expect.stringMatching(/^(?!.*1234).*visits/),
    })
    expect(store.methods.filter((method) => method !== 'load')).toEqual([])
  })

  it('refuses stored data that does not fit: a new session, an event, and the record stays', async () => {
    const { sessions, loose, events, store } = setUp()
    const { cookie, id } = await loose.issue({ user: 42 })
    const session = await sessions.read(visit(cookie))
    expect(session.isNew).toBe(true)
    expect(session.id).not.toBe(id)
    expect(events).toMatchObject([{ type: 'rejected', reason: 'data', id }])
    expect(await store.load(id)).toBeDefined()
  })

  it('throws on stored data that does not fit when onInvalidData says so', async () => {
    const { sessions, loose } = setUp('throw')
    const { cookie } = await loose.issue({ user: 42 })
    await expect(sessions.read(visit(cookie))).rejects.toThrow(SessionDataError)
  })

  it('may be asynchronous', async () => {
    const slow = z.object({ user: z.string().refine(async (user) => user !== 'eve') })
    const sessions = new SessionManager({ store: new MemoryStore(), secret, schema: slow })
    const { cookie } = await sessions.issue({ user: 'ada' })
    expect((await sessions.read(visit(cookie))).get('user')).toBe('ada')
    await expect(sessions.issue({ user: 'eve' })).rejects.toThrow(SessionDataError)
  })

  it('drops keys that it does not know, if it is one that does so', async () => {
    const { sessions, loose } = setUp()
    const { cookie } = await loose.issue({ user: 'ada', extra: true })
    expect((await sessions.read(visit(cookie))).toJSON()).toEqual({ user: 'ada', visits: 0 })
  })
})

describe('a schema that asks for keys', () => {
  const schema = z.object({ visits: z.number(), user: z.string().optional() })

  it('lets a session hold nothing: cleared, or a guest that is always stored', async () => {
    const store = new MemoryStore()
    const sessions = new SessionManager({ store, secret, schema, persistence: 'always' })
    const { cookie, id } = await sessions.issue({ visits: 1 })
    await writing(sessions, cookie, (session) => session.clear())
    expect(store.load(id)?.data).toBe('{}')
    const session = await sessions.read(visit(cookie))
    expect([session.isNew, session.size]).toEqual([false, 0])
    const guest = await sessions.handle(visit(), () => new Response())
    expect(guest.headers.getSetCookie()).toHaveLength(1)
  })

  it('refuses a session that holds something and lacks one of them', async () => {
    const sessions = new SessionManager({ store: new MemoryStore(), secret, schema })
    await expect(sessions.issue({ user: 'ada' })).rejects.toThrow(SessionDataError)
  })
})

describe('save() with a schema that changes what it checks', () => {
  it('shows the stored state after it: defaults are there, what was dropped is not', async () => {
    const schema = z.object({ visits: z.number().default(7), user: z.string().trim().optional() })
    const store = new MemoryStore()
    const loose = new SessionManager({ store, secret })
    const sessions = new SessionManager({ store, secret, schema })
    const { cookie, id } = await loose.issue({ visits: 1, user: 'ada' })
    const handle = sessions.open(visit(cookie))
    const session = await handle.write()
    session.set('user', ' grace ')
    session.delete('visits')
    await handle.save()
    expect(session.toJSON()).toEqual(JSON.parse(store.load(id)?.data ?? ''))
    expect(session.toJSON()).toEqual({ visits: 7, user: 'grace' })
  })
})

describe('a schema that fails', () => {
  const failures: [string, () => never | Promise<never>][] = [
    [
      'throws',
      () => {
        throw new Error('on a value')
      },
    ],
    ['rejects', () => Promise.reject(new Error('on a value'))],
  ]
  it.each(failures)(
    'is a SessionDataError that shows no value, with its error as the cause: it %s',
    async (_, validate) => {
      const store = new MemoryStore()
      const { id, cookie } = await new SessionManager({ store, secret }).issue({ a: 1 })
      const schema = { '~standard': { version: 1, vendor: 'own', validate } } as const
      const sessions = new SessionManager<{ a: number }>({ store, secret, schema, onInvalidData: 'throw' })
      for (const call of [
        () => sessions.read(visit(cookie)),
        () => sessions.peek(id),
        () => sessions.edit(id, (session) => session.set('a', 2)),
        () => sessions.issue({ a: 1 }),
        () => writing(sessions, '', (session) => session.set('a', 1)),
      ]) {
        const error = await call().then(String, (error: unknown) => error as SessionDataError)
        expect(error).toBeInstanceOf(SessionDataError)
        expect(error).toMatchObject({
          message: "The session's data can not be checked: the schema threw",
          cause: { message: 'on a value' },
        })
        expect(Object.keys(error)).not.toContain('cause')
      }
    },
  )
})

describe('-0', () => {
  const all = { n: -0, list: [-0, { n: -0 }] }

  it('is 0 in JSON, so that setting it again writes nothing', async () => {
    const store = new StagedStore()
    const sessions = new SessionManager<typeof all>({ store, secret })
    const { cookie } = await sessions.issue(all)
    store.forget()
    await writing(sessions, cookie, (session) => {
      session.set('n', -0).set('list', [-0, { n: -0 }])
      expect([session.get('n'), session.get('list')]).toEqual([0, [0, { n: 0 }]])
    })
    expect(store.methods).toEqual(['load'])
  })

  it('that `update` gives is 0 as well', async () => {
    const store = new StagedStore()
    const sessions = new SessionManager<typeof all>({ store, secret })
    const { cookie } = await sessions.issue({ n: 0 })
    store.forget()
    await writing(sessions, cookie, (session) => {
      expect(session.update('n', () => -0)).toBe(0)
      expect(session.get('n')).toBe(0)
    })
    expect(store.methods).toEqual(['load'])
  })

  it('stays with a codec that keeps it, and is 0 with one that does not', async () => {
    const { parse, stringify } = JSON
    const keeping = {
      encode: (data: object) => stringify(data, (_, value) => (Object.is(value, -0) ? '-0' : value)),
      decode: (text: string) => parse(text, (_, value) => (value === '-0' ? -0 : value)),
    }
    for (const [codec, kept] of [
      [keeping, -0],
      [{ encode: (data: object) => stringify(data), decode: (text: string) => parse(text) }, 0],
    ] as const) {
      const session = await new SessionManager<typeof all>({ store: new MemoryStore(), secret, codec }).open('').write()
      session.set('n', -0).set('list', [-0])
      expect([session.get('n'), session.get('list')]).toEqual([kept, [kept]])
    }
  })
})
