import { describe, expect, it } from 'vitest'
import {
  type CookieOptions,
  SessionDestroyedError,
  type SessionEvent,
  SessionManager,
  type SessionOptions,
  type WritableSession,
} from './index.js'
import { randomToken } from './testing/sign.js'
import { StagedStore } from './testing/staged-store.js'
import { cookieAfter, sessionCookies, visit } from './testing/visit.js'

const secret = 'thirty-two bytes of secret, at least'

interface Data {
  user: string
  visits: number
}

interface Setting {
  readonly store: StagedStore
  readonly sessions: SessionManager<Data>
  readonly events: SessionEvent[]
}

function setUp(options: Partial<SessionOptions<Data>> = {}): Setting {
  const events: SessionEvent[] = []
  const store = new StagedStore()
  const onEvent = (event: SessionEvent): void => void events.push(event)
  return { store, sessions: new SessionManager<Data>({ store, secret, onEvent, ...options }), events }
}

function signOut(sessions: SessionManager<Data>, cookie: string): Promise<Response> {
  return sessions.handle(visit(cookie), async (handle) => {
    ;(await handle.write()).destroy()
    return new Response('bye')
  })
}

/** Name and attributes of a `Set-Cookie` line, without order and without what says when it ends. */
function attributes(line: string): string[] {
  const [pair = '', ...rest] = line.split('; ')
  return [pair.split('=')[0] as string, ...rest.filter((part) => !/^(Max-Age|Expires)=/.test(part)).sort()]
}

