import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  type Migration,
  SessionDataError,
  SessionManager,
  type SessionOptions,
  type WritableSession,
} from '../index.js'
import { cookieAfter } from '../testing/response-cookies.js'
import { secret } from '../testing/secret.js'
import { reading, regenerate, writing } from '../testing/serve.js'
import { StagedStore } from '../testing/staged-store.js'
import { visit } from '../testing/visit.js'

/** Version 1 has `name`, version 2 `user.name`, version 3 `user.names`. */
const toVersion2: Migration = ({ name, ...rest }) => ({ ...rest, ...(name !== undefined && { user: { name } }) })
const toVersion3: Migration = ({ user, ...rest }) => ({
  ...rest,
  ...(user !== undefined && { user: { names: [(user as { name: string }).name] } }),
})

const schema3 = z.object({ user: z.object({ names: z.array(z.string()) }).optional(), visits: z.number().optional() })

/** Releases of one application on one store. */
function setUp() {
  const store = new StagedStore()
  const events: { type: string; reason?: string }[] = []
  const release = (migrations: Migration[], options: Partial<SessionOptions> = {}): SessionManager =>
    new SessionManager({ store, secret, migrations, onEvent: (event) => events.push(event), ...options })
  return { store, events, release }
}

const dataOf = async (sessions: SessionManager, cookie: string): Promise<unknown> =>
  (await sessions.read(visit(cookie))).toJSON()

describe('data of an older version', () => {
  it('is brought up step by step, before the schema sees it', async () => {
    const { release } = setUp()
    const { cookie } = await release([]).issue({ name: 'ada', visits: 1 })
    const third = release([toVersion2, toVersion3], { schema: schema3 as never })
    expect(await dataOf(third, cookie)).toEqual({ user: { names: ['ada'] }, visits: 1 })
  })

  it('is not written for that alone, but with the next write; then no step runs any more', async () => {
    const { release, store } = setUp()
    const { cookie, id } = await release([]).issue({ name: 'ada' })
    let runs = 0
    const second = release([
      (data) => {
        runs++
        return toVersion2(data)
      },
    ])
    store.forget()
    await reading(second, cookie)
    expect(store.methods).toEqual(['load'])
    await writing(second, cookie, (session) => session.set('visits', 1))
    expect(JSON.parse(store.memory.load(id)?.data ?? '')).toEqual({ user: { name: 'ada' }, visits: 1 })
    runs = 0
    expect(await dataOf(second, cookie)).toEqual({ user: { name: 'ada' }, visits: 1 })
    expect(runs).toBe(0)
  })

  it('is invalid if a step is async: the error says so, no other step runs, and a rejection is nobody else’s', async () => {
    const { release } = setUp()
    const { id } = await release([]).issue({ name: 'ada' })
    const steps = [async () => Promise.reject(new Error('ada')), async (data: object) => data]
    for (const step of steps as unknown as Migration[]) {
      let runs = 0
      const spread: Migration = (data) => {
        runs++
        return { ...data }
      }
      await expect(release([step, spread]).peek(id)).rejects.toThrow(
        new SessionDataError('of version 1 can not be brought to version 3: a step must not be async'),
      )
      expect(runs).toBe(0)
    }
  })

  it('begins at the step after its own version', async () => {
    const { release } = setUp()
    const { cookie } = await release([toVersion2]).issue({ user: { name: 'ada' } })
    const never: Migration = () => expect.unreachable()
    expect(await dataOf(release([never, toVersion3]), cookie)).toEqual({ user: { names: ['ada'] } })
  })

  it('can be changed in place, and by peek and edit as well', async () => {
    const { release } = setUp()
    const { cookie, id } = await release([]).issue({ name: 'ada' })
    const third = release([toVersion2, toVersion3])
    await writing(third, cookie, (session) => void (session.get('user') as { names: string[] }).names.push('lovelace'))
    expect((await third.peek(id))?.toJSON()).toEqual({ user: { names: ['ada', 'lovelace'] } })
    await third.edit(id, (session) => void (session.get('user') as { names: string[] }).names.pop())
    expect(await dataOf(third, cookie)).toEqual({ user: { names: ['ada'] } })
  })

  it('keeps its version under a new id', async () => {
    const { release, store } = setUp()
    const { cookie } = await release([]).issue({ name: 'ada' })
    const second = release([toVersion2])
    const next = cookieAfter(await regenerate(second, cookie))
    expect(await dataOf(second, next)).toEqual({ user: { name: 'ada' } })
    const record = store.memory.load((await second.read(visit(next))).id)
    expect([JSON.parse(record?.data ?? ''), JSON.parse(record?.meta ?? '').v]).toEqual([{ name: 'ada' }, undefined])
  })

  it.each<[string, Migration]>([
    [
      'throws',
      () => {
        throw new Error('ada can not be brought up')
      },
    ],
    ['returns nothing', () => undefined as never],
    ['returns a list', () => [] as never],
  ])(
    'is invalid data where a step %s: reset with an event, or a SessionDataError; the record stays',
    async (_, step) => {
      const { release, store, events } = setUp()
      const { cookie, id } = await release([]).issue({ name: 'ada' })
      const before = store.memory.load(id)
      events.length = 0
      const session = await release([step]).read(visit(cookie))
      expect([session.isNew, session.size]).toEqual([true, 0])
      expect(events).toMatchObject([{ type: 'rejected', reason: 'data' }])
      const strict = release([step], { onInvalidData: 'throw' })
      await expect(strict.read(visit(cookie))).rejects.toThrow(SessionDataError)
      await expect(strict.read(visit(cookie))).rejects.toThrow(/^(?!.*ada)/)
      expect(store.memory.load(id)).toEqual(before)
    },
  )
})

