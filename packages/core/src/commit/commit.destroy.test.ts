import { describe, expect, it } from 'vitest'
import { type CookieOptions, SessionDestroyedError } from '../index.js'
import { gate } from '../testing/gate.js'
import { cookieAfter, sessionCookies } from '../testing/response-cookies.js'
import { signOut } from '../testing/serve.js'
import { randomToken } from '../testing/sign.js'
import { type Setting, stagedManager } from '../testing/staged-manager.js'
import { visit } from '../testing/visit.js'

interface Data {
  user: string
  visits: number
}

const setUp = stagedManager<Data>

/** Name and attributes of a `Set-Cookie` line, without order and without what says when it ends. */
function attributes(line: string): string[] {
  const [pair = '', ...rest] = line.split('; ')
  return [pair.split('=')[0] as string, ...rest.filter((part) => !/^(Max-Age|Expires)=/.test(part)).sort()]
}

describe('destroy()', () => {
  it('ends the record and the cookie, and a captured cookie opens nothing', async () => {
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

  it.each(options)('repeats every attribute in the removal cookie, with %s', async (_, cookieOptions) => {
    const { sessions } = setUp({ cookie: cookieOptions })
    const { cookie, setCookie } = await sessions.issue({ user: 'ada' })
    const response = await signOut(sessions, cookie)
    const [line = ''] = response.headers.getSetCookie()
    expect(attributes(line)).toEqual(attributes(setCookie))
    expect(line.match(/Max-Age=/g)).toHaveLength(1)
    expect(line).toContain('Max-Age=0')
  })

  it('of a session that came without a cookie stores and sends nothing', async () => {
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

  it('of a session that was saved in the same request removes it again, and sends no cookie', async () => {
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

  it('removes a cookie that is no good, too, since the visitor asked for it', async () => {
    const { sessions, store } = setUp()
    for (const value of ['rubbish', `${randomToken()}.${randomToken()}`]) {
      const response = await signOut(sessions, `__Host-sid=${value}`)
      expect(sessionCookies(response)).toEqual([expect.stringContaining('Max-Age=0')])
    }
    expect(store.methods).toEqual([])
  })

  it('as the first thing that a request does to its session ends the record', async () => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    const request = visit(cookie)
    ;(await sessions.write(request)).destroy()
    await sessions.commit(request, new Response())
    expect(store.memory.size).toBe(0)
  })

  it('twice is no error and one removal', async () => {
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

  it('of a record that is gone already is no error, and the browser forgets its cookie', async () => {
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

  it('in two requests at once is no error in either', async () => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    store.delay(1, 3)
    const bothLoaded = gate()
    let loaded = 0
    const signOutTogether = (): Promise<Response> =>
      sessions.handle(visit(cookie), async (handle) => {
        const session = await handle.write()
        if (++loaded === 2) bothLoaded.open()
        await bothLoaded.opened
        session.destroy()
        return new Response()
      })
    const responses = await Promise.all([signOutTogether(), signOutTogether()])
    store.heal()
    for (const response of responses) expect(sessionCookies(response)).toHaveLength(1)
    expect(store.memory.size).toBe(0)
  })

  it('wins over every change of the same request: nothing of them is stored, one cookie', async () => {
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
    expect(store.methods).toEqual(['load', 'update', 'delete'])
    expect(store.calls[1]?.record).toMatchObject({ data: '', owner: undefined })
    expect(response.headers.getSetCookie()).toHaveLength(1)
  })

  it.each(['changed', 'existing', 'always'] as const)(
    'is not followed by a new session under "%s"',
    async (persistence) => {
      const { sessions, store } = setUp({ persistence })
      const { cookie } = await sessions.issue({ user: 'ada' })
      const response = await signOut(sessions, cookie)
      expect(store.memory.size).toBe(0)
      expect(sessionCookies(response)).toEqual([expect.stringContaining('Max-Age=0')])
    },
  )

  it('is told by one event', async () => {
    const { sessions, events } = setUp()
    const { cookie, id } = await sessions.issue({ user: 'ada' })
    events.length = 0
    await signOut(sessions, cookie)
    expect(events.map(({ type }) => type)).toEqual(['loaded', 'destroyed'])
    expect(events[1]).toEqual({ type: 'destroyed', id, duration: expect.any(Number) })
  })

  it('leaves the visitor free to start anew with the next request', async () => {
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

describe('destroy() of what a request has begun in the place of a session that another one is about to end', () => {
  it('ends that', async () => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    const [isEnding, goOn] = [gate(), gate()]
    store.beforeNext('delete', () => {
      isEnding.open()
      return goOn.opened
    })
    const ending = signOut(sessions, cookie)
    await isEnding.opened
    await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      session.set('visits', 2).regenerate()
      await handle.save()
      session.destroy()
      return new Response()
    })
    goOn.open()
    await ending
    expect(store.memory.size).toBe(0)
  })
})

describe('a session that was destroyed while another request holds it', () => {
  const slowWrites: [
    string,
    (options: Setting<Data>, cookie: string, between: () => Promise<unknown>) => Promise<Response>,
  ][] = [
    [
      'saves',
      ({ sessions }, cookie, between) =>
        sessions.handle(visit(cookie), async (handle) => {
          const session = await handle.write()
          await between()
          session.set('visits', 2)
          return new Response()
        }),
    ],
    [
      'saves in mid-request',
      ({ sessions }, cookie, between) =>
        sessions.handle(visit(cookie), async (handle) => {
          const session = await handle.write()
          session.set('visits', 2)
          await between()
          await handle.save()
          return new Response()
        }),
    ],
    [
      'touches',
      ({ sessions, clock }, cookie, between) =>
        sessions.handle(visit(cookie), async (handle) => {
          clock.time += 12 * 3_600_000
          await handle.read()
          await between()
          return new Response()
        }),
    ],
    [
      'regenerates',
      ({ sessions }, cookie, between) =>
        sessions.handle(visit(cookie), async (handle) => {
          const session = await handle.write()
          session.regenerate()
          await between()
          return new Response()
        }),
    ],
  ]

  it.each(slowWrites)('does not come back when that one %s: no record, no cookie, and an event', async (_, slowly) => {
    const setting = setUp()
    const { sessions, store, events } = setting
    const { cookie, id } = await sessions.issue({ visits: 1 })
    const response = await slowly(setting, cookie, () => sessions.destroy(id))
    expect(store.memory.size).toBe(0)
    expect(response.headers.has('set-cookie')).toBe(false)
    expect(events).toContainEqual(expect.objectContaining({ type: 'dropped', reason: 'gone', id }))
    expect((await sessions.read(visit(cookie))).isNew).toBe(true)
  })

  it.each(slowWrites)(
    'does not come back when that one %s, when signing out through a request of its own',
    async (_, slowly) => {
      const setting = setUp()
      const { sessions, store } = setting
      const { cookie } = await sessions.issue({ visits: 1 })
      const response = await slowly(setting, cookie, () =>
        sessions.handle(visit(cookie), async (handle) => {
          ;(await handle.write()).destroy()
          return new Response()
        }),
      )
      expect(store.memory.size).toBe(0)
      expect(response.headers.has('set-cookie')).toBe(false)
    },
  )

  it.each(['update', 'touch'] as const)(
    'does not come back either when it goes at the last moment, just before the %s',
    async (method) => {
      const { sessions, store, clock } = setUp()
      const { cookie, id } = await sessions.issue({ visits: 1 })
      clock.time += 12 * 3_600_000
      store.beforeNext(method, () => void store.memory.delete(id))
      const response = await sessions.handle(visit(cookie), async (handle) => {
        if (method === 'update') (await handle.write()).set('visits', 2)
        else await handle.read()
        return new Response()
      })
      expect(store.methods).toContain(method)
      expect(store.memory.size).toBe(0)
      expect(response.headers.has('set-cookie')).toBe(false)
    },
  )

  it('takes no more changes once that is known', async () => {
    const { sessions, store } = setUp()
    const { cookie, id } = await sessions.issue({ visits: 1 })
    const handle = sessions.open(visit(cookie))
    const session = await handle.write()
    await sessions.destroy(id)
    session.set('visits', 2)
    await handle.save()
    expect(() => session.set('visits', 3)).toThrow(SessionDestroyedError)
    await handle.save()
    expect(store.memory.size).toBe(0)
  })
})
