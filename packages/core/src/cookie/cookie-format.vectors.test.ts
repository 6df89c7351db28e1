import { afterEach, describe, expect, it, vi } from 'vitest'
import vectors from '../../../../docs/cookie-format.vectors.json' with { type: 'json' }
import { SessionManager } from '../manager.js'
import { MemoryStore } from '../store/memory-store.js'
import { decodeBase64url } from './base64url.js'
import { CookieStore } from './cookie-store.js'

/** 2026-01-01, the moment at which the records of the vectors were made. */
const NOW = Date.UTC(2026, 0, 1)

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))
}

/** Random bytes are those of the vector that has as many. */
function fixRandomness(...chosen: string[]): void {
  vi.spyOn(crypto, 'getRandomValues').mockImplementation((array) => {
    const bytes = chosen.map(fromHex).find(({ length }) => length === array?.byteLength)
    if (bytes === undefined) throw new Error('Nothing else should be random')
    ;(array as unknown as Uint8Array).set(bytes)
    return array
  })
}

function withCookie(cookie: string): Request {
  return new Request('https://app.example/', { headers: { cookie } })
}

/** A vector of a record cookie. The data's keys differ from one to the next. */
interface RecordVector {
  description: string
  /** Left out: true. */
  isMade?: boolean
  secret: string
  name: string
  now: number
  data: Record<string, unknown>
  owner?: string
  idHex: string
  id: string
  /** None for a cookie that is signed only. */
  ivHex?: string
  plaintext: string
  cookie: string
}

afterEach(() => {
  vi.restoreAllMocks()
})

describe('a token cookie of docs/cookie-format.md', () => {
  function managerFor({ secret, name }: { secret: string; name: string }, store = new MemoryStore()): SessionManager {
    return new SessionManager({ store, secret, cookie: { name }, now: () => NOW })
  }

  it.each(vectors.token)('is what core makes: $description', async (vector) => {
    fixRandomness(vector.tokenHex)
    expect(await managerFor(vector).issue({ count: 1 })).toMatchObject({ id: vector.id, cookie: vector.cookie })
  })

  it.each(vectors.token)('opens the record under the id of its vector: $description', async (vector) => {
    const store = new MemoryStore()
    const times = { createdAt: NOW, expiresAt: NOW + 60_000 }
    store.useClock(() => NOW)
    store.create(vector.id, { data: '{"count":1}', ...times, owner: undefined, version: 1 })
    const session = await managerFor(vector, store).read(withCookie(vector.cookie))
    expect(session.id).toBe(vector.id)
    expect(session.get('count')).toBe(1)
  })

  it.each(vectors.token)('has the parts that its vector says: $description', (vector) => {
    const { cookie, name, token, tokenHex, mac, macHex, macInput } = vector
    expect(cookie).toBe(`${name}=${token}.${mac}`)
    expect(macInput).toBe(`${name}=${token}`)
    expect(hex(decodeBase64url(token) as Uint8Array)).toBe(tokenHex)
    expect(hex(decodeBase64url(mac) as Uint8Array)).toBe(macHex)
  })

  it.each(vectors.rejected)('is not taken with $why', async ({ secret, name, cookie }) => {
    const store = new MemoryStore({ now: () => NOW })
    const load = vi.spyOn(store, 'load')
    const session = await managerFor({ secret, name }, store).read(withCookie(cookie))
    expect(session.isNew).toBe(true)
    expect(load).not.toHaveBeenCalled()
  })
})

describe('the successor of a token in docs/cookie-format.md', () => {
  it.each(vectors.successor)('is where core goes on to: $description', async (vector) => {
    const { secret, name, token, nonce, next, nextHex, macInput, id, cookie } = vector
    expect(macInput).toBe(`${token}.${nonce}`)
    expect(hex(decodeBase64url(next) as Uint8Array)).toBe(nextHex)
    const store = new MemoryStore()
    const sessions = new SessionManager({ store, secret, cookie: { name }, now: () => NOW })
    const old = vectors.token.find((candidate) => candidate.token === token && candidate.name === name)
    const times = { createdAt: NOW, expiresAt: NOW + 60_000, owner: undefined, version: 1 }
    store.create(id, { ...times, data: '{"count":1}' })
    const meta = JSON.stringify({ idle: 60, superseded: { id, nonce, until: NOW + 1000 } })
    store.create(old?.id ?? '', { ...times, data: '', meta })
    const response = await sessions.handle(withCookie(old?.cookie ?? ''), async (handle) => {
      expect((await handle.read()).get('count')).toBe(1)
      return new Response()
    })
    expect(response.headers.getSetCookie()[0]?.split(';')[0]).toBe(cookie)
  })
})

describe.each<{ format: string; encrypt: boolean; all: RecordVector[] }>([
  { format: 'an encrypted', encrypt: true, all: vectors.encrypted },
  { format: 'a signed', encrypt: false, all: vectors.signed },
])('$format record cookie of docs/cookie-format.md', ({ encrypt, all }) => {
  function managerFor({ secret, now }: RecordVector, name: string): SessionManager {
    return new SessionManager({ store: new CookieStore({ encrypt }), secret, cookie: { name }, now: () => now })
  }

  it.each(all.filter(({ isMade = true }) => isMade))('is what core makes: $description', async (vector) => {
    const { idHex, ivHex = '', data, owner, id, cookie, name } = vector
    fixRandomness(idHex, ivHex)
    expect(await managerFor(vector, name).issue(data, owner ? { owner } : {})).toMatchObject({ id, cookie })
  })

  it.each(all)('is opened by core: $description', async (vector) => {
    const session = await managerFor(vector, vector.name).read(withCookie(vector.cookie))
    expect(session.id).toBe(vector.id)
    expect(session.toJSON()).toEqual(vector.data)
    expect(session.owner).toBe(vector.owner)
    expect(session.expiresAt.getTime()).toBe(JSON.parse(vector.plaintext).expiresAt)
  })

  it.each(all)('opens nothing under another name: $description', async (vector) => {
    const value = vector.cookie.slice(vector.name.length)
    const session = await managerFor(vector, 'other').read(withCookie(`other${value}`))
    expect(session.isNew).toBe(true)
  })
})