describe('data of a newer version', () => {
  it('is used as it is', async () => {
    const { release } = setUp()
    const { cookie } = await release([toVersion2, toVersion3]).issue({ user: { names: ['ada'] } })
    expect(await dataOf(release([]), cookie)).toEqual({ user: { names: ['ada'] } })
  })

  it('stays newer when an older release writes it, and keeps what that one does not know', async () => {
    const { release } = setUp()
    const old = release([], { schema: z.object({ visits: z.number().optional() }) as never })
    const fresh = release([toVersion2, toVersion3], { schema: schema3 as never })
    const { cookie } = await fresh.issue({ user: { names: ['ada'] } })
    await writing(old, cookie, (session) => session.set('visits', 1))
    expect(await dataOf(fresh, cookie)).toEqual({ user: { names: ['ada'] }, visits: 1 })
  })

  it('that the schema refuses is a SessionDataError whatever onInvalidData says, and is never written or reset', async () => {
    const { release, store } = setUp()
    const { cookie, id } = await release([toVersion2, toVersion3]).issue({ user: { names: ['ada'] } })
    const before = store.memory.load(id)
    for (const onInvalidData of ['reset', 'throw'] as const) {
      const old = release([], { schema: z.object({ user: z.string() }) as never, onInvalidData })
      await expect(old.read(visit(cookie))).rejects.toThrow(SessionDataError)
      await expect(writing(old, cookie, (session) => session.set('user', 'x'))).rejects.toThrow(SessionDataError)
    }
    expect(store.memory.load(id)).toEqual(before)
  })
})