describe('destroy()', () => {
  it('ends the record and the cookie, and a captured cookie opens nothing [B139, B140, B143]', async () => {
    const { sessions, store } = setUp()
    const { cookie, id } = await sessions.issue({ user: 'ada' })
    const response = await signOut(sessions, cookie)
    expect(store.memory.load(id)).toBe(undefined)
    const [line = ''] = sessionCookies(response)
    expect(line).toMatch(/^__Host-sid=;/)
    expect(line).toMatch(/; Max-Age=0(;|$)/)
    expect(new Date(/Expires=([^;]+)/.exec(line)?.[1] as string).getTime()).toBeLessThan(Date.now())
    const replayed = await sessions.read(visit(cookie))
    expect(replayed.isNew).toBe(true)
    expect(replayed.id).not.toBe(id)
    expect(replayed.size).toBe(0)
  })

  const options: [string, CookieOptions][] = [
    ['the defaults', {}],
    ['a path and a domain', { path: '/app', domain: 'example.com' }],
    ['a name', { name: 'visitor' }],
    ['SameSite=None and Partitioned', { sameSite: 'none', partitioned: true }],
    ['SameSite=Strict and a priority', { sameSite: 'strict', priority: 'high' }],
    ['neither Secure nor HttpOnly', { secure: false, httpOnly: false }],
    ['no Max-Age', { persistent: false }],
  ]

  it.each(options)('repeats every attribute in the removal cookie, with %s [B141, B142]', async (_, cookieOptions) => {
    const { sessions } = setUp({ cookie: cookieOptions })
    const { cookie, setCookie } = await sessions.issue({ user: 'ada' })
    const response = await signOut(sessions, cookie)
    const [line = ''] = response.headers.getSetCookie()
    expect(attributes(line)).toEqual(attributes(setCookie))
    expect(line.match(/Max-Age=/g)).toHaveLength(1)
    expect(line).toContain('Max-Age=0')
  })

  it('of a session that came without a cookie stores and sends nothing [B144]', async () => {
    const { sessions, store } = setUp()
    const response = await sessions.handle(visit(), async (handle) => {
      const session = await handle.write()
      session.set('visits', 1)
      session.destroy()
      return new Response()
    })
    expect(store.calls).toEqual([])
    expect(response.headers.has('set-cookie')).toBe(false)
  })

  it('of a session that was saved in the same request removes it again, and sends no cookie [B144, B149]', async () => {
    const { sessions, store } = setUp()
    const response = await sessions.handle(visit(), async (handle) => {
      const session = await handle.write()
      session.set('visits', 1)
      await handle.save()
      expect(store.memory.size).toBe(1)
      session.destroy()
      return new Response()
    })
    expect(store.memory.size).toBe(0)
    expect(response.headers.has('set-cookie')).toBe(false)
  })

  it('removes a cookie that is no good, too, since the visitor asked for it [B140]', async () => {
    const { sessions, store } = setUp()
    for (const value of ['rubbish', `${randomToken()}.${randomToken()}`]) {
      const response = await signOut(sessions, `__Host-sid=${value}`)
      expect(sessionCookies(response)).toEqual([expect.stringContaining('Max-Age=0')])
    }
    expect(store.methods).toEqual([])
  })

  it('as the first thing that a request does to its session ends the record [B145]', async () => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    const request = visit(cookie)
    ;(await sessions.write(request)).destroy()
    await sessions.commit(request, new Response())
    expect(store.memory.size).toBe(0)
  })

  it('twice is no error and one removal [B146]', async () => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    store.forget()
    const response = await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      session.destroy()
      session.destroy()
      await handle.save()
      session.destroy()
      return new Response()
    })
    expect(store.methods.filter((method) => method === 'delete')).toHaveLength(1)
    expect(sessionCookies(response)).toHaveLength(1)
  })

  it('of a record that is gone already is no error, and the browser forgets its cookie [B146]', async () => {
    const { sessions } = setUp()
    const { cookie, id } = await sessions.issue({ user: 'ada' })
    const response = await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      await sessions.destroy(id)
      session.destroy()
      return new Response()
    })
    expect(sessionCookies(response)).toEqual([expect.stringContaining('Max-Age=0')])
    const again = await signOut(sessions, cookie)
    expect(sessionCookies(again)).toEqual([expect.stringContaining('Max-Age=0')])
  })

  it('in two requests at once is no error in either [B146]', async () => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    store.delay(1, 3)
    const responses = await Promise.all([signOut(sessions, cookie), signOut(sessions, cookie)])
    store.heal()
    for (const response of responses) expect(sessionCookies(response)).toHaveLength(1)
    expect(store.memory.size).toBe(0)
  })

  it('wins over every change of the same request: one delete, no write, one cookie [B149, B201]', async () => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    store.forget()
    const response = await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      session.set('visits', 2)
      session.setOwner('ada')
      session.setLifetime({ idleTimeout: 5 })
      session.regenerate()
      session.destroy()
      return new Response()
    })
    expect(store.methods).toEqual(['load', 'delete'])
    expect(response.headers.getSetCookie()).toHaveLength(1)
  })

  it.each(['changed', 'existing', 'always'] as const)(
    'is not followed by a new session under "%s" [B147, B149]',
    async (persistence) => {
      const { sessions, store } = setUp({ persistence })
      const { cookie } = await sessions.issue({ user: 'ada' })
      const response = await signOut(sessions, cookie)
      expect(store.memory.size).toBe(0)
      expect(sessionCookies(response)).toEqual([expect.stringContaining('Max-Age=0')])
    },
  )

  it('is told by one event [B250]', async () => {
    const { sessions, events } = setUp()
    const { cookie, id } = await sessions.issue({ user: 'ada' })
    events.length = 0
    await signOut(sessions, cookie)
    expect(events.map(({ type }) => type)).toEqual(['loaded', 'destroyed'])
    expect(events[1]).toEqual({ type: 'destroyed', id, duration: expect.any(Number) })
  })

  it('leaves the visitor free to start anew with the next request [B147]', async () => {
    const { sessions } = setUp()
    const { cookie, id } = await sessions.issue({ user: 'ada' })
    const bye = await signOut(sessions, cookie)
    const hello = await sessions.handle(visit(cookieAfter(bye, cookie)), async (handle) => {
      ;(await handle.write()).set('user', 'grace')
      return new Response()
    })
    const session = await sessions.read(visit(cookieAfter(hello)))
    expect(session.id).not.toBe(id)
    expect(session.toJSON()).toEqual({ user: 'grace' })
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

  it.each(changes)('throws a SessionDestroyedError at %s, before and after it is saved [B147]', async (_, change) => {
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

  it('is empty to whoever reads it [B147]', async () => {
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

  it('ends all sessions of its owner only when asked to [B150]', async () => {
    const { sessions } = setUp()
    const phone = await sessions.issue({ visits: 1 }, { owner: 'ada' })
    const desk = await sessions.issue({ visits: 2 }, { owner: 'ada' })
    await signOut(sessions, phone.cookie)
    expect((await sessions.read(visit(desk.cookie))).get('visits')).toBe(2)
    await sessions.destroyByOwner('ada')
    expect((await sessions.read(visit(desk.cookie))).isNew).toBe(true)
  })
})
