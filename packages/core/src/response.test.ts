import { describe, expect, it } from 'vitest'
import { MemoryStore, type SessionEvent, SessionManager } from './index.js'

const url = 'https://example.com/'
const secret = 'thirty-two bytes of secret, at least'

interface Data {
  visits: number
}

function manager(events: SessionEvent[] = []): SessionManager<Data> {
  return new SessionManager<Data>({ store: new MemoryStore(), secret, onEvent: (event) => events.push(event) })
}

function visit(cookie = ''): Request {
  return new Request(url, { headers: { cookie } })
}

/** What comes out when the handler writes to a new session and returns this response. */
function writing(response: Response, sessions: SessionManager<Data> = manager()): Promise<Response> {
  return sessions.handle(visit(), async (handle) => {
    ;(await handle.write()).set('visits', 1)
    return response
  })
}

/** What comes out when the handler reads a session, which changes nothing, and returns this response. */
function reading(response: Response, sessions: SessionManager<Data> = manager()): Promise<Response> {
  return sessions.handle(visit(), async (handle) => {
    await handle.read()
    return response
  })
}

function sessionCookies(response: Response): string[] {
  return response.headers.getSetCookie().filter((line) => line.startsWith('__Host-sid='))
}

/** As the headers of a response that `fetch` returns, on every runtime: no change is possible. */
class ImmutableHeaders extends Headers {
  override append(): never {
    throw new TypeError('immutable')
  }
  override set(): never {
    throw new TypeError('immutable')
  }
  override delete(): never {
    throw new TypeError('immutable')
  }
}

class ImmutableResponse extends Response {
  readonly #immutable: Headers
  constructor(body: BodyInit | null, init: ResponseInit = {}) {
    super(body, init)
    this.#immutable = new ImmutableHeaders()
    for (const [name, value] of super.headers) Headers.prototype.append.call(this.#immutable, name, value)
  }
  override get headers(): Headers {
    return this.#immutable
  }
}

/** A 101, which only a server's own runtime can make. */
class Upgrade extends Response {
  readonly webSocket: object = {}
  override get status(): number {
    return 101
  }
}

class ImmutableUpgrade extends ImmutableResponse {
  override get status(): number {
    return 101
  }
}

describe('what the handler returned', () => {
  it('goes out with status, status text, body and headers unchanged, and the session cookie [B188]', async () => {
    const body = new Uint8Array([0, 255, 128, 10])
    const response = await writing(
      new Response(body, { status: 418, statusText: 'Short and stout', headers: { 'X-Pot': 'tea', ETag: '"1"' } }),
    )
    expect(response.status).toBe(418)
    expect(response.statusText).toBe('Short and stout')
    expect(response.headers.get('x-pot')).toBe('tea')
    expect(response.headers.get('etag')).toBe('"1"')
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(body)
    expect(sessionCookies(response)).toHaveLength(1)
  })

  it('is the very same object when its headers can be changed [B188]', async () => {
    const original = new Response('hello')
    expect(await writing(original)).toBe(original)
  })

  it('is asked for its status and headers alone, which lightweight responses of servers have at hand', async () => {
    const asked = new Set<PropertyKey>()
    const response = new Response('hello')
    // For anything else, `@hono/node-server` makes a heavy response of its light one, which takes several times as long.
    const light = new Proxy(response, {
      get(target, name) {
        asked.add(name)
        return Reflect.get(target, name, target)
      },
    })
    expect(await writing(light)).toBe(light)
    expect([...asked].filter((name) => typeof name === 'string' && name !== 'then')).toEqual(['status', 'headers'])
  })

  it('keeps its own cookies, each as it was, in their order, and ours comes on top [B189, hardest 14]', async () => {
    const headers = new Headers()
    headers.append('Set-Cookie', 'a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Path=/')
    headers.append('Set-Cookie', 'b="x, y"; HttpOnly')
    headers.append('Set-Cookie', 'a=2; Path=/other')
    const response = await writing(new Response(null, { headers }))
    const cookies = response.headers.getSetCookie()
    expect(cookies.slice(0, 3)).toEqual([
      'a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Path=/',
      'b="x, y"; HttpOnly',
      'a=2; Path=/other',
    ])
    expect(cookies).toHaveLength(4)
    expect(cookies[3]).toMatch(/^__Host-sid=/)
  })

  it('keeps several cookies apart when it has to be wrapped anew [B189, B191, hardest 14]', async () => {
    const headers = new Headers([
      ['Set-Cookie', 'a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT'],
      ['Set-Cookie', 'b=2'],
    ])
    const response = await writing(new ImmutableResponse('hi', { headers }))
    expect(response.headers.getSetCookie()).toEqual([
      'a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT',
      'b=2',
      expect.stringMatching(/^__Host-sid=/),
    ])
  })

  it('carries at most one session cookie, however often the session was saved and regenerated [B201]', async () => {
    const sessions = manager()
    const response = await sessions.handle(visit(), async (handle) => {
      const session = await handle.write()
      session.set('visits', 1)
      await handle.save()
      session.regenerate()
      await handle.save()
      session.set('visits', 2)
      session.regenerate()
      session.regenerate()
      return new Response()
    })
    expect(sessionCookies(response)).toHaveLength(1)
    const [cookie] = sessionCookies(response)
    const session = await sessions.read(visit(cookie?.split(';')[0]))
    expect(session.get('visits')).toBe(2)
  })

  it('carries only the removal cookie when the session was saved, regenerated and then destroyed [B201, B149]', async () => {
    const sessions = manager()
    const { cookie } = await sessions.issue({ visits: 1 })
    const response = await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      session.set('visits', 2)
      session.regenerate()
      await handle.save()
      session.destroy()
      return new Response()
    })
    expect(sessionCookies(response)).toEqual([expect.stringMatching(/^__Host-sid=; Max-Age=0;/)])
  })

