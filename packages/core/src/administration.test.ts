import { describe, expect, it } from 'vitest'
import { SessionError, SessionManager, type WritableSession } from './index.js'
import { cookieAfter } from './testing/response-cookies.js'
import { secret } from './testing/secret.js'
import { reading, regenerate, signOut, writing } from './testing/serve.js'
import { stagedManager } from './testing/staged-manager.js'
import { visit } from './testing/visit.js'

interface Data {
  user: string
  visits: number
}

const setUp = stagedManager<Data>

function takeBack(session: WritableSession<Data>): void {
  session.setLifetime({ idleTimeout: 60 })
  session.setLifetime(undefined)
}

describe('edit', () => {
  it('changes a session without its request: data, owner, label', async () => {
    const { sessions } = setUp()
    const { cookie, id } = await sessions.issue({ user: 'ada', visits: 1 })
    const isThere = await sessions.edit(id, (session) => {
      expect([session.id, session.isNew, session.get('user')]).toEqual([id, false, 'ada'])
      session.set('user', 'grace').update('visits', (n = 0) => n + 1)
      session.setOwner('grace')
      session.setLabel('Firefox on Linux')
    })
    expect(isThere).toBe(true)
    const session = await sessions.read(visit(cookie))
    expect(session.toJSON()).toEqual({ user: 'grace', visits: 2 })
    expect([session.owner, session.label]).toEqual(['grace', 'Firefox on Linux'])
  })

  it('runs the change again, on the newer state, when another writer has won: both are kept', async () => {
    const { sessions, store } = setUp()
    const { cookie, id } = await sessions.issue({ visits: 1 })
    const seen: (number | undefined)[] = []
    store.beforeNext('update', async () => {
      await writing(sessions, cookie, (session) => session.set('visits', 10).set('user', 'ada'))
    })
    await sessions.edit(id, (session) => {
      seen.push(session.get('visits'))
      session.set('visits', (session.get('visits') as number) + 1)
    })
    expect(seen).toEqual([1, 10])
    expect((await sessions.read(visit(cookie))).toJSON()).toEqual({ visits: 11, user: 'ada' })
  })

  it('gives up after a bounded number of conflicts', async () => {
    const { sessions, store } = setUp()
    const { id } = await sessions.issue({ visits: 1 })
    store.refuse('update')
    await expect(sessions.edit(id, (session) => session.set('visits', 2))).rejects.toMatchObject({
      code: 'ERR_SESSION_CONFLICT',
    })
  })

  it('is no use of the session: it dies as it would have', async () => {
    const { sessions, store, clock } = setUp({ idleTimeout: 1000 })
    const { cookie, id } = await sessions.issue({ visits: 1 })
    const before = store.memory.load(id)?.expiresAt
    clock.passes(999)
    expect(await sessions.edit(id, (session) => session.set('visits', 2))).toBe(true)
    expect(store.memory.load(id)?.expiresAt).toBe(before)
    clock.passes(1)
    expect((await sessions.read(visit(cookie))).isNew).toBe(true)
  })

  it.each([100, 10_000])('moves no expiry where the idle timeout has become %i since', async (idleTimeout) => {
    const { sessions, store, clock } = setUp({ idleTimeout: 1000, absoluteTimeout: 5000 })
    const { id } = await sessions.issue({ visits: 1 }, { owner: 'ada' })
    const [before, start] = [store.memory.load(id)?.expiresAt, clock.time]
    const later = new SessionManager<Data>({ store, secret, now: clock.now, idleTimeout, absoluteTimeout: 20_000 })
    clock.passes(50)
    for (const visits of [2, 3]) {
      expect(await later.edit(id, (session) => session.set('visits', visits))).toBe(true)
      expect(store.memory.load(id)?.expiresAt).toBe(before)
      expect((await later.listByOwner('ada'))[0]?.lastUsedAt).toBe(start)
    }
  })

  it('moves no expiry where the absolute limit holds it, and it still tells the last use', async () => {
    const { sessions, store, clock } = setUp({ idleTimeout: 1000, absoluteTimeout: 1000 })
    const { id, cookie } = await sessions.issue({ visits: 1 }, { owner: 'ada' })
    clock.passes(600)
    await reading(sessions, cookie)
    const [before, used] = [store.memory.load(id)?.expiresAt, clock.time]
    const later = new SessionManager<Data>({ store, secret, now: clock.now, idleTimeout: 5000 })
    clock.passes(10)
    await later.edit(id, (session) => session.set('visits', 2))
    expect(store.memory.load(id)?.expiresAt).toBe(before)
    expect((await later.listByOwner('ada'))[0]?.lastUsedAt).toBe(used)
  })

  it.each([
    [10, 60, 70],
    [90, 60, 150],
    [150, 60, 160],
    [90, 990, 1000],
    [90, 2000, 2000],
  ])(
    'can give it another lifetime, from the last use on that may not be noted: after %i s',
    async (at, idleTimeout, end) => {
      const { sessions, store, clock } = setUp({ idleTimeout: 1000 })
      const { id } = await sessions.issue({ visits: 1 })
      const start = clock.time
      clock.passes(at)
      await sessions.edit(id, (session) => session.setLifetime({ idleTimeout }))
      expect(store.memory.load(id)?.expiresAt).toBe(start + end * 1000)
    },
  )

  it.each<[string, (session: WritableSession<Data>) => unknown]>([
    ['nothing changes', () => {}],
    ['a value changes', (session) => session.set('visits', 2)],
    ['its lifetime gets shorter', (session) => session.setLifetime({ idleTimeout: 60 })],
    ['its lifetime gets longer', (session) => session.setLifetime({ idleTimeout: 5000 })],
    ['its absolute limit is the nearer one', (session) => session.setLifetime({ absoluteTimeout: 300 })],
    ['a lifetime is taken back', takeBack],
  ])('tells by expiresAt what will be stored where %s, and afterwards what is', async (_name, change) => {
    const { sessions, clock } = setUp({ idleTimeout: 1000, absoluteTimeout: 10_000 })
    const { id } = await sessions.issue({ visits: 1 })
    clock.passes(120)
    let edited: WritableSession<Data> | undefined
    let told: Date | undefined
    await sessions.edit(id, (session) => {
      change(session)
      edited = session
      told = session.expiresAt
    })
    const stored = (await sessions.peek(id))?.expiresAt
    expect(told).toEqual(stored)
    clock.passes(20)
    expect(edited?.expiresAt).toEqual(stored)
  })

  it('writes nothing where nothing was changed', async () => {
    const { sessions, store } = setUp()
    const { id } = await sessions.issue({ visits: 1 })
    store.forget()
    expect(await sessions.edit(id, (session) => session.set('visits', 1))).toBe(true)
    expect(store.methods).toEqual(['load'])
  })

  it('can destroy, and an event tells', async () => {
    const { sessions, events } = setUp()
    const { cookie, id } = await sessions.issue({ visits: 1 })
    events.length = 0
    expect(await sessions.edit(id, (session) => session.destroy())).toBe(true)
    expect(events).toEqual([{ type: 'destroyed', id, duration: expect.any(Number) }])
    expect((await sessions.read(visit(cookie))).isNew).toBe(true)
    expect(await sessions.edit(id, () => expect.unreachable())).toBe(false)
  })

  it('may not regenerate, since the cookie could not be sent', async () => {
    const { sessions } = setUp()
    const { cookie, id } = await sessions.issue({ visits: 1 })
    await expect(sessions.edit(id, (session) => session.regenerate())).rejects.toThrow(SessionError)
    expect((await sessions.read(visit(cookie))).id).toBe(id)
  })

  it('stores nothing when the change throws', async () => {
    const { sessions, store } = setUp()
    const { id } = await sessions.issue({ visits: 1 })
    const before = store.memory.load(id)
    const edited = sessions.edit(id, (session) => {
      session.set('visits', 2)
      throw new RangeError('no')
    })
    await expect(edited).rejects.toThrow(RangeError)
    expect(store.memory.load(id)).toEqual(before)
  })

  it('takes no change any more once it is over', async () => {
    const { sessions } = setUp()
    const { id } = await sessions.issue({ visits: 1 })
    for (const value of [2, 1]) {
      let kept: { set(key: 'visits', value: number): unknown } | undefined
      await sessions.edit(id, (session) => {
        kept = session.set('visits', value === 2 ? 2 : (session.get('visits') as number))
      })
      expect(() => kept?.set('visits', 3)).toThrow(SessionError)
    }
  })

  it('takes no change any more while the schema is at work, since it would be lost', async () => {
    let edited: WritableSession<Data> | undefined
    const late = (): unknown => edited?.set('visits', 3)
    const validate = async (value: unknown) => {
      if (edited !== undefined) expect(late).toThrow(SessionError)
      return { value: value as Data }
    }
    const { sessions } = setUp({ schema: { '~standard': { version: 1, vendor: 'test', validate } } })
    const { id } = await sessions.issue({ visits: 1 })
    await sessions.edit(id, (session) => {
      edited = session.set('visits', 2)
    })
    edited = undefined
    expect((await sessions.peek(id))?.get('visits')).toBe(2)
  })

  it.each(['x'.repeat(43), 'owner:x', '', '../../etc'])('is false for the id %j, of no session', async (id) => {
    const { sessions } = setUp()
    expect(await sessions.edit(id, () => expect.unreachable())).toBe(false)
    expect(await sessions.peek(id)).toBe(undefined)
  })

  it('is false for an id that was superseded, and peek shows nothing of it', async () => {
    const { sessions } = setUp()
    const { cookie, id } = await sessions.issue({ visits: 1 })
    await regenerate(sessions, cookie)
    expect(await sessions.edit(id, () => expect.unreachable())).toBe(false)
    expect(await sessions.peek(id)).toBe(undefined)
  })
})

