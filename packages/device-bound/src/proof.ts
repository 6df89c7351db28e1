import { decodeBase64url } from './base64url.js'
import type { Algorithm } from './public-key.js'

/** A proof as it came: a JWT (RFC 7519, RFC 7515), whose signature nobody has looked at yet. */
export interface Proof {
  readonly algorithm: Algorithm
  /** The public key, as the browser says it. In a registration only. */
  readonly jwk: unknown
  /** The challenge that it answers (`jti`). */
  readonly challenge: string
  /** For whom it was made, if it says so. */
  readonly audience: unknown
  /** What is signed. */
  readonly signed: string
  readonly signature: Uint8Array<ArrayBuffer>
}

/** A registration with a key of 4096 bits has some 2 000 characters. */
const MAX_LENGTH = 6000

/**
 * The proof of a `Secure-Session-Response` header, quoted (RFC 9651) or not, or `undefined` if it is none: not of this
 * form, of another type, with an algorithm that is not ours, or too long.
 */
export function parseProof(header: string | null): Proof | undefined {
  if (header === null || header.length > MAX_LENGTH) return undefined
  const [, quoted, bare] = header.match(/^\s*(?:"([\w.-]+)"|([\w.-]+))\s*(?:;.*)?$/) ?? []
  const jwt = quoted ?? bare ?? ''
  const [first = '', second = '', third = '', ...more] = jwt.split('.')
  const [head, claims, signature] = [objectIn(first), objectIn(second), decodeBase64url(third)]
  if (more.length > 0 || head === undefined || claims === undefined || !signature?.length) return undefined
  const { alg, typ, jwk, crit } = head
  if (typ !== 'dbsc+jwt' || crit !== undefined || (alg !== 'ES256' && alg !== 'RS256')) return undefined
  const { jti, aud } = claims
  if (typeof jti !== 'string') return undefined
  return { algorithm: alg, jwk, challenge: jti, audience: aud, signed: `${first}.${second}`, signature }
}

function objectIn(text: string): Record<string, unknown> | undefined {
  const bytes = decodeBase64url(text)
  if (bytes === undefined) return undefined
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    // Own properties alone, whatever `__proto__` says.
    return Object.assign(Object.create(null), value) as Record<string, unknown>
  } catch {
    return undefined
  }
}
