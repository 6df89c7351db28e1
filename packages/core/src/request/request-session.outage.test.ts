import { describe, expect, it } from 'vitest'
import { SessionDataError, SessionManager, SessionStoreError } from '../index.js'
import { sessionCookies } from '../testing/response-cookies.js'
import { secret } from '../testing/secret.js'
import { reading, signOut, writing } from '../testing/serve.js'
import { stagedManager } from '../testing/staged-manager.js'
import { visit } from '../testing/visit.js'

interface Data {
  user: string
}

const setUp = stagedManager<Data>

describe('onStoreFailure: "anonymous"', () => {
  it('shows a request that only reads an empty session that says so; no cookie goes out, and an event tells', async () => {
    const { sessions, store, events } = setUp({ onStoreFailure: 'anonymous' })
    const { cookie, id } = await sessions.issue({ user: 'ada' }, { owner: 'ada' })
    const before = store.memory.load(id)
    store.fail('load')
    events.length = 0
    const response = await reading(sessions, cookie, (session) => {
      expect([session.isDegraded, session.size, session.owner, session.isNew]).toEqual([true, 0, undefined, true])
    })
    expect([response.status, sessionCookies(response), response.headers.get('vary')]).toEqual([200, [], 'Cookie'])
    expect(events).toEqual([{ type: 'degraded', error: expect.any(SessionStoreError) }])
    expect(store.memory.load(id)).toEqual(before)
    store.heal()
    await reading(sessions, cookie, (session) => {
      expect([session.isDegraded, session.get('user')]).toEqual([false, 'ada'])
    })
  })

  it('throws at write, after a read as well, and even where the store is well again by then', async () => {
    const { sessions, store } = setUp({ onStoreFailure: 'anonymous' })
    const { cookie } = await sessions.issue({ user: 'ada' })
    store.fail('load')
    await expect(writing(sessions, cookie, () => expect.unreachable())).rejects.toThrow(SessionStoreError)
    await sessions.handle(visit(cookie), async (handle) => {
      expect((await handle.read()).isDegraded).toBe(true)
      store.heal()
      await expect(handle.write()).rejects.toThrow(SessionStoreError)
      await expect(handle.save((session) => session.set('user', 'x'))).rejects.toThrow(SessionStoreError)
      await expect(handle.exclusive(() => expect.unreachable())).rejects.toThrow(SessionStoreError)
      expect((await handle.read()).isDegraded).toBe(true)
      return new Response()
    })
    expect((await sessions.read(visit(cookie))).get('user')).toBe('ada')
  })

  it('is over for a socket when the store is well again, whenever it began', async () => {
    const { sessions, store } = setUp({ onStoreFailure: 'anonymous' })
    const { cookie } = await sessions.issue({ user: 'ada' })
    const request = visit(cookie)
    store.fail('load')
    await sessions.handle(request, async (handle) => {
      expect((await handle.read()).isDegraded).toBe(true)
      return new Response()
    })
    const socket = sessions.open(request)
    for (let outages = 0; outages < 2; outages++) {
      expect((await socket.read()).isDegraded).toBe(true)
      await expect(socket.save((session) => session.set('user', 'x'))).rejects.toThrow(SessionStoreError)
      store.heal()
      expect((await socket.read()).get('user')).toBe('ada')
      await socket.save((session) => session.set('user', 'ada'))
      store.fail('load')
    }
  })

  it('removes nobody’s cookie: a sign-out fails', async () => {
    const { sessions, store } = setUp({ onStoreFailure: 'anonymous' })
    const { cookie } = await sessions.issue({ user: 'ada' })
    store.fail('load')
    await expect(signOut(sessions, cookie)).rejects.toThrow(SessionStoreError)
  })

  it.each(['existing', 'always'] as const)('stores nothing under "%s"', async (persistence) => {
    const { sessions, store } = setUp({ onStoreFailure: 'anonymous', persistence })
    const { cookie } = await sessions.issue({ user: 'ada' })
    store.forget()
    store.fail('load')
    expect(sessionCookies(await reading(sessions, cookie))).toEqual([])
    expect(store.methods).toEqual(['load'])
  })

  it('is no answer to data that can not be used', async () => {
    const { sessions, store } = setUp({ onStoreFailure: 'anonymous', onInvalidData: 'throw' })
    const { cookie, id } = await sessions.issue({ user: 'ada' })
    store.memory.update(id, { ...store.memory.load(id), version: 2, data: 'rubbish' } as never)
    await expect(sessions.read(visit(cookie))).rejects.toThrow(SessionDataError)
  })
})

