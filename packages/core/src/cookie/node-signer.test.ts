import { describe, expect, it } from 'vitest'
import vectors from '../../../../docs/cookie-format.vectors.json' with { type: 'json' }
import { MemoryStore, SessionManager, type SessionOptions, type Signed, type Verified } from '../index.js'
import { nodeSigner } from '../node.js'
import { secret } from '../testing/secret.js'
import { cookieAfter } from '../testing/set-cookie.js'
import { visit } from '../testing/visit.js'
import { decodeBase64url, encodeBase64url } from './base64url.js'

interface Data {
  user: string
}

const older = 'o'.repeat(32)

const store = new MemoryStore()

const manager = (options: Partial<SessionOptions<Data>> = {}): SessionManager<Data> =>
  new SessionManager<Data>({ store, secret, verifiedCacheSize: 0, ...options })

describe('nodeSigner', () => {
  for (const { description, secret, token, macInput, mac, id } of vectors.token) {
    it(`makes and accepts the documented cookie: ${description}`, async () => {
      const signer = nodeSigner([new TextEncoder().encode(secret)])
      const signed = await signer.sign(decodeBase64url(token), macInput)
      expect([signed.id, encodeBase64url(signed.mac)]).toEqual([id, mac])
      expect(signer.verify(decodeBase64url(token), macInput, decodeBase64url(mac))).toEqual({ id, secret: 0 })
    })
  }

  it('accepts what WebCrypto made, and the other way round', async () => {
    const [node, web] = [manager({ signer: nodeSigner }), manager()]
    const [fromWeb, fromNode] = [await web.issue({ user: 'ada' }), await node.issue({ user: 'grace' })]
    expect((await node.read(visit(fromWeb.cookie))).get('user')).toBe('ada')
    expect((await web.read(visit(fromNode.cookie))).get('user')).toBe('grace')
  })

  it('rejects a cookie with any other MAC', async () => {
    const { cookie } = await manager().issue({ user: 'ada' })
    const forged = `${cookie.slice(0, -43)}${'A'.repeat(43)}`
    expect((await manager({ signer: nodeSigner }).read(visit(forged))).isNew).toBe(true)
  })

  it('signs anew what an older secret signed, at the next write', async () => {
    const { cookie } = await manager({ secret: older }).issue({ user: 'ada' })
    const rotated = manager({ signer: nodeSigner, secret: [secret, older] })
    const response = await rotated.handle(visit(cookie), async (session) => {
      ;(await session.write()).set('user', 'grace')
      return new Response()
    })
    const renewed = cookieAfter(response, cookie)
    expect(renewed).not.toBe(cookie)
    expect((await manager().read(visit(renewed))).get('user')).toBe('grace')
  })

  it('answers synchronously', () => {
    const signer = nodeSigner([new Uint8Array(32)])
    expect(signer.sign(new Uint8Array(32), 'sid=token')).toHaveProperty('mac')
    expect(signer.verify(new Uint8Array(32), 'sid=token', new Uint8Array(32))).toEqual({ id: '', secret: -1 })
  })
})

describe('a signer that answers with a thenable', () => {
  it('is awaited: what it does not know stays refused', async () => {
    const later = <T>(value: T): Promise<T> =>
      // biome-ignore lint/suspicious/noThenProperty: it is what the test is about
      ({ then: (resolve: (value: T) => void) => resolve(value) }) as Promise<T>
    const sessions = manager({
      signer(secrets) {
        const signer = nodeSigner(secrets)
        return {
          sign: (token, text) => later(signer.sign(token, text)) as Promise<Signed>,
          verify: (token, text, mac) => later(signer.verify(token, text, mac)) as Promise<Verified>,
        }
      },
    })
    const { cookie } = await sessions.issue({ user: 'ada' })
    expect((await sessions.read(visit(cookie))).get('user')).toBe('ada')
    expect((await sessions.read(visit(`${cookie.slice(0, -43)}${'A'.repeat(43)}`))).isNew).toBe(true)
  })
})

describe('a request that is committed twice at once', () => {
  it('gives its unused id to one other visitor at most', async () => {
    // This signer makes no identities ahead of the first, so that there is room for what is given back.
    const sessions = manager({ signer: nodeSigner })
    const request = visit()
    await sessions.read(request)
    await Promise.all([sessions.commit(request, new Response()), sessions.commit(request, new Response())])
    const next = await Promise.all(Array.from({ length: 20 }, () => sessions.read(visit())))
    expect(new Set(next.map(({ id }) => id)).size).toBe(20)
  })
})