  it('has no Set-Cookie header at all when there is nothing to send [B202]', async () => {
    const response = await reading(new Response('hello'))
    expect(response.headers.has('set-cookie')).toBe(false)
    expect(response.headers.getSetCookie()).toEqual([])
  })

  it('must be a response: a TypeError says so, and nothing is stored [B216]', async () => {
    const store = new MemoryStore()
    const sessions = new SessionManager<Data>({ store, secret })
    for (const nothing of [undefined, null, 'text', 204, {}]) {
      const handled = sessions.handle(visit(), async (handle) => {
        ;(await handle.write()).set('visits', 1)
        return nothing as unknown as Response
      })
      await expect(handled).rejects.toThrow(TypeError)
    }
    expect(store.size).toBe(0)
  })
})

describe('a response whose headers are immutable', () => {
  it('as Response.redirect makes it goes out with the cookie, the same status and Location [B190, hardest 10]', async () => {
    for (const status of [301, 302, 303, 307, 308]) {
      const response = await writing(Response.redirect('https://example.com/home', status))
      expect(response.status).toBe(status)
      expect(response.headers.get('location')).toBe('https://example.com/home')
      expect(sessionCookies(response)).toHaveLength(1)
    }
  })

  it('as Response.redirect makes it carries the removal cookie [B190, hardest 10]', async () => {
    const sessions = manager()
    const { cookie } = await sessions.issue({ visits: 1 })
    const response = await sessions.handle(visit(cookie), async (handle) => {
      ;(await handle.write()).destroy()
      return Response.redirect('https://example.com/bye', 303)
    })
    expect(response.status).toBe(303)
    expect(response.headers.get('location')).toBe('https://example.com/bye')
    expect(sessionCookies(response)).toEqual([expect.stringContaining('Max-Age=0')])
  })

  it('as fetch returns it goes out with the cookie and its whole body [B191, hardest 10]', async () => {
    const fetched = await fetch('data:text/plain;charset=utf-8,from%20upstream')
    const response = await writing(fetched)
    expect(sessionCookies(response)).toHaveLength(1)
    expect(response.headers.get('content-type')).toBe('text/plain;charset=utf-8')
    expect(await response.text()).toBe('from upstream')
  })

  it('keeps its body as the very same stream [B191, B194]', async () => {
    const stream = new ReadableStream()
    const response = await writing(new ImmutableResponse(stream, { status: 203, headers: { 'X-From': 'upstream' } }))
    expect(response.body).toBe(stream)
    expect(response.status).toBe(203)
    expect(response.headers.get('x-from')).toBe('upstream')
    expect(sessionCookies(response)).toHaveLength(1)
  })

  it('still gets Vary when the session was only read, and no cookie [B191]', async () => {
    const response = await reading(Response.redirect('https://example.com/home', 302))
    expect(response.status).toBe(302)
    expect(response.headers.get('vary')).toBe('Cookie')
    expect(response.headers.has('set-cookie')).toBe(false)
  })

  it('is handed back as it is when the session was not asked for [B102, B190]', async () => {
    const redirect = Response.redirect('https://example.com/home', 302)
    expect(await manager().handle(visit(), () => redirect)).toBe(redirect)
  })
})

