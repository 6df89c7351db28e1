import { describe, expect, it } from 'vitest'
import {
  CookieStore,
  type SessionEvent,
  type SessionHandle,
  type SessionListener,
  SessionManager,
  SessionStoreError,
  type WritableSession,
} from './index.js'
import { Clock } from './testing/clock.js'
import { liveSessions } from './testing/live-sessions.js'
import { cookieAfter, sessionCookies } from './testing/response-cookies.js'
import { secret } from './testing/secret.js'
import { randomToken, signedValue } from './testing/sign.js'
import { stagedManager } from './testing/staged-manager.js'
import { StagedStore } from './testing/staged-store.js'
import { visit } from './testing/visit.js'
import { everything, secrets, value } from './testing/what-is-shown.js'

interface Data {
  visits: number
  user: string
  more: string
  cart: string[]
}

const setUp = stagedManager<Data>

function count(sessions: SessionManager<Data>, cookie = ''): Promise<Response> {
  return sessions.handle(visit(cookie), async (handle) => {
    ;(await handle.write()).update('visits', (n = 0) => n + 1)
    return new Response()
  })
}

function read(sessions: SessionManager<Data>, cookie = ''): Promise<Response> {
  return sessions.handle(visit(cookie), async (handle) => {
    await handle.read()
    return new Response()
  })
}

const duration = expect.any(Number)

const name = '__Host-sid'

describe('the events of a session’s life', () => {
  it('come once each, with its id and the time in the store', async () => {
    const { sessions, events, clock } = setUp()
    const cookie = cookieAfter(await count(sessions))
    const { id } = await sessions.read(visit(cookie))
    expect(events).toEqual([
      { type: 'created', id, duration },
      { type: 'loaded', id, duration },
    ])
    events.length = 0
    await count(sessions, cookie)
    expect(events).toEqual([
      { type: 'loaded', id, duration },
      { type: 'saved', id, duration },
    ])
    events.length = 0
    clock.time += 12 * 3_600_000
    await read(sessions, cookie)
    expect(events).toEqual([
      { type: 'loaded', id, duration },
      { type: 'touched', id, duration },
    ])
    events.length = 0
    await read(sessions, cookie)
    expect(events).toEqual([{ type: 'loaded', id, duration }])
    events.length = 0
    expect(await sessions.destroy(id)).toBe(true)
    expect(events).toEqual([{ type: 'destroyed', id, duration }])
    events.length = 0
    expect(await sessions.destroy(id)).toBe(false)
    expect(events).toEqual([])
  })

  it('tell whom destroyByOwner has signed out, how many sessions that were, and that all are cleared', async () => {
    const { sessions, events } = setUp()
    const [first] = [await sessions.issue({}, { owner: 'ada' }), await sessions.issue({}, { owner: 'ada' })]
    await sessions.issue({}, { owner: 'bob' })
    events.length = 0
    const { id: except } = first
    expect(await sessions.destroyByOwner('ada', { except })).toBe(1)
    await sessions.destroyByOwner('ada')
    await sessions.clear()
    expect(events).toEqual([
      { type: 'destroyed-by-owner', owner: 'ada', except, count: 1, duration },
      { type: 'destroyed-by-owner', owner: 'ada', count: 1, duration },
      { type: 'cleared', duration },
    ])
  })

  it('tell of destroyByOwner also where nobody knows how many there were, and of none that failed', async () => {
    const revocations = new StagedStore()
    const { sessions, events } = setUp({ store: new CookieStore({ revocations }) })
    await sessions.destroyByOwner('ada')
    expect(events).toEqual([{ type: 'destroyed-by-owner', owner: 'ada', count: undefined, duration }])
    revocations.fail('load')
    await expect(sessions.destroyByOwner('ada')).rejects.toThrow(SessionStoreError)
    expect(events).toHaveLength(1)
  })

  it('measure the time in the store', async () => {
    const { sessions, store, events } = setUp()
    store.delay(10, 12)
    const cookie = cookieAfter(await count(sessions))
    await count(sessions, cookie)
    store.heal()
    for (const event of events) {
      expect(event).toHaveProperty('duration')
      expect((event as { duration: number }).duration).toBeGreaterThanOrEqual(8)
      expect((event as { duration: number }).duration).toBeLessThan(2000)
    }
  })

  it('are none for a request that never asks, whatever cookie came', async () => {
    const { sessions, events } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    events.length = 0
    for (const header of ['', cookie, '__Host-sid=rubbish', `__Host-sid=${randomToken()}.${randomToken()}`]) {
      await sessions.handle(visit(header), () => new Response())
    }
    expect(events).toEqual([])
  })

  it('are none for a session that starts and stays empty', async () => {
    const { sessions, events } = setUp()
    await read(sessions)
    expect(events).toEqual([])
  })

  it('tell of no save that failed, but of the failure', async () => {
    const { sessions, store, events } = setUp()
    const { cookie, id } = await sessions.issue({ visits: 1 })
    events.length = 0
    store.fail('update')
    await expect(count(sessions, cookie)).rejects.toThrow()
    expect(events).toEqual([
      { type: 'loaded', id, duration },
      { type: 'failed', error: expect.objectContaining({ code: 'ERR_SESSION_STORE' }) },
    ])
  })

  it('tell of a conflict and of the save that came of it', async () => {
    const { sessions, store, events } = setUp()
    const { cookie, id } = await sessions.issue({ visits: 1 })
    events.length = 0
    store.beforeNext('update', () => {
      const record = store.memory.load(id)
      if (record !== undefined) store.memory.update(id, { ...record, version: record.version + 1 })
    })
    await count(sessions, cookie)
    expect(events).toEqual([
      { type: 'loaded', id, duration },
      { type: 'conflict', id, attempt: 1, duration },
      { type: 'saved', id, duration },
    ])
  })
})

