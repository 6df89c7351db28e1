import { decodeBase64url, encodeBase64url } from './base64url.js'

/** The signatures that browsers make with keys of their device. */
export type Algorithm = 'ES256' | 'RS256'

/** What WebCrypto has to know of each. */
const ALGORITHMS = {
  ES256: { import: { name: 'ECDSA', namedCurve: 'P-256' }, verify: { name: 'ECDSA', hash: 'SHA-256' } },
  RS256: {
    import: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
    verify: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  },
} as const

/** In bytes: a coordinate of P-256, and the moduli of 2048 to 4096 bits. */
const COORDINATE = 32
const LEAST_MODULUS = 256
const MOST_MODULUS = 512
/** 65 537, which all devices take. */
const EXPONENT = 'AQAB'

const FINGERPRINT_BYTES = 16

/** The key of one device for one binding. */
export class PublicKey {
  readonly algorithm: Algorithm
  /** The algorithm's first letter, and the key in base64url: short enough for an address. */
  readonly text: string
  readonly #jwk: JsonWebKey

  private constructor(algorithm: Algorithm, text: string, jwk: JsonWebKey) {
    this.algorithm = algorithm
    this.text = text
    this.#jwk = jwk
  }

  /** The key of a JWK for this algorithm; `undefined` for a key of another type, curve or size. */
  static ofJwk(algorithm: Algorithm, jwk: unknown): PublicKey | undefined {
    if (typeof jwk !== 'object' || jwk === null) return undefined
    const { kty, crv, x, y, n, e } = jwk as Record<string, unknown>
    if (algorithm === 'ES256') {
      const point = kty === 'EC' && crv === 'P-256' ? [bytesOf(x), bytesOf(y)] : []
      if (point.length === 0 || !point.every((bytes) => bytes?.length === COORDINATE)) return undefined
      return PublicKey.ofText(`E${x}${y}`)
    }
    return kty === 'RSA' && e === EXPONENT && bytesOf(n) !== undefined ? PublicKey.ofText(`R${n}`) : undefined
  }

  /** What `text` was before. */
  static ofText(text: string): PublicKey | undefined {
    const body = text.slice(1)
    if (text[0] === 'E') {
      // 32 bytes are 43 characters.
      const [x, y] = [body.slice(0, 43), body.slice(43)]
      if (![x, y].every((part) => bytesOf(part)?.length === COORDINATE)) return undefined
      return new PublicKey('ES256', text, { kty: 'EC', crv: 'P-256', x, y })
    }
    const modulus = text[0] === 'R' ? bytesOf(body) : undefined
    if (modulus === undefined || modulus[0] === 0) return undefined
    if (modulus.length < LEAST_MODULUS || modulus.length > MOST_MODULUS) return undefined
    return new PublicKey('RS256', text, { kty: 'RSA', n: body, e: EXPONENT })
  }

  /** Tells this key from all others. */
  async fingerprint(): Promise<string> {
    const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(this.text))
    return encodeBase64url(new Uint8Array(hash).slice(0, FINGERPRINT_BYTES))
  }

  /** Whether the holder of the private key has signed this. A key that is none, such as a point off the curve, has not. */
  async verifies(signature: Uint8Array<ArrayBuffer>, text: string): Promise<boolean> {
    const algorithm = ALGORITHMS[this.algorithm]
    try {
      const key = await crypto.subtle.importKey('jwk', this.#jwk, algorithm.import, false, ['verify'])
      return (await crypto.subtle.verify(algorithm.verify, key, signature, new TextEncoder().encode(text))) === true
    } catch {
      return false
    }
  }
}

function bytesOf(text: unknown): Uint8Array | undefined {
  return typeof text === 'string' ? decodeBase64url(text) : undefined
}