describe('a response that can not carry a cookie', () => {
  it('such as Response.error() passes through, the data is stored, and an event tells [B192]', async () => {
    const events: SessionEvent[] = []
    const sessions = manager(events)
    const { cookie, id } = await sessions.issue({ visits: 1 })
    const error = Response.error()
    let newId = ''
    const response = await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      session.set('visits', 2)
      session.regenerate()
      await handle.save()
      newId = session.id
      return error
    })
    expect(response).toBe(error)
    expect(newId).not.toBe(id)
    expect(events).toContainEqual(expect.objectContaining({ type: 'dropped', reason: 'response', id: newId }))
  })

  it('such as Response.error() passes through without an event when no cookie was due [B192]', async () => {
    const events: SessionEvent[] = []
    const sessions = manager(events)
    const { cookie } = await sessions.issue({ visits: 1 })
    const error = Response.error()
    const response = await sessions.handle(visit(cookie), async (handle) => {
      ;(await handle.write()).set('visits', 2)
      return error
    })
    expect(response).toBe(error)
    expect(events.filter((event) => event.type === 'dropped')).toEqual([])
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(2)
  })

  it('such as a 101 with immutable headers passes through, with an event [B192]', async () => {
    const events: SessionEvent[] = []
    const upgrade = new ImmutableUpgrade(null)
    expect(await writing(upgrade, manager(events))).toBe(upgrade)
    expect(events).toContainEqual(expect.objectContaining({ type: 'dropped', reason: 'response' }))
  })

  it('such as a used body behind immutable headers passes through, with an event [B192, B197]', async () => {
    const events: SessionEvent[] = []
    const used = new ImmutableResponse('read already')
    await used.text()
    expect(await writing(used, manager(events))).toBe(used)
    expect(events).toContainEqual(expect.objectContaining({ type: 'dropped', reason: 'response' }))
  })
})

describe('unusual responses', () => {
  it('101: the upgrade keeps its WebSocket and takes the cookie where its headers can be changed [B192]', async () => {
    const upgrade = new Upgrade(null)
    const response = await writing(upgrade)
    expect(response).toBe(upgrade)
    expect(sessionCookies(response)).toHaveLength(1)
  })

  it('a body that was used already does not throw [B197]', async () => {
    const used = new Response('read already')
    await used.text()
    const response = await writing(used)
    expect(response.bodyUsed).toBe(true)
    expect(sessionCookies(response)).toHaveLength(1)
  })

  it('a body that is locked does not throw, and its reader reads on [B197]', async () => {
    const locked = new Response('being read')
    const reader = (locked.body as ReadableStream<Uint8Array>).getReader()
    const response = await writing(locked)
    expect(sessionCookies(response)).toHaveLength(1)
    const { value } = await reader.read()
    expect(new TextDecoder().decode(value)).toBe('being read')
  })

  it('204, 205 and 304 have no body and take the cookie [B188]', async () => {
    for (const status of [204, 205, 304]) {
      const response = await writing(new Response(null, { status }))
      expect(response.status).toBe(status)
      expect(response.body).toBe(null)
      expect(sessionCookies(response)).toHaveLength(1)
    }
  })

  it('204 and 304 with immutable headers take it as well [B188, B191]', async () => {
    for (const status of [204, 304]) {
      const response = await writing(new ImmutableResponse(null, { status }))
      expect(response.status).toBe(status)
      expect(response.body).toBe(null)
      expect(sessionCookies(response)).toHaveLength(1)
    }
  })

  it('the answer to a HEAD request takes the cookie and stays without a body [B188]', async () => {
    const sessions = manager()
    const response = await sessions.handle(new Request(url, { method: 'HEAD' }), async (handle) => {
      ;(await handle.write()).set('visits', 1)
      return new Response(null, { headers: { 'Content-Length': '1000' } })
    })
    expect(response.body).toBe(null)
    expect(response.headers.get('content-length')).toBe('1000')
    expect(sessionCookies(response)).toHaveLength(1)
  })

  it('a 5xx that the handler returned is committed like any other [B199]', async () => {
    const sessions = manager()
    const response = await writing(new Response('sorry', { status: 503 }), sessions)
    expect(response.status).toBe(503)
    const [cookie] = sessionCookies(response)
    expect((await sessions.read(visit(cookie?.split(';')[0]))).get('visits')).toBe(1)
  })

  it('the body of the request is left to the handler [B215]', async () => {
    const sessions = manager()
    const request = new Request(url, { method: 'POST', body: 'name=value' })
    const response = await sessions.handle(request, async (handle) => {
      ;(await handle.write()).set('visits', 1)
      expect(request.bodyUsed).toBe(false)
      return new Response(await request.text())
    })
    expect(await response.text()).toBe('name=value')
  })
})