describe('a rejected cookie is told with its reason:', () => {
  it('malformed, for what does not look like one of ours', async () => {
    const { sessions, events } = setUp()
    await read(sessions, '__Host-sid=rubbish')
    expect(events).toEqual([{ type: 'rejected', reason: 'malformed' }])
  })

  it('signature, for one that another secret signed', async () => {
    const { sessions, events } = setUp()
    const value = await signedValue('another secret, of thirty-two bytes too', '__Host-sid', randomToken())
    await read(sessions, `__Host-sid=${value}`)
    expect(events).toEqual([{ type: 'rejected', reason: 'signature' }])
  })

  it('unknown, for one whose record is not there', async () => {
    const { sessions, events } = setUp()
    const { cookie, id } = await sessions.issue({ visits: 1 })
    await sessions.destroy(id)
    events.length = 0
    await read(sessions, cookie)
    expect(events).toEqual([{ type: 'rejected', reason: 'unknown', id, duration }])
  })

  it('expired, for one whose record is dead though the store still has it', async () => {
    const events: SessionEvent[] = []
    const clock = new Clock()
    const store = new StagedStore()
    const sessions = new SessionManager<Data>({
      // A store that does not look at the time itself.
      store: {
        load: (id) => store.load(id),
        create: (id, record) => store.create(id, record),
        update: (id, record) => store.update(id, record),
        touch: (id, expiresAt, version) => store.touch(id, expiresAt, version),
        delete: (id) => store.delete(id),
      },
      secret,
      idleTimeout: 60,
      onEvent: (event) => events.push(event),
      now: clock.now,
    })
    const { cookie, id } = await sessions.issue({ visits: 1 })
    clock.time += 60_000
    events.length = 0
    await read(sessions, cookie)
    expect(events).toEqual([{ type: 'rejected', reason: 'expired', id, duration }])
    expect(store.memory.size).toBe(0)
  })

  it('duplicate, for a second one that verifies', async () => {
    const { sessions, events } = setUp()
    const one = await sessions.issue({ visits: 1 })
    const two = await sessions.issue({ visits: 2 })
    events.length = 0
    await read(sessions, `${one.cookie}; ${two.cookie}`)
    expect(events).toContainEqual({ type: 'rejected', reason: 'duplicate', id: two.id })
    expect(events).toContainEqual({ type: 'loaded', id: one.id, duration })
  })

  it('nothing is rejected where one good cookie comes twice', async () => {
    const { sessions, events } = setUp()
    const { cookie, id } = await sessions.issue({ visits: 1 })
    events.length = 0
    await read(sessions, `${cookie}; ${cookie}`)
    expect(events).toEqual([{ type: 'loaded', id, duration }])
  })
})

