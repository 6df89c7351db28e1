import { describe, expect, it } from 'vitest'
import { MemoryStore, SessionManager } from '../index.js'
import { sessionCookies } from '../testing/response-cookies.js'
import { manager, reading, type Visits, writing } from '../testing/returned-response.js'
import { secret } from '../testing/secret.js'
import { visit } from '../testing/visit.js'

describe('Vary', () => {
  it('names Cookie when the session was read', async () => {
    expect((await reading(new Response())).headers.get('vary')).toBe('Cookie')
  })

  it('names Cookie when the session was written', async () => {
    expect((await writing(new Response())).headers.get('vary')).toBe('Cookie')
  })

  it('is left alone when the session was not asked for', async () => {
    const response = await manager().handle(visit(), () => new Response())
    expect(response.headers.has('vary')).toBe(false)
  })

  it('keeps what the handler says and names Cookie once', async () => {
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

  it('is no-store when the handler says nothing', async () => {
    expect(await cacheControl(undefined)).toBe('no-store')
  })

  it('is private where the handler says public or s-maxage, in any letter case', async () => {
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

  it('is private where the handler gives a bare max-age, which shared caches may use', async () => {
    const result = await directives('max-age=60, must-revalidate')
    expect(result).toContain('private')
    expect(result).toContain('max-age=60')
    expect(result).toContain('must-revalidate')
  })

  it('stays as it is where the handler says private or no-store', async () => {
    expect(await directives('private, max-age=60')).toEqual(['private', 'max-age=60'])
    expect(await directives('no-store')).toEqual(['no-store'])
    expect(await directives('no-cache, no-store, must-revalidate')).toEqual(['no-cache', 'no-store', 'must-revalidate'])
  })

  it('is private as a whole where only some fields were to be private', async () => {
    const result = await directives('private="Set-Cookie", max-age=60')
    expect(result).toContain('private')
    expect(result).toContain('max-age=60')
  })

  it('does not mistake another directive for one of these', async () => {
    const result = await directives('x-public=1, max-age=5')
    expect(result).toContain('x-public=1')
    expect(result).toContain('private')
  })

  const vendors = [
    'CDN-Cache-Control',
    'Vercel-CDN-Cache-Control',
    'Netlify-CDN-Cache-Control',
    'Cloudflare-CDN-Cache-Control',
    'Fastly-CDN-Cache-Control',
    'Akamai-CDN-Cache-Control',
    'Akamai-Cache-Control',
    'Surrogate-Control',
    'Fastly-Surrogate-Control',
    'Edge-Control',
    'X-Accel-Expires',
    'X-LiteSpeed-Cache-Control',
  ]
  it.each(vendors)('is not undone by what speaks to a CDN alone: %s', async (name) => {
    const headers = { 'Cache-Control': 'max-age=60', [name]: 'max-age=3600', 'X-Own': 'kept' }
    const response = await writing(new Response(null, { headers }))
    expect([response.headers.get(name), response.headers.get('x-own')]).toEqual([null, 'kept'])
    expect(response.headers.get('cache-control')).toBe('private, max-age=60')
    expect((await reading(new Response(null, { headers }))).headers.get(name)).toBe('max-age=3600')
  })

  it.each([
    'CDN-Cache-Control',
    'Vercel-CDN-Cache-Control',
    'Netlify-CDN-Cache-Control',
    'Cloudflare-CDN-Cache-Control',
    'Fastly-CDN-Cache-Control',
    'Akamai-CDN-Cache-Control',
    'Surrogate-Control',
    'Edge-Control',
    'X-Accel-Expires',
    'X-LiteSpeed-Cache-Control',
  ])('is not undone by %s, in any letter case', async (name) => {
    for (const spelt of [name, name.toLowerCase(), name.toUpperCase()]) {
      const headers = { [spelt]: 'max-age=3600', 'X-CDN-Cache-Control-Note': 'kept', 'X-Edge-Control': 'kept' }
      const response = await writing(new Response(null, { headers }))
      expect(response.headers.has(name)).toBe(false)
      expect(response.headers.get('x-cdn-cache-control-note')).toBe('kept')
    }
  })

  it('is treated so for a removal cookie, too', async () => {
    const sessions = manager()
    const { cookie } = await sessions.issue({ visits: 1 })
    const response = await sessions.handle(visit(cookie), async (handle) => {
      ;(await handle.write()).destroy()
      return new Response(null, { headers: { 'Cache-Control': 'public, max-age=60' } })
    })
    expect(response.headers.get('cache-control')).not.toMatch(/public/)
    expect(response.headers.get('cache-control')).toMatch(/private/)
  })

  it.each(vendors)('is not undone by %s where a cookie is removed, nor on headers by hand', async (name) => {
    const sessions = manager()
    const caching = { 'Cache-Control': 'public, max-age=60', [name]: 'max-age=3600' }
    const { cookie } = await sessions.issue({ visits: 1 })
    const removed = await sessions.handle(visit(cookie), async (handle) => {
      ;(await handle.write()).destroy()
      return new Response(null, { headers: caching })
    })
    const [set, gone, read] = [new Headers(caching), new Headers(caching), new Headers(caching)]
    const fresh = sessions.open('')
    ;(await fresh.write()).set('visits', 1)
    await sessions.commitHeaders(fresh, set)
    const ended = sessions.open((await sessions.issue({ visits: 1 })).cookie)
    ;(await ended.write()).destroy()
    await sessions.commitHeaders(ended, gone)
    const shown = sessions.open('')
    await shown.read()
    await sessions.commitHeaders(shown, read)
    for (const headers of [removed.headers, set, gone]) {
      expect([headers.getSetCookie().length, headers.get(name), headers.get('cache-control')]).toEqual([
        1,
        null,
        'private, max-age=60',
      ])
    }
    expect([read.get(name), read.get('cache-control')]).toEqual(['max-age=3600', 'public, max-age=60'])
  })

  it('is left alone, CDN headers included, when no cookie is sent', async () => {
    const headers = { 'Cache-Control': 'public, s-maxage=60', 'CDN-Cache-Control': 'max-age=3600' }
    const response = await reading(new Response(null, { headers }))
    expect(response.headers.get('cache-control')).toBe('public, s-maxage=60')
    expect(response.headers.get('cdn-cache-control')).toBe('max-age=3600')
    const silent = await reading(new Response(null))
    expect(silent.headers.has('cache-control')).toBe(false)
  })
})

describe('one Response object that a handler returns to several visitors', () => {
  it('never carries one visitor’s cookie to another who writes', async () => {
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

  it('never carries one visitor’s cookie to another who reads, or who never asks', async () => {
    const sessions = manager()
    const shared = new Response(null, { status: 204, headers: { 'Set-Cookie': 'theme=dark' } })
    await writing(shared, sessions)
    const read = await reading(shared, sessions)
    expect(read.headers.getSetCookie()).toEqual(['theme=dark'])
    const untouched = await sessions.handle(visit(), () => shared)
    expect(untouched.headers.getSetCookie()).toEqual(['theme=dark'])
  })

  it('leaves each of a hundred visitors with a cookie of their own', async () => {
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

  it('leaves each of a hundred visitors at the same time with a cookie of their own', async () => {
    const sessions = manager()
    const shared = new Response(null, { status: 204 })
    const responses = await Promise.all(Array.from({ length: 100 }, () => writing(shared, sessions)))
    const cookies = responses.map((response) => sessionCookies(response))
    expect(cookies.every((own) => own.length === 1)).toBe(true)
    expect(new Set(cookies.flat()).size).toBe(100)
  })
})

describe('one Response object that several visitors of two managers get', () => {
  it('never carries one visitor’s cookies to another', async () => {
    const outer = new SessionManager<Visits>({ store: new MemoryStore(), secret, cookie: { name: '__Host-outer' } })
    const inner = new SessionManager<Visits>({ store: new MemoryStore(), secret, cookie: { name: '__Host-inner' } })
    const shared = new Response(null, { status: 204 })
    const respond = (request: Request): Promise<Response> =>
      outer.handle(request, () => inner.handle(request, () => shared))
    const first = visit()
    for (const sessions of [outer, inner]) (await sessions.write(first)).set('visits', 1)
    expect((await respond(first)).headers.getSetCookie()).toHaveLength(2)
    expect((await respond(visit())).headers.getSetCookie()).toEqual([])
  })
})
