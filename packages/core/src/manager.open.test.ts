import { describe, expect, it } from 'vitest'
import type { SessionManager } from './index.js'
import { cookieAfter, sessionCookies } from './testing/response-cookies.js'
import { stagedManager } from './testing/staged-manager.js'
import { visit } from './testing/visit.js'

interface Data {
  user: string
}

const setUp = stagedManager<Data>

describe('open', () => {
  it('takes a Request, its Headers, or the text of its Cookie header', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    for (const source of [visit(cookie), new Headers({ cookie }), cookie, `a=1; ${cookie}`]) {
      expect((await sessions.open(source).read()).get('user')).toBe('ada')
      expect((await sessions.read(source)).get('user')).toBe('ada')
    }
    for (const nothing of [undefined, '', new Headers(), 'a=1']) {
      expect((await sessions.open(nothing).read()).isNew).toBe(true)
    }
  })

  it('touches nothing', () => {
    const { sessions, store } = setUp()
    sessions.open('__Host-sid=x')
    sessions.open(new Headers())
    expect(store.calls).toEqual([])
  })

  it.each([null, 5, {}, { cookie: 'a=1' }, []])('says so in words when it is given %j', async (source) => {
    const { sessions } = setUp()
    await expect(async () => sessions.open(source as never).read()).rejects.toThrow(/fetch-sessions: open takes/)
  })
})

describe('commitHeaders', () => {
  it('persists, and puts cookie, Vary and Cache-Control on the headers', async () => {
    const { sessions, store } = setUp()
    const handle = sessions.open('')
    ;(await handle.write()).set('user', 'ada')
    const headers = new Headers({ 'Cache-Control': 'public, max-age=60', 'Set-Cookie': 'a=1' })
    await sessions.commitHeaders(handle, headers)
    expect(store.methods).toEqual(['create'])
    expect(headers.getSetCookie().map((line) => line.split('=')[0])).toEqual(['a', '__Host-sid'])
    expect([headers.get('vary'), headers.get('cache-control')]).toEqual(['Cookie', 'private, max-age=60'])
    expect((await sessions.read(cookieAfter(new Response(null, { headers })))).get('user')).toBe('ada')
  })

  it('of a Request is the same, and of one that was not used changes nothing', async () => {
    const { sessions } = setUp()
    const request = visit()
    ;(await sessions.write(request)).set('user', 'ada')
    const headers = new Headers()
    await sessions.commitHeaders(request, headers)
    expect(headers.getSetCookie()).toHaveLength(1)
    const untouched = new Headers()
    await sessions.commitHeaders(visit(), untouched)
    expect([...untouched]).toEqual([])
  })

  it('with failed saves nothing but a sign-out', async () => {
    const { sessions, store } = setUp()
    const dropped = sessions.open('')
    ;(await dropped.write()).set('user', 'ada')
    await sessions.commitHeaders(dropped, new Headers(), { failed: true })
    expect(store.calls).toEqual([])
    const { cookie } = await sessions.issue({ user: 'ada' })
    const leaving = sessions.open(cookie)
    ;(await leaving.write()).destroy()
    const headers = new Headers()
    await sessions.commitHeaders(leaving, headers, { failed: true })
    expect(headers.getSetCookie()).toEqual([expect.stringContaining('Max-Age=0')])
    expect(store.memory.size).toBe(0)
  })

  it('throws where the session could not be stored, and leaves the headers alone', async () => {
    const { sessions, store } = setUp()
    const handle = sessions.open('')
    ;(await handle.write()).set('user', 'ada')
    store.fail('create')
    const headers = new Headers()
    await expect(sessions.commitHeaders(handle, headers)).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
    expect([...headers]).toEqual([])
  })

  it('refuses what is neither a Request nor a handle', async () => {
    const { sessions } = setUp()
    for (const target of ['a=1', undefined, {}, { read() {} }]) {
      await expect(sessions.commitHeaders(target as never, new Headers())).rejects.toThrow(TypeError)
    }
  })
})