describe('onStoreFailure as a function', () => {
  it('is told the error, and decides', async () => {
    const seen: unknown[] = []
    let answer: 'throw' | 'anonymous' = 'throw'
    const { sessions, store } = setUp({
      onStoreFailure: (error) => {
        seen.push(error.cause)
        return answer
      },
    })
    const { cookie } = await sessions.issue({ user: 'ada' })
    const cause = new Error('out of reach')
    store.fail('load', 'rejects', cause)
    await expect(sessions.read(visit(cookie))).rejects.toThrow(SessionStoreError)
    answer = 'anonymous'
    expect((await sessions.read(visit(cookie))).isDegraded).toBe(true)
    expect(seen).toEqual([cause, cause])
  })
})

describe('by default', () => {
  it('a failing load throws: an outage is never "signed out"', async () => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    store.fail('load')
    await expect(reading(sessions, cookie)).rejects.toThrow(SessionStoreError)
  })
})

describe('a use that can’t be noted, since the store takes no writes', () => {
  /** Of an idle timeout of 24 hours: by a touch, and near the end by an update. */
  const passed = [3, 23]

  async function readOnly(how: 'throws' | 'rejects', hours: number, options: Parameters<typeof setUp>[0]) {
    const setting = setUp(options)
    const { cookie } = await setting.sessions.issue({ user: 'ada' })
    setting.clock.passes(hours * 3600)
    for (const method of ['create', 'update', 'touch', 'delete'] as const) setting.store.fail(method, how)
    setting.events.length = 0
    return { ...setting, cookie }
  }

  it.each(passed)('ends no request that has nothing else to store: %i hours later', async (hours) => {
    for (const how of ['throws', 'rejects'] as const) {
      const { sessions, events, cookie } = await readOnly(how, hours, { onStoreFailure: 'anonymous' })
      const response = await reading(sessions, cookie, (session) => {
        expect([session.isDegraded, session.get('user')]).toEqual([false, 'ada'])
      })
      expect([response.status, sessionCookies(response)]).toEqual([200, []])
      expect(events).toMatchObject([{ type: 'loaded' }, { type: 'degraded', error: { code: 'ERR_SESSION_STORE' } }])
    }
  })

  it.each(passed)('is no excuse for a change or a sign-out that can’t be stored: %i hours later', async (hours) => {
    const { sessions, cookie } = await readOnly('rejects', hours, { onStoreFailure: 'anonymous' })
    const changing = writing(sessions, cookie, (session) => session.set('user', 'eve'))
    await expect(changing).rejects.toThrow(SessionStoreError)
    await expect(signOut(sessions, cookie)).rejects.toThrow(SessionStoreError)
  })

  it.each(passed)(
    'throws where the application says so, whether anybody listens or not: %i hours later',
    async (hours) => {
      for (const listening of [{}, { onEvent() {} }]) {
        const { store, clock, cookie } = await readOnly('rejects', hours, {})
        const asked: unknown[] = []
        const onStoreFailure = (error: unknown): 'throw' => {
          asked.push(error)
          return 'throw'
        }
        const sessions = new SessionManager<Data>({ store, secret, now: clock.now, onStoreFailure, ...listening })
        await expect(reading(sessions, cookie)).rejects.toThrow(SessionStoreError)
        expect(asked).toHaveLength(1)
      }
    },
  )

  it.each(passed)('throws by default: %i hours later', async (hours) => {
    const { sessions, cookie } = await readOnly('rejects', hours, {})
    await expect(reading(sessions, cookie)).rejects.toThrow(SessionStoreError)
  })
})
