import { describe, expect, it } from 'vitest'
import { MemoryStore, SessionCommittedError, SessionDestroyedError, SessionManager } from '../index.js'
import { committed, type Data, setUp } from '../testing/committed-request.js'
import { secret } from '../testing/secret.js'
import { visit } from '../testing/visit.js'

describe('a handle that is acquired anew after the commit', () => {
  it('saves from within a stream, and the next request sees it', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    const request = visit(cookie)
    const response = await sessions.handle(request, async (handle) => {
      ;(await handle.write()).update('visits', (n = 0) => n + 1)
      const stream = new ReadableStream<Uint8Array>(
        {
          async pull(controller) {
            const session = await handle.write()
            session.update('visits', (n = 0) => n + 10)
            await handle.save()
            controller.enqueue(new TextEncoder().encode(`${session.get('visits')}`))
            controller.close()
          },
        },
        { highWaterMark: 0 },
      )
      return new Response(stream)
    })
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(2)
    expect(await response.text()).toBe('12')
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(12)
  })

  it('works through the manager and the request as well', async () => {
    const setting = setUp()
    const { sessions } = setting
    const { cookie } = await sessions.issue({ visits: 1 })
    const { request } = await committed(setting, cookie)
    ;(await sessions.write(request)).set('visits', 5)
    await sessions.open(request).save()
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(5)
  })

  it('shows what other requests have stored since', async () => {
    const setting = setUp()
    const { sessions } = setting
    const { cookie } = await sessions.issue({ visits: 1 })
    const { handle } = await committed(setting, cookie, async (given) => {
      await given.read()
    })
    await committed(setting, cookie, async (other) => {
      ;(await other.write()).set('visits', 9)
    })
    expect((await handle.read()).get('visits')).toBe(9)
  })

  it('stores nothing before save()', async () => {
    const setting = setUp()
    const { sessions } = setting
    const { cookie } = await sessions.issue({ visits: 1 })
    const { handle } = await committed(setting, cookie)
    ;(await handle.write()).set('visits', 2)
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(1)
    await handle.save()
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(2)
  })

  it('saves many times, as a WebSocket does, and keeps what others store in between', async () => {
    const setting = setUp()
    const { sessions, clock } = setting
    const { cookie } = await sessions.issue({ visits: 0 })
    const { handle } = await committed(setting, cookie)
    for (let message = 1; message <= 20; message++) {
      clock.time += 10_000
      ;(await handle.write()).update('visits', (n = 0) => n + 1)
      await handle.save()
      await committed(setting, cookie, async (other) => {
        ;(await other.write()).set('note', `${message}`)
      })
    }
    expect((await sessions.read(visit(cookie))).toJSON()).toEqual({ visits: 20, note: '20' })
  })

  it('goes on with the session that the request started', async () => {
    const setting = setUp()
    const { sessions } = setting
    const { handle, response } = await committed(setting, '', async (given) => {
      ;(await given.write()).set('visits', 1)
    })
    const cookie = response.headers.getSetCookie()[0]?.split(';')[0]
    ;(await handle.write()).set('note', 'late')
    await handle.save()
    expect((await sessions.read(visit(cookie))).toJSON()).toEqual({ visits: 1, note: 'late' })
  })

  it('goes on under the new id when the request regenerated', async () => {
    const setting = setUp()
    const { sessions, store } = setting
    const { cookie: oldCookie } = await sessions.issue({ visits: 1 })
    const { handle, response } = await committed(setting, oldCookie, async (given) => {
      ;(await given.write()).regenerate()
    })
    ;(await handle.write()).set('note', 'late')
    await handle.save()
    const cookie = response.headers.getSetCookie()[0]?.split(';')[0]
    expect((await sessions.read(visit(cookie))).toJSON()).toEqual({ visits: 1, note: 'late' })
    expect((await sessions.read(visit(oldCookie))).isNew).toBe(true)
    expect(store.size).toBe(1)
  })

  it('reads and writes the session of a visitor whose handler never asked', async () => {
    const setting = setUp()
    const { sessions } = setting
    const { cookie } = await sessions.issue({ visits: 3 })
    const { handle } = await committed(setting, cookie)
    expect((await handle.read()).get('visits')).toBe(3)
    ;(await handle.write()).set('visits', 4)
    await handle.save()
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(4)
  })

  it('leaves the response that is on its way alone', async () => {
    const setting = setUp()
    const { cookie } = await setting.sessions.issue({ visits: 3 })
    const { handle, response } = await committed(setting, cookie)
    const before = [...response.headers]
    ;(await handle.write()).set('visits', 4)
    await handle.save()
    expect([...response.headers]).toEqual(before)
  })

  it('moves the expiry in the store, so that an open stream keeps its session alive', async () => {
    const setting = setUp()
    const { sessions, clock } = setting
    const { cookie } = await sessions.issue({ visits: 1 })
    const { handle } = await committed(setting, cookie)
    for (let times = 0; times < 5; times++) {
      clock.time += 40_000
      await handle.read()
      await handle.save()
      const { handle: next } = await committed(setting, cookie)
      expect((await next.read()).isNew).toBe(false)
    }
  })

  it('reports a failing save, and the same save tried again loses nothing', async () => {
    const memory = new MemoryStore()
    const fault = { fails: false }
    const sessions = new SessionManager<Data>({
      store: {
        load: (id) => memory.load(id),
        create: (id, record) => memory.create(id, record),
        update: (id, record) => {
          if (fault.fails) throw new Error('out of reach')
          return memory.update(id, record)
        },
        touch: (id, expiresAt, version) => memory.touch(id, expiresAt, version),
        delete: (id) => memory.delete(id),
      },
      secret,
    })
    const { cookie } = await sessions.issue({ visits: 1 })
    const request = visit(cookie)
    await sessions.handle(request, () => new Response())
    const handle = sessions.open(request)
    ;(await handle.write()).update('visits', (n = 0) => n + 1)
    fault.fails = true
    await expect(handle.save()).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
    fault.fails = false
    await handle.save()
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(2)
  })
})

