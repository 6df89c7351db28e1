import type { AddressInfo } from 'node:net'
import { MemoryStore, type SessionEvent, SessionManager } from '@fetch-sessions/core'
import { type HttpBindings, serve } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { secret } from '../../core/src/testing/secret.js'
import { session } from './index.js'

const NativeResponse = globalThis.Response

/**
 * Hono's server on Node, with a handler of each request. It puts a `Response` of its own in the place of Node's. `look` is
 * given what goes to the server.
 */
async function serving(
  respond: () => Response,
  use: (origin: string) => Promise<void>,
  look: (response: Response) => void = () => {},
): Promise<void> {
  const sessions = new SessionManager<{ count: number }>({ store: new MemoryStore(), secret })
  const handler = async (request: Request): Promise<Response> => {
    const response = await sessions.handle(request, async (handle) => {
      const session = await handle.write()
      session.update('count', (n = 0) => n + 1)
      return respond()
    })
    look(response)
    return response
  }
  const server = serve({ fetch: handler, port: 0, hostname: '127.0.0.1' })
  await new Promise((resolve) => server.once('listening', resolve))
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  } finally {
    server.close()
  }
}

describe("the Response of Hono's server on Node", () => {
  it.each([
    ['a text', () => new Response('grüß dich'), 'grüß dich', 'text/plain; charset=UTF-8'],
    ['an empty text', () => new Response(''), '', 'text/plain; charset=UTF-8'],
    ['JSON', () => Response.json({ a: 1 }), '{"a":1}', 'application/json'],
    ['bytes', () => new Response(new TextEncoder().encode('bytes')), 'bytes', 'text/plain; charset=UTF-8'],
    ['a blob', () => new Response(new Blob(['blob'], { type: 'text/x-own' })), 'blob', undefined],
    ['a stream', () => new Response(new Blob(['stream']).stream()), 'stream', undefined],
    ['headers of its own', () => new Response('x', { headers: [['content-type', 'text/html']] }), 'x', 'text/html'],
    ['a body that was looked at', () => lookedAt(new Response('seen')), 'seen', undefined],
    ["Node's own", () => new NativeResponse('native'), 'native', undefined],
  ])('goes out with the cookie and all that it had: %s', async (_, respond, text, type) => {
    await serving(respond, async (origin) => {
      const response = await fetch(origin)
      expect(response.headers.getSetCookie()).toHaveLength(1)
      expect(response.headers.get('cache-control')).toBe('no-store')
      expect(response.headers.get('vary')).toBe('Cookie')
      if (type !== undefined) expect(response.headers.get('content-type')?.toLowerCase()).toBe(type.toLowerCase())
      expect(await response.text()).toBe(text)
    })
  })

  it.each([
    ['a redirect', () => Response.redirect('https://example.com/next', 303), 303],
    ['nothing', () => new Response(null, { status: 204, headers: { 'X-Own': 'kept' } }), 204],
  ])('goes out with the cookie where it has no body: %s', async (_, respond, status) => {
    await serving(respond, async (origin) => {
      const response = await fetch(origin, { redirect: 'manual' })
      expect(response.status).toBe(status)
      expect(response.headers.getSetCookie()).toHaveLength(1)
      expect(await response.text()).toBe('')
    })
  })

  it.each([
    ['without headers', {}],
    ['with headers', { headers: new Headers({ 'X-Own': 'kept' }) }],
    ['whose headers were looked at', { headers: new Headers({ 'X-Own': 'kept' }), isRead: true }],
  ])('is never changed: one text that serves everybody, %s', async (_, { isRead, ...init }: Shared) => {
    let constant: Response | undefined
    const respond = (): Response => {
      constant ??= new Response('for all', init)
      if (isRead) constant.headers.get('x-own')
      return constant
    }
    await serving(respond, async (origin) => {
      const responses = await Promise.all(Array.from({ length: 20 }, () => fetch(origin)))
      const cookies = responses.map((response) => response.headers.getSetCookie())
      expect(cookies.every((lines) => lines.length === 1)).toBe(true)
      expect(new Set(cookies.flat()).size).toBe(20)
      for (const response of responses) {
        expect(await response.text()).toBe('for all')
        expect(response.headers.get('x-own')).toBe(init.headers ? 'kept' : null)
      }
      expect(constant?.headers.has('set-cookie')).toBe(false)
      expect(init.headers?.has('set-cookie') ?? false).toBe(false)
    })
  })

  it('keeps its status text', async () => {
    let shown: string | undefined
    const respond = (): Response => new Response('tea', { status: 418, statusText: 'Short and stout' })
    const use = async (origin: string): Promise<void> => {
      const response = await fetch(origin)
      expect([response.status, await response.text()]).toEqual([418, 'tea'])
      expect(response.headers.getSetCookie()).toHaveLength(1)
    }
    await serving(respond, use, (response) => (shown = response.statusText))
    expect(shown).toBe('Short and stout')
  })

  it.each([
    ['a text', () => new Response('text')],
    ['nothing', () => new Response(null)],
  ])('is still one that the server sends without a stream: %s', async (_, respond) => {
    const use = async (origin: string): Promise<void> => void (await fetch(origin))
    let sent: Response | undefined
    await serving(respond, use, (response) => (sent = response))
    expect(sent?.headers.getSetCookie()).toHaveLength(1)
    // What the server looks for.
    expect(Object.getOwnPropertySymbols(sent).map(({ description }) => description)).toContain('cache')
  })
})

describe('a handler that answers by itself, by what Node has,', () => {
  it.each(['untouched', 'read', 'changed'])('keeps its answer, and an event tells of the cookie: %s', async (what) => {
    const events: SessionEvent[] = []
    const onEvent = (event: SessionEvent): unknown => events.push(event)
    const sessions = new SessionManager<{ count: number }>({ store: new MemoryStore(), secret, onEvent })
    const app = new Hono<{ Bindings: HttpBindings }>().use(session(sessions)).get('/', async (c) => {
      if (what === 'read') await c.var.session.read()
      if (what === 'changed') (await c.var.session.write()).set('count', 1)
      const { outgoing } = c.env
      outgoing.writeHead(200, { 'Content-Type': 'text/plain' })
      outgoing.write('one ')
      // The server knows Node's own alone, and another test may have put its own in the place of that before.
      return lookedAt(RESPONSE_ALREADY_SENT)
    })
    const answering = async (request: Request, env: unknown): Promise<Response> => {
      const response = await app.fetch(request, env as HttpBindings)
      setTimeout(() => (env as HttpBindings).outgoing.end('two'))
      return response
    }
    const server = serve({ fetch: answering, port: 0, hostname: '127.0.0.1' })
    await new Promise((resolve) => server.once('listening', resolve))
    try {
      const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
      expect([response.status, await response.text(), response.headers.getSetCookie()]).toEqual([200, 'one two', []])
    } finally {
      server.close()
    }
    const dropped = events.filter(({ type }) => type === 'dropped')
    expect(dropped).toEqual(what === 'changed' ? [expect.objectContaining({ reason: 'response' })] : [])
  })
})

interface Shared {
  headers?: Headers
  isRead?: boolean
}

function lookedAt(response: Response): Response {
  void response.body
  return response
}
