import { describe, expect, it } from 'vitest'
import { MemoryStore, type SessionEvent, SessionManager } from '../index.js'
import { ImmutableResponse, ImmutableUpgrade, Upgrade } from '../testing/immutable-response.js'
import { sessionCookies } from '../testing/response-cookies.js'
import { manager, reading, type Visits, writing } from '../testing/returned-response.js'
import { secret } from '../testing/secret.js'
import { visit } from '../testing/visit.js'

const url = 'https://example.com/'

describe('what the handler returned', () => {
  it('goes out with status, status text, body and headers unchanged, and the session cookie', async () => {
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

  it.each([
    ['a text', () => new Response('hello')],
    ['a typed blob', () => new Response(new Blob(['hello'], { type: 'text/x-hello' }))],
    ['bytes', () => new Response(new Uint8Array(2))],
  ])('keeps the type of %s, for which no header was set', async (_, respond) => {
    const [plain, dressed] = [respond(), await writing(respond())]
    expect(sessionCookies(dressed)).toHaveLength(1)
    expect((await dressed.blob()).type).toBe((await plain.blob()).type)
  })

  it.each(['Zoë', 'Zo👋', 'a \ufffd', '\ufeffZoe'])(
    'is a text with letters beyond ASCII, and stays one: %j',
    async (text) => {
      const constant = new Response(text)
      const response = await writing(constant)
      for (const { headers } of [response, constant]) {
        expect(headers.get('content-type')?.toLowerCase()).toBe('text/plain;charset=utf-8')
      }
      expect(sessionCookies(response)).toHaveLength(1)
      expect(new Uint8Array(await response.arrayBuffer())).toEqual(new TextEncoder().encode(text))
    },
  )

  it.each([
    ['bytes that are no UTF-8', () => new Response(new Uint8Array([0, 255, 254]))],
    ['a blob of such', () => new Response(new Blob([new Uint8Array([0, 255, 254])]))],
    ['bytes in ASCII', () => new Response(new Uint8Array([65, 66]))],
    ['nothing', () => new Response(null)],
    ['a stream', () => new Response(new ReadableStream())],
  ])('is given no type where it has none: %s', async (_, respond) => {
    const response = await writing(respond())
    expect([response.headers.get('content-type'), sessionCookies(response).length]).toEqual([null, 1])
  })

  it('is not kept in memory while it is streamed', async () => {
    let isCancelled = false
    const body = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(8)),
      cancel: () => {
        isCancelled = true
      },
    })
    const reader = (await writing(new Response(body))).body?.getReader()
    await reader?.read()
    // Of a clone, the other one would go on.
    await reader?.cancel()
    expect(isCancelled).toBe(true)
  })

  it('is never changed where a cookie goes out: it may be a constant that serves everybody', async () => {
    const constant = new Response('hello', { headers: { 'X-Own': 'kept' } })
    const response = await writing(constant)
    expect(response).not.toBe(constant)
    expect(sessionCookies(response)).toHaveLength(1)
    // Bun does not list the type of a text.
    expect([...constant.headers.keys()].filter((name) => name !== 'content-type')).toEqual(['x-own'])
    expect([response.headers.get('x-own'), await response.text()]).toEqual(['kept', 'hello'])
  })

  it('is the very same object where no cookie goes out and its headers can be changed', async () => {
    const original = new Response('hello')
    expect(await reading(original)).toBe(original)
    expect(original.headers.get('vary')).toBe('Cookie')
  })

  it('is asked for its status and headers alone where no cookie goes out: light responses have them at hand', async () => {
    const asked = new Set<PropertyKey>()
    const response = new Response('hello')
    // For anything else, `@hono/node-server` makes a heavy response of its light one, which takes several times as long.
    const light = new Proxy(response, {
      get(target, name) {
        asked.add(name)
        return Reflect.get(target, name, target)
      },
    })
    expect(await reading(light)).toBe(light)
    expect([...asked].filter((name) => typeof name === 'string' && name !== 'then')).toEqual(['headers', 'status'])
  })

  it('keeps its own cookies, each as it was, in their order, and ours comes on top', async () => {
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

  it('keeps several cookies apart when it has to be wrapped anew', async () => {
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

  it('carries at most one session cookie, however often the session was saved and regenerated', async () => {
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

  it('carries only the removal cookie when the session was saved, regenerated and then destroyed', async () => {
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

  it('has no Set-Cookie header at all when there is nothing to send', async () => {
    const response = await reading(new Response('hello'))
    expect(response.headers.has('set-cookie')).toBe(false)
    expect(response.headers.getSetCookie()).toEqual([])
  })

  it('must be a response: a TypeError says so, and nothing is stored', async () => {
    const store = new MemoryStore()
    const sessions = new SessionManager<Visits>({ store, secret })
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
  it('as Response.redirect makes it goes out with the cookie, the same status and Location', async () => {
    for (const status of [301, 302, 303, 307, 308]) {
      const response = await writing(Response.redirect('https://example.com/home', status))
      expect(response.status).toBe(status)
      expect(response.headers.get('location')).toBe('https://example.com/home')
      expect(sessionCookies(response)).toHaveLength(1)
    }
  })

  it('as Response.redirect makes it carries the removal cookie', async () => {
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

  it('as fetch returns it goes out with the cookie and its whole body', async () => {
    const fetched = await fetch('data:text/plain;charset=utf-8,from%20upstream')
    const response = await writing(fetched)
    expect(sessionCookies(response)).toHaveLength(1)
    expect(response.headers.get('content-type')).toBe('text/plain;charset=utf-8')
    expect(await response.text()).toBe('from upstream')
  })

  it('keeps its body as the very same stream', async () => {
    const stream = new ReadableStream()
    const response = await writing(new ImmutableResponse(stream, { status: 203, headers: { 'X-From': 'upstream' } }))
    expect(response.body).toBe(stream)
    expect(response.status).toBe(203)
    expect(response.headers.get('x-from')).toBe('upstream')
    expect(sessionCookies(response)).toHaveLength(1)
  })

  it('still gets Vary when the session was only read, and no cookie', async () => {
    const response = await reading(Response.redirect('https://example.com/home', 302))
    expect(response.status).toBe(302)
    expect(response.headers.get('vary')).toBe('Cookie')
    expect(response.headers.has('set-cookie')).toBe(false)
  })

  it('is handed back as it is when the session was not asked for', async () => {
    const redirect = Response.redirect('https://example.com/home', 302)
    expect(await manager().handle(visit(), () => redirect)).toBe(redirect)
  })
})

describe('a response that can not carry a cookie', () => {
  it('such as Response.error() passes through, the data is stored, and an event tells', async () => {
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

  it('such as Response.error() passes through without an event when no cookie was due', async () => {
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

  it('such as one that says that the answer has gone out already passes through, with an event', async () => {
    const events: SessionEvent[] = []
    const sent = new Response(null, { headers: { 'x-hono-already-sent': 'true' } })
    expect(await writing(sent, manager(events))).toBe(sent)
    expect(sessionCookies(sent)).toEqual([])
    expect(events).toContainEqual(expect.objectContaining({ type: 'dropped', reason: 'response' }))
  })

  it('such as a 101 with immutable headers passes through, with an event', async () => {
    const events: SessionEvent[] = []
    const upgrade = new ImmutableUpgrade(null)
    expect(await writing(upgrade, manager(events))).toBe(upgrade)
    expect(events).toContainEqual(expect.objectContaining({ type: 'dropped', reason: 'response' }))
  })

  it('such as a used body behind immutable headers passes through, with an event', async () => {
    const events: SessionEvent[] = []
    const used = new ImmutableResponse('read already')
    await used.text()
    expect(await writing(used, manager(events))).toBe(used)
    expect(events).toContainEqual(expect.objectContaining({ type: 'dropped', reason: 'response' }))
  })
})

describe('unusual responses', () => {
  it('101: takes the cookie on a new one, or passes through with an event where the platform can make none', async () => {
    const events: SessionEvent[] = []
    const upgrade = new Upgrade(null)
    const response = await writing(upgrade, manager(events))
    expect(sessionCookies(upgrade)).toEqual([])
    const isSent = sessionCookies(response).length === 1
    expect(isSent).toBe(response !== upgrade)
    expect(events.some((event) => event.type === 'dropped' && event.reason === 'response')).toBe(!isSent)
  })

  it('101: gets Vary in place when the session was only read, and keeps its WebSocket', async () => {
    const upgrade = new Upgrade(null)
    expect(await reading(upgrade)).toBe(upgrade)
    expect(upgrade.headers.get('vary')).toBe('Cookie')
  })

  it('a body that was used already passes through without a cookie, with an event', async () => {
    const events: SessionEvent[] = []
    const used = new Response('read already')
    await used.text()
    expect(await writing(used, manager(events))).toBe(used)
    expect(sessionCookies(used)).toEqual([])
    expect(events).toContainEqual(expect.objectContaining({ type: 'dropped', reason: 'response' }))
  })

  it('a body that is locked passes through without a cookie, with an event, and its reader reads on', async () => {
    const events: SessionEvent[] = []
    const locked = new Response('being read')
    const reader = (locked.body as ReadableStream<Uint8Array>).getReader()
    expect(await writing(locked, manager(events))).toBe(locked)
    expect(sessionCookies(locked)).toEqual([])
    expect(events).toContainEqual(expect.objectContaining({ type: 'dropped', reason: 'response' }))
    const { value } = await reader.read()
    expect(new TextDecoder().decode(value)).toBe('being read')
  })

  it('204, 205 and 304 have no body and take the cookie', async () => {
    for (const status of [204, 205, 304]) {
      const response = await writing(new Response(null, { status }))
      expect(response.status).toBe(status)
      expect(response.body).toBe(null)
      expect(sessionCookies(response)).toHaveLength(1)
    }
  })

  it('204 and 304 with immutable headers take it as well', async () => {
    for (const status of [204, 304]) {
      const response = await writing(new ImmutableResponse(null, { status }))
      expect(response.status).toBe(status)
      expect(response.body).toBe(null)
      expect(sessionCookies(response)).toHaveLength(1)
    }
  })

  it('the answer to a HEAD request takes the cookie and stays without a body', async () => {
    const sessions = manager()
    const response = await sessions.handle(new Request(url, { method: 'HEAD' }), async (handle) => {
      ;(await handle.write()).set('visits', 1)
      return new Response(null, { headers: { 'Content-Length': '1000' } })
    })
    expect(response.body).toBe(null)
    expect(response.headers.get('content-length')).toBe('1000')
    expect(sessionCookies(response)).toHaveLength(1)
  })

  it('a 5xx that the handler returned is committed like any other', async () => {
    const sessions = manager()
    const response = await writing(new Response('sorry', { status: 503 }), sessions)
    expect(response.status).toBe(503)
    const [cookie] = sessionCookies(response)
    expect((await sessions.read(visit(cookie?.split(';')[0]))).get('visits')).toBe(1)
  })

  it('the body of the request is left to the handler', async () => {
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
  it('is handed on before its first chunk is made, with the cookie in its headers', async () => {
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

  it('shows its first chunk while it goes on, in place as well as wrapped anew', async () => {
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

  it('is told when the client goes away', async () => {
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

describe('what came from fetch, on Deno, where it is decoded and says how it was encoded', () => {
  /** As Deno's `fetch` gives it. */
  async function passedOn(url: string, encoding: string): Promise<Response> {
    const here = globalThis as { Deno?: unknown }
    const isDeno = 'Deno' in here
    if (!isDeno) here.Deno = {}
    try {
      const fetched = new ImmutableResponse('decoded', {
        headers: { 'Content-Type': 'text/plain', 'Content-Encoding': encoding, 'Content-Length': '39', ETag: '"1"' },
      })
      Object.defineProperty(fetched, 'url', { value: url })
      return await writing(fetched)
    } finally {
      if (!isDeno) delete here.Deno
    }
  }

  it('goes out as what it is', async () => {
    for (const encoding of ['gzip', 'br', 'GZIP']) {
      const { headers } = await passedOn(url, encoding)
      expect([headers.get('content-encoding'), headers.get('content-length')]).toEqual([null, null])
      expect(headers.get('etag')).toBe('"1"')
    }
  })

  it('stays encoded where Deno does not decode it, and where the handler has encoded it itself', async () => {
    for (const response of [await passedOn(url, 'zstd'), await passedOn('', 'gzip')]) {
      expect(response.headers.get('content-encoding')).not.toBeNull()
      expect(response.headers.get('content-length')).toBe('39')
    }
  })
})