describe('after the commit, a session that is acquired anew', () => {
  it('can not be regenerated, since the new cookie can not be sent: the old one still works', async () => {
    const setting = setUp()
    const { sessions, store } = setting
    const { cookie, id } = await sessions.issue({ visits: 1 })
    const { handle } = await committed(setting, cookie)
    const session = await handle.write()
    expect(() => session.regenerate()).toThrow(SessionCommittedError)
    await handle.save()
    const next = await sessions.read(visit(cookie))
    expect(next.id).toBe(id)
    expect(next.get('visits')).toBe(1)
    expect(store.size).toBe(1)
  })

  it('can be destroyed: signing out over a WebSocket ends it in the store', async () => {
    const setting = setUp()
    const { sessions, store } = setting
    const { cookie } = await sessions.issue({ visits: 1 })
    const { handle } = await committed(setting, cookie)
    ;(await handle.write()).destroy()
    await handle.save()
    expect(store.size).toBe(0)
    expect((await sessions.read(visit(cookie))).isNew).toBe(true)
  })

  it('is not brought back when it is destroyed between write() and save(), and an event tells', async () => {
    const setting = setUp()
    const { sessions, store, events } = setting
    const { cookie, id } = await sessions.issue({ visits: 1 })
    const { handle } = await committed(setting, cookie)
    const session = await handle.write()
    session.set('visits', 2)
    await sessions.destroy(id)
    events.length = 0
    await handle.save()
    expect(store.size).toBe(0)
    expect(events).toContainEqual(expect.objectContaining({ type: 'dropped', reason: 'gone', id }))
    expect(events.map((event) => event.type)).not.toContain('saved')
    expect(() => session.set('visits', 3)).toThrow(SessionDestroyedError)
  })
})
