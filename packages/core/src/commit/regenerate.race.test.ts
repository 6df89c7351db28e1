import { describe, expect, it } from 'vitest'
import { SessionManager } from '../index.js'
import { gate } from '../testing/gate.js'
import { isMarker, liveSessions } from '../testing/live-sessions.js'
import { processOn } from '../testing/process.js'
import { cookieAfter, sessionCookies } from '../testing/response-cookies.js'
import { secret } from '../testing/secret.js'
import { regenerate } from '../testing/serve.js'
import { stagedManager } from '../testing/staged-manager.js'
import { StagedStore } from '../testing/staged-store.js'
import { visit } from '../testing/visit.js'

interface Data {
  user: string
  visits: number
  cart: string[]
}

const setUp = stagedManager<Data>

describe('a regenerate while other requests hold the session', () => {
  it('takes along what they have stored by then', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ visits: 1, cart: ['tea'] }, { owner: 'guest' })
    const response = await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      session.update('visits', (n = 0) => n + 1)
      session.regenerate()
      await sessions.handle(visit(cookie), async (other) => {
        const theirs = await other.write()
        theirs.set('cart', ['tea', 'milk'])
        theirs.update('visits', (n = 0) => n + 10)
        theirs.setOwner('ada')
        return new Response()
      })
      return new Response()
    })
    const session = await sessions.read(visit(cookieAfter(response)))
    expect(session.toJSON()).toEqual({ visits: 12, cart: ['tea', 'milk'] })
    expect(session.owner).toBe('ada')
    expect(await liveSessions(sessions)).toBe(1)
  })

  it('takes along, in one process, what is stored while it is under way, or drops it with an event: never half of it', async () => {
    const { sessions, store, events } = setUp()
    const { cookie, id } = await sessions.issue({ visits: 0 })
    store.delay(1, 4)
    const all = await Promise.all([
      ...Array.from({ length: 10 }, () =>
        sessions.handle(visit(cookie), async (handle) => {
          ;(await handle.write()).update('visits', (n = 0) => n + 1)
          return new Response()
        }),
      ),
      regenerate(sessions, cookie),
      ...Array.from({ length: 10 }, () =>
        sessions.handle(visit(cookie), async (handle) => {
          ;(await handle.write()).update('visits', (n = 0) => n + 1)
          return new Response()
        }),
      ),
    ])
    store.heal()
    const cookies = all.flatMap((response) => sessionCookies(response))
    expect(cookies).toHaveLength(1)
    expect(isMarker(store.memory.load(id))).toBe(true)
    expect(await liveSessions(sessions)).toBe(1)
    const session = await sessions.read(visit(cookies[0]?.split(';')[0]))
    const dropped = events.filter((event) => event.type === 'dropped').length
    const kept = session.get('visits') as number
    expect(kept + dropped).toBe(20)
  })

  it('takes along what another process stores while the new record is being created', async () => {
    const { sessions, store } = setUp()
    const other = new SessionManager<Data>({ store, secret, now: () => 1_800_000_000_000 })
    const { cookie } = await sessions.issue({ visits: 1 })
    store.beforeNext('create', async () => {
      await other.handle(visit(cookie), async (handle) => {
        ;(await handle.write()).set('cart', ['tea'])
        return new Response()
      })
    })
    const newCookie = cookieAfter(await regenerate(sessions, cookie))
    expect((await sessions.read(visit(newCookie))).toJSON()).toEqual({ visits: 1, cart: ['tea'] })
  })

  it('is followed by no change to the old record: what comes too late is dropped', async () => {
    const { sessions, events } = setUp()
    const { cookie, id } = await sessions.issue({ visits: 1 })
    const late = sessions.open(visit(cookie))
    const session = await late.write()
    const newCookie = cookieAfter(await regenerate(sessions, cookie))
    session.set('visits', 2)
    events.length = 0
    await late.save()
    expect(events).toContainEqual(expect.objectContaining({ type: 'dropped', reason: 'superseded', id }))
    expect(await liveSessions(sessions)).toBe(1)
    expect((await sessions.read(visit(newCookie))).get('visits')).toBe(1)
  })
})