describe('a streaming response', () => {
  it('is handed on before its first chunk is made, with the cookie in its headers [B194]', async () => {
    let pulls = 0
    const stream = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          pulls++
          controller.enqueue(new TextEncoder().encode(`chunk ${pulls}`))
        },
      },
      { highWaterMark: 0 },
    )
    const response = await writing(new Response(stream))
    expect(sessionCookies(response)).toHaveLength(1)
    expect(pulls).toBe(0)
    expect(response.body).toBe(stream)
  })

  it('shows its first chunk while it goes on, in place as well as wrapped anew [B194]', async () => {
    for (const make of [
      (body: ReadableStream) => new Response(body),
      (body: ReadableStream) => new ImmutableResponse(body),
    ]) {
      let controller: ReadableStreamDefaultController<Uint8Array> | undefined
      const stream = new ReadableStream<Uint8Array>({
        start(started) {
          controller = started
        },
      })
      const response = await writing(make(stream))
      const reader = (response.body as ReadableStream<Uint8Array>).getReader()
      controller?.enqueue(new TextEncoder().encode('first'))
      expect(new TextDecoder().decode((await reader.read()).value)).toBe('first')
      controller?.close()
      expect((await reader.read()).done).toBe(true)
    }
  })

  it('is told when the client goes away [B194]', async () => {
    let reason: unknown
    const stream = new ReadableStream({
      cancel(given) {
        reason = given
      },
    })
    const response = await writing(new ImmutableResponse(stream))
    await response.body?.cancel('gone')
    expect(reason).toBe('gone')
  })
})

describe('Vary', () => {
  it('names Cookie when the session was read [B188]', async () => {
    expect((await reading(new Response())).headers.get('vary')).toBe('Cookie')
  })

  it('names Cookie when the session was written [B188]', async () => {
    expect((await writing(new Response())).headers.get('vary')).toBe('Cookie')
  })

  it('is left alone when the session was not asked for [B102]', async () => {
    const response = await manager().handle(visit(), () => new Response())
    expect(response.headers.has('vary')).toBe(false)
  })

  it('keeps what the handler says and names Cookie once [B188]', async () => {
    const cases = [
      ['Accept-Encoding', 'Accept-Encoding, Cookie'],
      ['Cookie', 'Cookie'],
      ['cookie', 'cookie'],
      ['Accept, COOKIE , Origin', 'Accept, COOKIE , Origin'],
      ['*', '*'],
      ['X-Cookie', 'X-Cookie, Cookie'],
      ['Cookie-Consent', 'Cookie-Consent, Cookie'],
    ] as const
    for (const [given, expected] of cases) {
      const response = await reading(new Response(null, { headers: { Vary: given } }))
      expect(response.headers.get('vary')).toBe(expected)
    }
  })
})

describe('Cache-Control of a response with a session cookie', () => {
  const cacheControl = async (value: string | undefined, more: Record<string, string> = {}): Promise<string | null> => {
    const headers = value === undefined ? more : { ...more, 'Cache-Control': value }
    return (await writing(new Response(null, { headers }))).headers.get('cache-control')
  }
  const directives = async (value: string): Promise<string[]> =>
    ((await cacheControl(value)) ?? '').split(',').map((directive) => directive.trim().toLowerCase())

  it('is no-store when the handler says nothing [B188]', async () => {
    expect(await cacheControl(undefined)).toBe('no-store')
  })

  it('is private where the handler says public or s-maxage, in any letter case [B188]', async () => {
    for (const value of [
      'public',
      'PUBLIC, max-age=60',
      'max-age=60, s-maxage=3600',
      'S-MaxAge=10',
      'public,max-age=1',
    ]) {
      const result = await directives(value)
      expect(result).toContain('private')
      expect(result.filter((directive) => /^(public|s-maxage)/.test(directive))).toEqual([])
    }
  })

  it('is private where the handler gives a bare max-age, which shared caches may use [B188]', async () => {
    const result = await directives('max-age=60, must-revalidate')
    expect(result).toContain('private')
    expect(result).toContain('max-age=60')
    expect(result).toContain('must-revalidate')
  })

  it('stays as it is where the handler says private or no-store [B188]', async () => {
    expect(await directives('private, max-age=60')).toEqual(['private', 'max-age=60'])
    expect(await directives('no-store')).toEqual(['no-store'])
    expect(await directives('no-cache, no-store, must-revalidate')).toEqual(['no-cache', 'no-store', 'must-revalidate'])
  })

  it('is private as a whole where only some fields were to be private [B188]', async () => {
    const result = await directives('private="Set-Cookie", max-age=60')
    expect(result).toContain('private')
    expect(result).toContain('max-age=60')
  })

  it('does not mistake another directive for one of these [B188]', async () => {
    const result = await directives('x-public=1, max-age=5')
    expect(result).toContain('x-public=1')
    expect(result).toContain('private')
  })

  it('is not undone by the headers that speak to a CDN alone [B188]', async () => {
    const headers = {
      'Cache-Control': 'max-age=60',
      'CDN-Cache-Control': 'max-age=3600',
      'Surrogate-Control': 'max-age=3600',
    }
    const response = await writing(new Response(null, { headers }))
    expect(response.headers.has('cdn-cache-control')).toBe(false)
    expect(response.headers.has('surrogate-control')).toBe(false)
  })

  it('is treated so for a removal cookie, too [B188]', async () => {
    const sessions = manager()
    const { cookie } = await sessions.issue({ visits: 1 })
    const response = await sessions.handle(visit(cookie), async (handle) => {
      ;(await handle.write()).destroy()
      return new Response(null, { headers: { 'Cache-Control': 'public, max-age=60' } })
    })
    expect(response.headers.get('cache-control')).not.toMatch(/public/)
    expect(response.headers.get('cache-control')).toMatch(/private/)
  })

  it('is left alone, CDN headers included, when no cookie is sent [B202]', async () => {
    const headers = { 'Cache-Control': 'public, s-maxage=60', 'CDN-Cache-Control': 'max-age=3600' }
    const response = await reading(new Response(null, { headers }))
    expect(response.headers.get('cache-control')).toBe('public, s-maxage=60')
    expect(response.headers.get('cdn-cache-control')).toBe('max-age=3600')
    const silent = await reading(new Response(null))
    expect(silent.headers.has('cache-control')).toBe(false)
  })
})

