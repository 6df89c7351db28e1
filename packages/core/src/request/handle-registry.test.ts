import { describe, expect, it } from 'vitest'
import { MemoryStore, type SessionHandle, SessionManager } from '../index.js'
import { secret } from '../testing/secret.js'
import { visit } from '../testing/visit.js'

interface Data {
  user: string
}

const manager = (name?: string): SessionManager<Data> =>
  new SessionManager<Data>({ store: new MemoryStore(), secret, ...(name ? { cookie: { name } } : {}) })

/** A proxy of a request, as frameworks make them: what it does not say itself, the request does. */
function proxyOf(request: Request, own: Partial<Request> = {}, traps: ProxyHandler<Request> = {}): Request {
  return new Proxy(request, {
    ...traps,
    get: (target, name) => {
      if (name in own) return own[name as keyof Request]
      const value = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

/** Deno's own Request notes its address when it is first asked for. */
function asked(request: Request): Request {
  expect(request.url).toContain('https:')
  return request
}

describe('the handle of a request', () => {
  it('is served to a proxy of it', () => {
    const sessions = manager()
    const request = visit()
    const handle = sessions.open(request)
    expect(sessions.open(proxyOf(request))).toBe(handle)
    expect(sessions.open(proxyOf(proxyOf(request)))).toBe(handle)
  })

  it('is served to the request where a proxy was there first', () => {
    const sessions = manager()
    const request = visit()
    expect(sessions.open(proxyOf(request))).toBe(sessions.open(request))
  })

  it('is not served to a proxy that says other cookies, however many there are', async () => {
    const sessions = manager()
    const [ada, bob] = [await sessions.issue({ user: 'ada' }), await sessions.issue({ user: 'bob' })]
    const shared = visit()
    const seen = [ada, bob, undefined].map(async (issued) => {
      const headers = new Headers(issued ? { cookie: issued.cookie } : {})
      return (await sessions.read(proxyOf(shared, { headers }))).get('user')
    })
    expect(await Promise.all(seen)).toEqual(['ada', 'bob', undefined])
  })

  it.each<[string, (request: Request) => Request]>([
    ['is frozen', (request) => Object.freeze(asked(request))],
    ['is sealed', Object.seal],
    ['takes no properties', Object.preventExtensions],
    ['is a proxy that swallows them', (request) => proxyOf(request, {}, { set: () => true })],
    ['is a proxy that refuses them', (request) => proxyOf(request, {}, { set: () => false })],
    [
      'is a proxy that throws',
      (request) =>
        proxyOf(
          request,
          {},
          {
            set: () => {
              throw new Error('read only')
            },
          },
        ),
    ],
  ])('is there, the same one, for a request that %s', async (_what, change) => {
    const sessions = manager()
    const untouched = new Response()
    expect(await sessions.handle(change(visit()), () => untouched)).toBe(untouched)
    const request = change(visit())
    const response = await sessions.handle(request, async (handle) => {
      expect(sessions.open(request)).toBe(handle)
      ;(await sessions.write(request)).set('user', 'ada')
      return new Response()
    })
    const cookie = response.headers.getSetCookie()[0]?.split(';')[0]
    expect((await sessions.read(cookie)).get('user')).toBe('ada')
    const opened = change(visit())
    sessions.open(opened)
    expect(() => manager().open(opened)).toThrow(/two managers/)
  })

  it('is not served to what only inherits from it', async () => {
    const sessions = manager()
    const { cookie } = await sessions.issue({ user: 'ada' })
    const request = visit(cookie)
    expect((await sessions.read(request)).get('user')).toBe('ada')
    const heir = Object.create(request, { headers: { value: new Headers() } }) as Request
    expect(sessions.open(heir)).not.toBe(sessions.open(request))
    expect((await sessions.read(heir)).get('user')).toBe(undefined)
  })

  it('is not served to its request with other cookies, as mutable headers and clones have them', async () => {
    const sessions = manager()
    const [ada, bob] = [await sessions.issue({ user: 'ada' }), await sessions.issue({ user: 'bob' })]
    const headers = new Headers({ cookie: ada.cookie })
    const request = { headers, url: 'https://example.com/', method: 'GET' } as Request
    expect((await sessions.read(request)).get('user')).toBe('ada')
    headers.set('cookie', bob.cookie)
    expect((await sessions.read(request)).get('user')).toBe('bob')
    expect((await sessions.read(new Request(visit(ada.cookie), { headers }))).get('user')).toBe('bob')
  })
})

describe('a request that is handled again and again', () => {
  it('keeps no handle of before', async () => {
    const [one, two] = [manager(), manager('__Host-other')]
    const request = visit()
    for (let round = 0; round < 3; round++)
      for (const sessions of [one, two]) await sessions.handle(request, () => new Response())
    let handles = 0
    let handle = two.open(request) as SessionHandle<Data> & { earlier?: SessionHandle<Data> }
    for (; handle !== undefined; handle = handle.earlier as typeof handle) handles++
    expect(handles).toBe(2)
  })
})

describe('two managers with one cookie name', () => {
  it('are a TypeError on one request that names the cookie', () => {
    const request = visit()
    manager().open(request)
    expect(() => manager().open(request)).toThrow(TypeError)
    expect(() => manager().open(request)).toThrow(/two managers use the cookie "__Host-sid".*cookie\.name/)
    expect(() => manager('__Host-other').open(request)).not.toThrow()
  })

  it('are none on two requests, nor one after the other, as where an application is built anew', async () => {
    const request = visit()
    await manager().handle(request, () => new Response())
    expect((await manager().handle(request, () => new Response())).status).toBe(200)
    expect(() => manager().open(visit())).not.toThrow()
  })
})