describe('commitCookies', () => {
  it('gives the cookies in their parts, for frameworks that set them so', async () => {
    const { sessions } = setUp({ idleTimeout: 600 })
    const handle = sessions.open('')
    ;(await handle.write()).set('user', 'ada')
    const [cookie, ...more] = await sessions.commitCookies(handle)
    expect(more).toEqual([])
    expect(cookie).toMatchObject({
      name: '__Host-sid',
      options: { path: '/', secure: true, httpOnly: true, sameSite: 'lax', maxAge: 600 },
    })
    expect((await sessions.read(`${cookie?.name}=${cookie?.value}`)).get('user')).toBe('ada')
    const leaving = sessions.open(`${cookie?.name}=${cookie?.value}`)
    ;(await leaving.write()).destroy()
    expect(await sessions.commitCookies(leaving)).toMatchObject([
      { name: '__Host-sid', value: '', options: { path: '/', secure: true, maxAge: 0, expires: new Date(0) } },
    ])
  })
})

describe('the handle of a request', () => {
  it('is not that of what inherits from it with other cookies, nor of a request whose cookies were changed', async () => {
    const { sessions } = setUp()
    const ada = await sessions.issue({ user: 'ada' })
    const grace = await sessions.issue({ user: 'grace' })
    const request = visit(ada.cookie)
    expect((await sessions.read(request)).get('user')).toBe('ada')
    const heir = Object.create(request, { headers: { value: new Headers({ cookie: grace.cookie }) } }) as Request
    expect((await sessions.read(heir)).get('user')).toBe('grace')
    const proxy = new Proxy(request, {
      get: (target, name) =>
        name === 'headers' ? new Headers({ cookie: grace.cookie }) : Reflect.get(target, name, target),
    })
    expect((await sessions.read(proxy)).get('user')).toBe('grace')
    expect((await sessions.read(request)).get('user')).toBe('ada')
    const changing = visit(ada.cookie)
    await sessions.read(changing)
    changing.headers.set('cookie', grace.cookie)
    expect((await sessions.read(changing)).get('user')).toBe('grace')
  })
})

describe('two managers with one cookie name', () => {
  it('on one request are a TypeError that says what to do, whoever comes first', async () => {
    const [one, two] = [setUp().sessions, setUp().sessions]
    const request = visit()
    one.open(request)
    expect(() => two.open(request)).toThrow(TypeError)
    expect(() => two.open(request)).toThrow(/cookie\.name/)
    await expect(two.handle(request, () => new Response())).rejects.toThrow(/two managers/)
    const other = setUp({ cookie: { name: '__Host-other' } }).sessions
    expect(() => other.open(request)).not.toThrow()
  })
})

describe('the same manager within itself, for another Request', () => {
  const inner = (request: Request): Request => new Request(request)

  it.each([
    ['signs in', false],
    ['signs in, and the outer one has read its own', true],
  ])('%s: the inner cookie reaches the browser, and there is one', async (_, isRead) => {
    const { sessions } = setUp()
    const request = visit()
    const response = await sessions.handle(request, async (outer) => {
      if (isRead) await outer.read()
      return sessions.handle(inner(request), async (handle) => {
        ;(await handle.write()).set('user', 'ada')
        return new Response()
      })
    })
    expect(sessionCookies(response)).toHaveLength(1)
    expect((await sessions.read(cookieAfter(response))).get('user')).toBe('ada')
  })

  it('regenerates: the visitor stays signed in, and what the outer one changes goes on there', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ user: 'guest' })
    const wide = sessions as unknown as SessionManager<Record<string, string>>
    const request = visit(cookie)
    const response = await wide.handle(request, async (outer) => {
      ;(await outer.write()).set('outer', 'kept')
      return wide.handle(inner(request), async (handle) => {
        ;(await handle.write()).set('user', 'ada').regenerate()
        return new Response()
      })
    })
    expect(sessionCookies(response)).toHaveLength(1)
    expect((await wide.read(cookieAfter(response))).toJSON()).toEqual({ user: 'ada', outer: 'kept' })
  })

  it('signs out: no session is left, and the browser forgets its cookie', async () => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    const request = visit(cookie)
    const response = await sessions.handle(request, () =>
      sessions.handle(inner(request), async (handle) => {
        ;(await handle.write()).destroy()
        return new Response()
      }),
    )
    expect(sessionCookies(response)).toEqual([expect.stringContaining('Max-Age=0')])
    expect(store.memory.size).toBe(0)
  })
})