describe('a listener that', () => {
  const listeners: [string, SessionListener][] = [
    [
      'throws',
      () => {
        throw new Error('the log is full')
      },
    ],
    ['rejects', (async () => Promise.reject(new Error('the log is full'))) as unknown as SessionListener],
    [
      'throws something that is no Error',
      () => {
        throw undefined
      },
    ],
    [
      'returns a thenable that rejects',
      (() => ({
        // biome-ignore lint/suspicious/noThenProperty: some loggers return thenables
        then: (_: unknown, reject?: (reason: unknown) => void) => reject?.(new Error('the log is full')),
      })) as unknown as SessionListener,
    ],
    ['never settles', (() => new Promise(() => {})) as unknown as SessionListener],
  ]

  it.each(listeners)('%s breaks no request', async (_, onEvent) => {
    const { sessions } = setUp({ onEvent })
    const cookie = cookieAfter(await count(sessions))
    await count(sessions, cookie)
    await read(sessions, `__Host-sid=rubbish; ${cookie}`)
    const regenerated = cookieAfter(
      await sessions.handle(visit(cookie), async (handle) => {
        ;(await handle.write()).regenerate()
        return new Response()
      }),
    )
    expect((await sessions.read(visit(regenerated))).get('visits')).toBe(2)
    const late = sessions.open(visit(regenerated))
    ;(await late.write()).set('visits', 5)
    const bye = await sessions.handle(visit(regenerated), async (handle) => {
      ;(await handle.write()).destroy()
      return new Response()
    })
    expect(sessionCookies(bye)).toHaveLength(1)
    await late.save()
    expect(await liveSessions(sessions)).toBe(0)
    // Unhandled rejections are told a moment later, and the runner fails the test for them.
    await new Promise((resolve) => setTimeout(resolve, 5))
  })

  it.each(listeners)('%s does not hide the error that it is told of', async (_, onEvent) => {
    const { sessions, store } = setUp({ onEvent })
    const { cookie } = await sessions.issue({ visits: 1 })
    store.fail('load')
    await expect(read(sessions, cookie)).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
    await new Promise((resolve) => setTimeout(resolve, 5))
  })

  it('uses the manager itself, as an audit log might, ends in no loop and no deadlock', async () => {
    const store = new StagedStore()
    const seen: string[] = []
    const sessions: SessionManager<Data> = new SessionManager<Data>({
      store,
      secret,
      onEvent: (event) => {
        seen.push(event.type)
        if (event.type === 'saved' && seen.filter((type) => type === 'saved').length === 1) {
          void count(sessions, cookie)
        }
      },
    })
    const { cookie } = await sessions.issue({ visits: 0 })
    await count(sessions, cookie)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(2)
  })
})

describe('the failed event', () => {
  it('tells of each SessionError that ends a request, once, and of no other error', async () => {
    const { sessions, events } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    events.length = 0
    const destroyed = sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      session.destroy()
      session.set('visits', 2)
      return new Response()
    })
    await expect(destroyed).rejects.toMatchObject({ code: 'ERR_SESSION_DESTROYED' })
    expect(events.filter((event) => event.type === 'failed')).toEqual([
      { type: 'failed', error: expect.objectContaining({ code: 'ERR_SESSION_DESTROYED' }) },
    ])
    events.length = 0
    const mine = sessions.handle(visit(), () => {
      throw new Error('mine')
    })
    await expect(mine).rejects.toThrow('mine')
    expect(events).toEqual([])
  })

  it('comes once where the same manager is mounted twice', async () => {
    const { sessions, store, events } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    store.fail('load')
    events.length = 0
    const request = visit(cookie)
    const handled = sessions.handle(request, () =>
      sessions.handle(request, async (handle) => {
        await handle.read()
        return new Response()
      }),
    )
    await expect(handled).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
    expect(events.filter((event) => event.type === 'failed')).toHaveLength(1)
  })
})