describe('peek', () => {
  it('shows a stored session as it is, and is no use of it', async () => {
    const { sessions, store, clock } = setUp({ idleTimeout: 1000 })
    const { cookie, id } = await sessions.issue({ visits: 1 }, { owner: 'ada' })
    clock.passes(500)
    store.forget()
    const session = await sessions.peek(id)
    expect([session?.id, session?.get('visits'), session?.owner]).toEqual([id, 1, 'ada'])
    expect(store.methods).toEqual(['load'])
    clock.passes(500)
    expect(await sessions.peek(id)).toBe(undefined)
    expect((await sessions.read(visit(cookie))).isNew).toBe(true)
  })

  it('shows nothing of one that was signed out', async () => {
    const { sessions } = setUp()
    const { cookie, id } = await sessions.issue({ visits: 1 })
    await signOut(sessions, cookie)
    expect(await sessions.peek(id)).toBe(undefined)
  })
})

describe('the admin’s list', () => {
  it('shows every live session once, page by page, with what an account page needs', async () => {
    const { sessions, clock } = setUp({ idleTimeout: 1000 })
    const start = clock.time
    const ids = new Set<string>()
    for (let visits = 0; visits < 25; visits++) ids.add((await sessions.issue({ visits }, { owner: 'ada' })).id)
    const seen: string[] = []
    let cursor: string | undefined
    let pages = 0
    do {
      const page = await sessions.list({ limit: 10, ...(cursor !== undefined && { cursor }) })
      expect(page.sessions.length).toBeLessThanOrEqual(10)
      seen.push(...page.sessions.map(({ id }) => id))
      for (const info of page.sessions) {
        expect(info).toEqual({
          id: info.id,
          owner: 'ada',
          label: undefined,
          createdAt: start,
          lastUsedAt: start,
          expiresAt: start + 1_000_000,
        })
      }
      cursor = page.cursor
    } while (cursor !== undefined && ++pages < 10)
    expect(seen.sort()).toEqual([...ids].sort())
  })

  it('shows no marker, and nobody who was signed out or is dead by a limit that was lowered', async () => {
    const { sessions, store, clock } = setUp({ idleTimeout: 1000 })
    const signedOut = await sessions.issue({ visits: 1 }, { owner: 'ada' })
    await signOut(sessions, signedOut.cookie)
    const rotated = await sessions.issue({ visits: 1 }, { owner: 'ada' })
    const next = cookieAfter(await regenerate(sessions, rotated.cookie))
    const { id } = await sessions.read(visit(next))
    expect((await sessions.list()).sessions.map((info) => info.id)).toEqual([id])
    expect((await sessions.listByOwner('ada')).map((info) => info.id)).toEqual([id])
    clock.passes(160)
    const strict = new SessionManager<Data>({ store, secret, now: clock.now, idleTimeout: 60 })
    expect((await strict.list()).sessions).toEqual([])
    expect(await strict.listByOwner('ada')).toEqual([])
  })

  it('tells of the last use to a tenth of the idle time, before and after the absolute limit holds the expiry', async () => {
    const { sessions, clock } = setUp({ idleTimeout: 1000, absoluteTimeout: 3000 })
    const { cookie } = await sessions.issue({ visits: 1 }, { owner: 'ada' })
    for (let used = 0; used < 2990; used += 130) {
      await reading(sessions, cookie)
      const [info] = await sessions.listByOwner('ada')
      expect(clock.time - (info?.lastUsedAt ?? 0)).toBeLessThan(100_000)
      expect(info?.lastUsedAt).toBeLessThanOrEqual(clock.time)
      clock.passes(130)
    }
  })

  it.each([0, -1, 1.5, Number.NaN, '10'])('refuses a limit of %j', async (limit) => {
    await expect(setUp().sessions.list({ limit: limit as number })).rejects.toThrow(TypeError)
  })
})