describe('a session of a newer version that an older release has emptied', () => {
  const list: Migration = ({ cart, ...rest }) => ({ ...rest, ...(cart !== undefined && { cart: { items: cart } }) })

  it.each<[string, (session: WritableSession) => unknown]>([
    ['by clear', (session) => session.clear()],
    ['by clear, in the same request', (session) => [session.clear(), session.set('cart', ['tea'])]],
    ['by clear, with a new id', (session) => [session.clear(), session.regenerate()]],
  ])('holds what that release writes, in its own version: %s', async (_, empty) => {
    const { release } = setUp()
    const [older, newer] = [release([]), release([list])]
    let { cookie } = await newer.issue({ cart: { items: ['milk'] } })
    cookie = cookieAfter(await writing(older, cookie, (session) => void empty(session)), cookie)
    await writing(older, cookie, (session) => session.set('cart', ['tea']))
    expect(await dataOf(newer, cookie)).toEqual({ cart: { items: ['tea'] } })
  })

  it('also where others have written to it meanwhile', async () => {
    const { release, store } = setUp()
    const [older, newer] = [release([]), release([list])]
    const { cookie } = await newer.issue({ cart: { items: ['milk'] } })
    store.beforeNext('update', async () => {
      await writing(newer, cookie, (session) => session.set('visits', 1))
    })
    await writing(older, cookie, (session) => {
      session.clear()
      session.set('cart', ['tea'])
    })
    expect(await dataOf(newer, cookie)).toEqual({ cart: { items: ['tea'] } })
  })
})

describe('two releases that serve in turn', () => {
  it('lose nothing, whoever writes', async () => {
    const { release } = setUp()
    const [old, fresh] = [release([]), release([toVersion2])]
    const { cookie } = await old.issue({ name: 'ada' })
    for (let turn = 1; turn <= 6; turn++) {
      await writing(turn % 2 === 0 ? old : fresh, cookie, (session) => session.set(`turn${turn}`, turn))
    }
    const all = { turn1: 1, turn2: 2, turn3: 3, turn4: 4, turn5: 5, turn6: 6 }
    expect(await dataOf(fresh, cookie)).toEqual({ user: { name: 'ada' }, ...all })
  })

  it('lose nothing when they write at the same moment', async () => {
    const { release, store } = setUp()
    const [old, fresh] = [release([]), release([toVersion2])]
    const { cookie } = await old.issue({ name: 'ada' })
    store.beforeNext('update', async () => {
      await writing(fresh, cookie, (session) => session.set('from', 'fresh'))
    })
    await writing(old, cookie, (session) => session.set('also', 'old'))
    expect(await dataOf(fresh, cookie)).toEqual({ user: { name: 'ada' }, from: 'fresh', also: 'old' })
  })
})

describe('what a migration or the schema makes', () => {
  const tagsAsSet: Migration = ({ tags, ...rest }) => ({ ...rest, tags: new Set(tags as string[]) })
  const asSet = z.object({
    tags: z.array(z.string()).transform((tags) => new Set(tags)),
    visits: z.number().optional(),
  })
  const made: Record<string, Partial<SessionOptions>> = {
    'a migration': { migrations: [tagsAsSet] },
    'the schema': { schema: asSet as never },
  }

  it.each(Object.entries(made))(
    'is refused if the codec can not carry it, and nothing is lost: %s',
    async (_, options) => {
      const { release, store, events } = setUp()
      const { cookie, id } = await release([]).issue({ tags: ['admin'] })
      const before = await store.memory.load(id)
      const next = release([], { ...options, onInvalidData: 'throw' })
      await expect(next.read(visit(cookie))).rejects.toThrow(SessionDataError)
      await expect(next.read(visit(cookie))).rejects.toThrow(/the codec can not carry, .* at: tags$/)
      await expect(writing(next, cookie, (session) => session.set('visits', 1))).rejects.toThrow(SessionDataError)
      expect(await store.memory.load(id)).toEqual(before)
      expect(events.map(({ type }) => type)).not.toContain('saved')
    },
  )

  it('of a new session is refused as well', async () => {
    const { release } = setUp()
    const issuing = release([], made['the schema']).issue({ tags: ['admin'] })
    await expect(issuing).rejects.toThrow(/Session key "tags"/)
  })

  it('has to be an object', async () => {
    const { release } = setUp()
    for (const nothing of [null, 5, 'text']) {
      const sessions = release([], { schema: z.any().transform(() => nothing) as never })
      await expect(sessions.issue({ name: 'ada' })).rejects.toThrow(/is made no object by the schema/)
    }
  })
})