describe('two requests that regenerate one session at once', () => {
  const race = async (one: SessionManager<Data>, two: SessionManager<Data>, cookie: string): Promise<Response[]> => {
    const both = gate()
    let arrived = 0
    return Promise.all(
      [one, two].map((sessions) =>
        sessions.handle(visit(cookie), async (handle) => {
          const session = await handle.write()
          session.update('visits', (n = 0) => n + 1)
          session.regenerate()
          if (++arrived === 2) both.open()
          await both.opened
          return new Response()
        }),
      ),
    )
  }

  it('in one process: each gets one of its own, and neither sees what the other has made of it', async () => {
    const { sessions, store, events } = setUp()
    const { cookie, id } = await sessions.issue({ visits: 1 })
    store.delay(1, 3)
    const responses = await race(sessions, sessions, cookie)
    store.heal()
    const cookies = responses.flatMap((response) => sessionCookies(response))
    expect(new Set(cookies).size).toBe(2)
    expect(await liveSessions(sessions)).toBe(2)
    expect(isMarker(store.memory.load(id))).toBe(true)
    for (const line of cookies) expect((await sessions.read(visit(line.split(';')[0]))).get('visits')).toBe(2)
    expect(events.filter((event) => event.type === 'regenerated')).toHaveLength(2)
    expect(events.filter((event) => event.type === 'dropped')).toHaveLength(0)
  })

  it('in two processes: each gets one of its own, however their store calls interleave', async () => {
    for (let round = 0; round < 20; round++) {
      const { sessions, store } = setUp()
      const other = new SessionManager<Data>({ store, secret, now: () => 1_800_000_000_000 })
      const { cookie, id } = await sessions.issue({ visits: 1 })
      store.delay(0, 4)
      const responses = await race(sessions, other, cookie)
      store.heal()
      const cookies = responses.flatMap((response) => sessionCookies(response))
      expect(new Set(cookies).size).toBe(2)
      expect(isMarker(store.memory.load(id))).toBe(true)
      expect(await liveSessions(sessions)).toBe(2)
      for (const line of cookies) expect((await sessions.read(visit(line.split(';')[0]))).get('visits')).toBe(2)
    }
  })
})

describe('a regenerate that races with sign-out', () => {
  it('never leaves a session behind, wherever the sign-out comes in between', async () => {
    for (const method of ['create', 'update'] as const) {
      const { sessions, store, events } = setUp()
      const { cookie, id } = await sessions.issue({ user: 'ada' })
      store.beforeNext(method, () => void store.memory.delete(id))
      const response = await regenerate(sessions, cookie)
      expect(store.memory.size).toBe(0)
      expect(response.headers.has('set-cookie')).toBe(false)
      expect(events).toContainEqual(expect.objectContaining({ type: 'dropped', reason: 'gone', id }))
    }
  })
})

describe('requests that come with the old id after a regenerate', () => {
  it('neither bring the old session back nor send a cookie over the new one', async () => {
    for (const act of ['read', 'write', 'touch'] as const) {
      const { sessions, store, clock } = setUp()
      const { cookie: oldCookie, id: oldId } = await sessions.issue({ visits: 1 })
      if (act === 'touch') clock.time += 12 * 3_600_000
      const loaded = gate()
      const regenerated = gate()
      const late = sessions.handle(visit(oldCookie), async (handle) => {
        const session = await handle.write()
        loaded.open()
        await regenerated.opened
        if (act === 'write') session.set('visits', 9)
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
      expect(isMarker(store.memory.load(oldId))).toBe(true)
      expect(await liveSessions(sessions)).toBe(1)
      expect((await sessions.read(visit(newCookie))).get('visits')).toBe(1)
    }
  })

  it('and that arrive only then get an empty session and no removal cookie', async () => {
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

describe('regenerate() while a save of the same request is under way', () => {
  it('is carried out by the next save: the old id opens nothing', async () => {
    const store = new StagedStore()
    const { sessions } = processOn(store)
    const { id, cookie } = await sessions.issue({ visits: 0 })
    const response = await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      store.beforeNext('update', () => session.regenerate())
      session.set('visits', 1)
      await handle.save()
      return new Response()
    })
    expect(isMarker(store.memory.load(id))).toBe(true)
    expect((await sessions.read(visit(cookieAfter(response, cookie)))).get('visits')).toBe(1)
    expect(sessionCookies(response)).toHaveLength(1)
  })
})

describe('a request whose save met the marker of a new id', () => {
  it('can still sign in: regenerate() starts a session of its own', async () => {
    const { store, sessions, clock } = setUp()
    const { cookie } = await sessions.issue({})
    const other = new SessionManager<Data>({ store, secret, now: clock.now })
    const response = await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      session.set('user', 'nobody')
      await regenerate(other, cookie)
      await handle.save()
      session.set('user', 'ada')
      session.regenerate()
      return new Response()
    })
    const next = cookieAfter(response)
    expect(next).not.toBe('')
    expect((await sessions.read(visit(next))).get('user')).toBe('ada')
  })
})

describe('a regenerate of a session that is being stored for the first time', () => {
  it('gives it another id once it is stored, and the cookie opens that one', async () => {
    const { store, sessions } = setUp()
    const isStored = gate()
    store.beforeNext('create', () => isStored.opened)
    let shown = ''
    const response = await sessions.handle(visit(), async (handle) => {
      const session = await handle.write()
      session.set('user', 'ada')
      const saving = handle.save()
      session.regenerate()
      shown = session.id
      isStored.open()
      await saving
      return new Response()
    })
    const session = await sessions.read(visit(cookieAfter(response)))
    expect([session.id, session.get('user')]).toEqual([shown, 'ada'])
    expect(await liveSessions(sessions)).toBe(1)
  })
})
