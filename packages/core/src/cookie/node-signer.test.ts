import { describe, expect, it } from 'vitest'
import vectors from '../../../../docs/cookie-format.vectors.json' with { type: 'json' }
import { MemoryStore, SessionManager, type SessionOptions } from '../index.js'
import { nodeSigner } from '../node.js'
import { cookieAfter } from '../testing/response-cookies.js'
import { secret } from '../testing/secret.js'
import { visit } from '../testing/visit.js'
import { decodeBase64url, encodeBase64url } from './base64url.js'

interface Data {
  user: string
}

const older = `an older ${secret}`

const utf8 = new TextEncoder()
const store = new MemoryStore()

const manager = (options: Partial<SessionOptions<Data>> = {}): SessionManager<Data> =>
  new SessionManager<Data>({ store, secret, verifiedCacheSize: 0, ...options })

describe('nodeSigner', () => {
  it.each(vectors.token)('makes and accepts the documented cookie: $description', async (vector) => {
    const signer = nodeSigner([utf8.encode(older), utf8.encode(vector.secret)])
    const mac = decodeBase64url(vector.mac) as Uint8Array<ArrayBuffer>
    expect(signer.verify(vector.macInput, mac, 0)).toBe(false)
    expect(signer.verify(vector.macInput, mac, 1)).toBe(true)
    expect(encodeBase64url(await nodeSigner([utf8.encode(vector.secret)]).sign(vector.macInput))).toBe(vector.mac)
  })

  it.each(vectors.successor)('makes the documented successor: $description', async ({ secret, token, nonce, next }) => {
    const signer = nodeSigner([utf8.encode(older), utf8.encode(secret)])
    expect(encodeBase64url(await signer.succeed(`${token}.${nonce}`, 1))).toBe(next)
  })

  it.each([1, 3, 8, 100])('is asked eight times at most for one request: with %d forged cookies', async (count) => {
    let verifications = 0
    const sessions = manager({
      secret: Array.from({ length: 8 }, (_, index) => `secret number ${index}, ${secret}`),
      signer(secrets) {
        const signer = nodeSigner(secrets)
        const verify: typeof signer.verify = (...args) => {
          verifications++
          return signer.verify(...args)
        }
        return { ...signer, verify }
      },
    })
    const text = (at: number): string => encodeBase64url(new Uint8Array(32).fill(at))
    const forged = Array.from({ length: count }, (_, index) => `__Host-sid=${text(index)}.${text(index)}`)
    expect((await sessions.read(visit(forged.join('; ')))).isNew).toBe(true)
    expect(verifications).toBe(8)
  })

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
    expect(signer.sign('sid=token')).toHaveProperty('length', 32)
    expect(signer.succeed('token.nonce', 0)).toHaveProperty('length', 32)
    expect(signer.verify('sid=token', new Uint8Array(32), 0)).toBe(false)
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
          sign: (text) => later(signer.sign(text)) as Promise<Uint8Array>,
          verify: (text, mac, secret) => later(signer.verify(text, mac, secret)) as Promise<boolean>,
          succeed: (text, secret) => later(signer.succeed(text, secret)) as Promise<Uint8Array>,
        }
      },
    })
    const { cookie } = await sessions.issue({ user: 'ada' })
    expect((await sessions.read(visit(cookie))).get('user')).toBe('ada')
    expect((await sessions.read(visit(`${cookie.slice(0, -43)}${'A'.repeat(43)}`))).isNew).toBe(true)
  })
})