describe('setLabel', () => {
  it('is listed and goes on under a new id, and undefined takes it away', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 }, { owner: 'ada' })
    const next = cookieAfter(
      await writing(sessions, cookie, (session) => {
        session.setLabel('Firefox on Linux')
        expect(session.label).toBe('Firefox on Linux')
        session.regenerate()
      }),
    )
    expect((await sessions.listByOwner('ada')).map(({ label }) => label)).toEqual(['Firefox on Linux'])
    await writing(sessions, next, (session) => session.setLabel(undefined))
    expect((await sessions.listByOwner('ada')).map(({ label }) => label)).toEqual([undefined])
  })

  it('takes 256 characters, and no more', async () => {
    const { sessions } = setUp()
    await writing(sessions, '', (session) => {
      session.setLabel('x'.repeat(256))
      for (const label of ['x'.repeat(257), 5, null, {}]) {
        expect(() => session.setLabel(label as string)).toThrow(TypeError)
      }
      expect(session.label).toBe('x'.repeat(256))
    })
  })
})

describe('destroy by id', () => {
  it('ends one that is over by this server’s limits, but lives on at others’', async () => {
    const { sessions, store, clock } = setUp({ idleTimeout: 14 * 86_400 })
    const { cookie, id } = await sessions.issue({ visits: 1 })
    clock.passes(5 * 86_400)
    const tool = new SessionManager<Data>({ store, secret, now: clock.now })
    expect(await tool.destroy(id)).toBe(false)
    expect((await sessions.read(cookie)).isNew).toBe(true)
    expect(store.memory.size).toBe(0)
  })

  it.each(['owner:x', '', 'x'.repeat(42), 'x'.repeat(44), `${'x'.repeat(42)}!`])(
    'is false for %j, which is no id, without a call of the store',
    async (id) => {
      const { sessions, store } = setUp()
      for (const method of ['load', 'update', 'delete'] as const) store.fail(method)
      expect(await sessions.destroy(id)).toBe(false)
      expect(store.calls).toEqual([])
    },
  )
})

describe('an id that is no text', () => {
  it('is a TypeError that says what to give, and nothing is done', async () => {
    const { sessions } = setUp()
    const { id } = await sessions.issue({ visits: 1 }, { owner: 'ada' })
    for (const given of [await sessions.peek(id), visit(''), undefined, 5]) {
      const calls = [
        () => sessions.destroy(given as never),
        () => sessions.peek(given as never),
        () => sessions.edit(given as never, () => expect.unreachable()),
        ...(given === undefined ? [] : [() => sessions.destroyByOwner('ada', { except: given as never })]),
      ]
      for (const call of calls) {
        await expect(call()).rejects.toThrow(TypeError)
        await expect(call()).rejects.toThrow('id must be a string: session.id')
      }
    }
    expect(await sessions.listByOwner('ada')).toHaveLength(1)
  })
})