describe('one Response object that a handler returns to several visitors', () => {
  it('never carries one visitor’s cookie to another who writes [B201]', async () => {
    const sessions = manager()
    const shared = new Response(null, { status: 204, headers: { 'Set-Cookie': 'theme=dark' } })
    const first = sessionCookies(await writing(shared, sessions))
    const response = await writing(shared, sessions)
    const second = sessionCookies(response)
    expect(first).toHaveLength(1)
    expect(second).toHaveLength(1)
    expect(second).not.toEqual(first)
    expect(response.headers.getSetCookie()).toContain('theme=dark')
  })

  it('never carries one visitor’s cookie to another who reads, or who never asks [B201]', async () => {
    const sessions = manager()
    const shared = new Response(null, { status: 204, headers: { 'Set-Cookie': 'theme=dark' } })
    await writing(shared, sessions)
    const read = await reading(shared, sessions)
    expect(read.headers.getSetCookie()).toEqual(['theme=dark'])
    const untouched = await sessions.handle(visit(), () => shared)
    expect(untouched.headers.getSetCookie()).toEqual(['theme=dark'])
  })

  it('leaves each of a hundred visitors with a cookie of their own [B201, B220]', async () => {
    const sessions = manager()
    const shared = new Response(null, { status: 204 })
    const responses: string[][] = []
    for (let visitor = 0; visitor < 100; visitor++) {
      const response = await writing(shared, sessions)
      // As a server does: the headers are read as soon as the response is there.
      responses.push(sessionCookies(response))
    }
    expect(responses.every((cookies) => cookies.length === 1)).toBe(true)
    expect(new Set(responses.flat()).size).toBe(100)
  })

  it('leaves each of a hundred visitors at the same time with a cookie of their own [B201, B220]', async () => {
    const sessions = manager()
    const shared = new Response(null, { status: 204 })
    const responses = await Promise.all(Array.from({ length: 100 }, () => writing(shared, sessions)))
    const cookies = responses.map(sessionCookies)
    expect(cookies.every((own) => own.length === 1)).toBe(true)
    expect(new Set(cookies.flat()).size).toBe(100)
  })
})

describe('one Response object that several visitors of two managers get', () => {
  it('never carries one visitor’s cookies to another [B201, B217]', async () => {
    const outer = new SessionManager<Data>({ store: new MemoryStore(), secret, cookie: { name: '__Host-outer' } })
    const inner = new SessionManager<Data>({ store: new MemoryStore(), secret, cookie: { name: '__Host-inner' } })
    const shared = new Response(null, { status: 204 })
    const respond = (request: Request): Promise<Response> =>
      outer.handle(request, () => inner.handle(request, () => shared))
    const first = visit()
    for (const sessions of [outer, inner]) (await sessions.write(first)).set('visits', 1)
    expect((await respond(first)).headers.getSetCookie()).toHaveLength(2)
    expect((await respond(visit())).headers.getSetCookie()).toEqual([])
  })
})
