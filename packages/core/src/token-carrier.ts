import { decodeBase64url, encodeBase64url } from './base64url.js'
import type { Carrier, Identity } from './carrier.js'
import type { KeyRing } from './key-ring.js'
import type { Awaitable, SessionStore } from './store.js'

const TOKEN_BYTES = 32
const TOKEN_LENGTH = 43
/** Two times 32 bytes in base64url. 43 characters have two bits to spare, and canonical text leaves them 0. */
const WELL_FORMED = /^[\w-]{42}[AEIMQUYcgkosw048]\.[\w-]{42}[AEIMQUYcgkosw048]$/

interface TokenIdentity extends Identity {
  readonly token: string
  /** The cookie value, signed with the first secret unless `stale`. */
  readonly value: string
}

const utf8 = new TextEncoder()

/**
 * The cookie is `<token>.<mac>`: 32 random bytes and HMAC-SHA256 over `<cookie name>=<token>`. The store's key is the
 * SHA-256 of the token. See docs/cookie-format.md.
 */
export class TokenCarrier implements Carrier {
  readonly store: SessionStore
  readonly #ring: KeyRing
  readonly #cookieName: string
  readonly #cacheSize: number
  /** Values that verified before, so that a visitor's next request costs no crypto. Only whole, verified values enter. */
  readonly #verified: Map<string, TokenIdentity> = new Map()
  #keys: CryptoKey[] | undefined

  constructor(store: SessionStore, ring: KeyRing, cookieName: string, cacheSize: number) {
    this.store = store
    this.#ring = ring
    this.#cookieName = cookieName
    this.#cacheSize = cacheSize
  }

  isWellFormed(value: string): boolean {
    return WELL_FORMED.test(value)
  }

  verify(value: string): Awaitable<Identity | undefined> {
    return this.#verified.get(value) ?? this.#verifyWithCrypto(value)
  }

  async issue(): Promise<Identity> {
    const bytes = crypto.getRandomValues(new Uint8Array(TOKEN_BYTES))
    const token = encodeBase64url(bytes)
    // Started together: on Node each is a trip to the thread pool.
    const [id, value] = await Promise.all([hash(bytes), this.#sign(token)])
    return this.#identity(id, token, value, false)
  }

  async cookieValue(identity: TokenIdentity): Promise<string> {
    const { id, token } = identity
    const value = identity.stale ? await this.#sign(token) : identity.value
    this.#remember(this.#identity(id, token, value, false))
    return value
  }

  async #verifyWithCrypto(value: string): Promise<Identity | undefined> {
    const token = value.slice(0, TOKEN_LENGTH)
    const bytes = decodeBase64url(token)
    const mac = decodeBase64url(value.slice(TOKEN_LENGTH + 1))
    if (bytes === undefined || mac === undefined) return undefined
    const keys = await this.#hmacKeys()
    const signed = this.#signedBytes(token)
    const [id, ...matches] = await Promise.all([
      hash(bytes),
      ...keys.map((key) => crypto.subtle.verify('HMAC', key, mac, signed)),
    ])
    const keyIndex = matches.indexOf(true)
    if (keyIndex === -1) return undefined
    return this.#remember(this.#identity(id, token, value, keyIndex > 0))
  }

  async #sign(token: string): Promise<string> {
    const [key] = await this.#hmacKeys()
    const mac = await crypto.subtle.sign('HMAC', key as CryptoKey, this.#signedBytes(token))
    return `${token}.${encodeBase64url(new Uint8Array(mac))}`
  }

  /** The cookie's name is signed with the token, so that a value is good under its own name only (OWASP ASVS 5 9.2.2). */
  #signedBytes(token: string): Uint8Array<ArrayBuffer> {
    return utf8.encode(`${this.#cookieName}=${token}`)
  }

  /** The keys are kept and not their promise: on Workers a request must not wait for another request's promise. */
  async #hmacKeys(): Promise<CryptoKey[]> {
    this.#keys ??= await this.#ring.derive('sign', { name: 'HMAC', hash: 'SHA-256', length: 256 }, ['sign', 'verify'])
    return this.#keys
  }

  #identity(id: string, token: string, value: string, stale: boolean): TokenIdentity {
    return { id, store: this.store, stale, token, value }
  }

  #remember(identity: TokenIdentity): TokenIdentity {
    if (this.#cacheSize > 0) {
      if (this.#verified.size >= this.#cacheSize) this.#verified.delete(this.#verified.keys().next().value as string)
      this.#verified.set(identity.value, identity)
    }
    return identity
  }
}

async function hash(token: Uint8Array<ArrayBuffer>): Promise<string> {
  return encodeBase64url(new Uint8Array(await crypto.subtle.digest('SHA-256', token)))
}