describe('changes of a request that failed', () => {
  type Change = (session: WritableSession<Data>) => void
  const broken = new Error('broken')

  /** What a request of a session tells that changes it and throws, and how many visits it has afterwards. */
  async function failing(change: Change, more: (handle: SessionHandle<Data>) => unknown = () => {}) {
    const { sessions, told } = observed()
    const { cookie, id } = await sessions.issue({ visits: 1, user: 'ada', cart: ['tea'] })
    const { length } = told
    const thrown = sessions.handle(visit(cookie), async (handle) => {
      change(await handle.write())
      await more(handle)
      throw broken
    })
    await expect(thrown).rejects.toBe(broken)
    return { events: told.slice(length + 1), id }
  }

  function observed() {
    const told: SessionEvent[] = []
    return { sessions: setUp({ onEvent: (event) => told.push(event) }).sessions, told }
  }

  const changes: Readonly<Record<string, Change>> = {
    'a key': (session) => session.set('visits', 2),
    'several keys': (session) => session.set('visits', 2).delete('user'),
    'a value in place': (session) => session.get('cart')?.push('milk'),
    'a value in place to what JSON can not carry': (session) => session.get('cart')?.push(1n as never),
    'its id': (session) => session.regenerate(),
    'its owner': (session) => session.setOwner('ada'),
  }

  it.each(Object.entries(changes))('are told to be dropped, once: %s', async (_name, change) => {
    const { events, id } = await failing(change)
    expect(events).toEqual([{ type: 'dropped', id, reason: 'failed' }])
  })

  it('are told of a new session, under the id that it would have had', async () => {
    const { sessions, told } = observed()
    let id = ''
    const thrown = sessions.handle(visit(), async (handle) => {
      id = (await handle.write()).set('visits', 1).id
      throw broken
    })
    await expect(thrown).rejects.toBe(broken)
    expect(told).toEqual([{ type: 'dropped', id, reason: 'failed' }])
  })

  it('are not told where there are none: what was read, set to what it was, or saved before', async () => {
    const none = await failing((session) => session.set('visits', session.get('visits')).get('cart'))
    const saved = await failing(
      (session) => session.set('visits', 2),
      (handle) => handle.save(),
    )
    expect([none.events, saved.events.map(({ type }) => type)]).toEqual([[], ['saved']])
  })

  it('are not told of a sign-out, which is carried out', async () => {
    const { events } = await failing((session) => session.set('visits', 2).destroy())
    expect(events.map(({ type }) => type)).toEqual(['destroyed'])
  })

  it('are told by fail and failed as well, and not where the store has failed, of which its error tells', async () => {
    const { sessions, told } = observed()
    const change = async (handle: SessionHandle<Data>): Promise<Response> => {
      ;(await handle.write()).set('visits', 2)
      return new Response(null, { status: 500 })
    }
    await sessions.handle(visit(), change, { failed: () => true })
    const request = visit()
    const handle = sessions.begin(request)
    sessions.fail(request)
    await sessions.commit(request, await change(handle))
    expect(told.map((event) => 'reason' in event && event.reason)).toEqual(['failed', 'failed'])

    const { sessions: down, store } = setUp({ onEvent: (event) => told.push(event) })
    store.fail('create')
    const other = visit()
    const response = await change(down.begin(other))
    await expect(down.commit(other, response)).rejects.toBeInstanceOf(SessionStoreError)
    await down.commit(other, response, { failed: true })
    expect(told).toHaveLength(2)
  })
})

describe('what must not be told', () => {
  it('is in no event: neither token, MAC, secret nor data', async () => {
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
})
