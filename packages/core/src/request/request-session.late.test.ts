import { describe, expect, it } from 'vitest'
import {
  CookieStore,
  MemoryStore,
  SessionCommittedError,
  SessionDestroyedError,
  SessionManager,
  type WritableSession,
} from '../index.js'
import { changes, committed, type Data, setUp } from '../testing/committed-request.js'
import { liveSessions } from '../testing/live-sessions.js'
import { cookieAfter } from '../testing/response-cookies.js'
import { secret } from '../testing/secret.js'
import { StagedStore } from '../testing/staged-store.js'
import { visit } from '../testing/visit.js'

describe('a handle whose response is committed', () => {
  it('saves from within a stream, and the next request sees it', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    const request = visit(cookie)
    const response = await sessions.handle(request, async (handle) => {
      ;(await handle.write()).update('visits', (n = 0) => n + 1)
      const stream = new ReadableStream<Uint8Array>(
        {
          async pull(controller) {
            let visits = 0
            await handle.save((session) => {
              visits = session.update('visits', (n = 0) => n + 10)
            })
            controller.enqueue(new TextEncoder().encode(`${visits}`))
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

  it.each([
    ['save', 'at once'],
    ['save', 'later'],
    ['exclusive', 'at once'],
    ['exclusive', 'later'],
  ] as const)('can %s in the midst of the commit, with a store that answers %s', async (how, when) => {
    for (let turns = 0; turns < 30; turns++) {
      const store = new StagedStore()
      const sessions = new SessionManager<Data>({ store, secret })
      const { cookie } = await sessions.issue({ visits: 1 })
      if (when === 'later') store.delay(0, 1)
      for (const known of [cookie, '']) {
        let saving: Promise<unknown> | undefined
        const response = await sessions.handle(visit(known), async (handle) => {
          ;(await handle.write()).set('visits', 2)
          saving = (async () => {
            for (let i = 0; i < turns; i++) await undefined
            await handle[how]((session) => void session.set('note', 'beside it'))
          })()
          return new Response()
        })
        await saving
        const session = await sessions.read(visit(cookieAfter(response) || known))
        expect([turns, session.get('visits'), session.get('note')]).toEqual([turns, 2, 'beside it'])
      }
    }
  })

  it('works through the manager and the request as well', async () => {
    const setting = setUp()
    const { sessions } = setting
    const { cookie } = await sessions.issue({ visits: 1 })
    const { request } = await committed(setting, cookie)
    await sessions.open(request).save((session) => session.set('visits', 5))
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

  it('shows it each time it is asked, and a sign-out as well: a socket lives for hours', async () => {
    const setting = setUp()
    const { sessions } = setting
    const { cookie, id } = await sessions.issue({ visits: 1 })
    const { handle } = await committed(setting, cookie, async (given) => {
      await given.read()
    })
    for (const visits of [2, 3, 4]) {
      await sessions.edit(id, (session) => session.set('visits', visits))
      expect((await handle.read()).get('visits')).toBe(visits)
      if (visits === 3) await handle.save((session) => session.set('note', 'mine'))
    }
    await sessions.destroy(id)
    const gone = await handle.read()
    expect([gone.isNew, gone.has('note'), gone.has('visits')]).toEqual([true, false, false])
  })

  it('loads once for those who read at the same moment, and anew after a failure', async () => {
    const store = new StagedStore()
    const sessions = new SessionManager<Data>({ store, secret })
    const { cookie } = await sessions.issue({ visits: 1 })
    const request = visit(cookie)
    const handle = sessions.open(request)
    await sessions.handle(request, () => new Response())
    store.forget()
    store.fail('load', 'rejects', new Error('out of reach'))
    const failed = await Promise.allSettled([handle.read(), handle.read()])
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    store.heal()
    store.delay(1, 1)
    const read = await Promise.all([handle.read(), handle.read()])
    expect([read.map((session) => session.get('visits')), store.methods]).toEqual([
      [1, 1],
      ['load', 'load'],
    ])
  })

  it.each(changes)('takes no change by write(), here %s: it could be lost without a word', async (_, change) => {
    const setting = setUp()
    const { sessions, store } = setting
    const { cookie, id } = await sessions.issue({ visits: 1 })
    const before = store.load(id)
    const { handle } = await committed(setting, cookie)
    const session = await handle.write()
    expect(session.get('visits')).toBe(1)
    expect(() => change(session)).toThrow(SessionCommittedError)
    await handle.save()
    expect(store.load(id)).toEqual(before)
  })

  it('takes no more changes once a save(change) is over', async () => {
    const setting = setUp()
    const { cookie } = await setting.sessions.issue({ visits: 1 })
    const { handle } = await committed(setting, cookie)
    let kept: WritableSession<Data> | undefined
    await handle.save((session) => {
      kept = session.set('visits', 2)
    })
    expect(() => kept?.set('visits', 3)).toThrow(SessionCommittedError)
  })

  it('saves many times, as a WebSocket does, and keeps what others store in between', async () => {
    const setting = setUp()
    const { sessions, clock } = setting
    const { cookie } = await sessions.issue({ visits: 0 })
    const { handle } = await committed(setting, cookie)
    for (let message = 1; message <= 20; message++) {
      clock.time += 10_000
      await handle.save((session) => session.update('visits', (n = 0) => n + 1))
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
    await handle.save((session) => session.set('note', 'late'))
    expect((await sessions.read(visit(cookie))).toJSON()).toEqual({ visits: 1, note: 'late' })
  })

  it('goes on under the new id when the request regenerated', async () => {
    const setting = setUp()
    const { sessions } = setting
    const { cookie: oldCookie } = await sessions.issue({ visits: 1 })
    const { handle, response } = await committed(setting, oldCookie, async (given) => {
      ;(await given.write()).regenerate()
    })
    await handle.save((session) => session.set('note', 'late'))
    const cookie = response.headers.getSetCookie()[0]?.split(';')[0]
    expect((await sessions.read(visit(cookie))).toJSON()).toEqual({ visits: 1, note: 'late' })
    expect((await sessions.read(visit(oldCookie))).isNew).toBe(true)
    expect(await liveSessions(sessions)).toBe(1)
  })

  it('reads and writes the session of a visitor whose handler never asked', async () => {
    const setting = setUp()
    const { sessions } = setting
    const { cookie } = await sessions.issue({ visits: 3 })
    const { handle } = await committed(setting, cookie)
    expect((await handle.read()).get('visits')).toBe(3)
    await handle.save((session) => session.set('visits', 4))
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(4)
  })

  it('leaves the response that is on its way alone', async () => {
    const setting = setUp()
    const { cookie } = await setting.sessions.issue({ visits: 3 })
    const { handle, response } = await committed(setting, cookie)
    const before = [...response.headers]
    await handle.save((session) => session.set('visits', 4))
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
    const count = (): Promise<void> => handle.save((session) => session.update('visits', (n = 0) => n + 1))
    fault.fails = true
    await expect(count()).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
    fault.fails = false
    await count()
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(2)
  })
})

describe('after the commit, a session', () => {
  it('can not be regenerated, since the new cookie can not be sent: the old one still works', async () => {
    const setting = setUp()
    const { sessions, store } = setting
    const { cookie, id } = await sessions.issue({ visits: 1 })
    const { handle } = await committed(setting, cookie)
    await expect(handle.save((session) => session.regenerate())).rejects.toThrow(SessionCommittedError)
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
    await handle.save((session) => session.destroy())
    expect(store.size).toBe(0)
    expect((await sessions.read(visit(cookie))).isNew).toBe(true)
  })

  it('is not brought back when it is destroyed while it is saved, and an event and an error tell', async () => {
    const setting = setUp()
    const { sessions, store, events } = setting
    const { cookie, id } = await sessions.issue({ visits: 1 })
    const { handle } = await committed(setting, cookie)
    events.length = 0
    const saving = handle.save((session) => {
      session.set('visits', 2)
      store.delete(id)
    })
    await expect(saving).rejects.toThrow(SessionDestroyedError)
    expect(store.size).toBe(0)
    expect(events).toContainEqual(expect.objectContaining({ type: 'dropped', reason: 'gone', id }))
    expect(events.map((event) => event.type)).not.toContain('saved')
  })

  it('can not be started: its cookie could not be sent any more', async () => {
    const setting = setUp()
    const { handle } = await committed(setting, '')
    await expect(handle.save((session) => session.set('visits', 1))).rejects.toThrow(SessionCommittedError)
    expect(setting.store.size).toBe(0)
  })

  it('tells by an event that its response says no Vary, where it is used for the first time', async () => {
    const setting = setUp()
    const { cookie } = await setting.sessions.issue({ visits: 1 })
    const { handle } = await committed(setting, cookie)
    setting.events.length = 0
    await handle.read()
    await handle.read()
    expect(setting.events.filter(({ type }) => type === 'late')).toHaveLength(1)
  })

  it('lives in its cookie, and can not be changed without one', async () => {
    const sessions = new SessionManager<Data>({ store: new CookieStore(), secret })
    const { cookie } = await sessions.issue({ visits: 1 })
    const request = visit(cookie)
    await sessions.handle(request, () => new Response())
    const late = sessions.open(request)
    expect((await late.read()).get('visits')).toBe(1)
    await expect(late.save((session) => session.set('visits', 2))).rejects.toThrow(SessionCommittedError)
  })
})
