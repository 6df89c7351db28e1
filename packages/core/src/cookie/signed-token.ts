import { andThen, toPromise } from '../awaitable.js'
import { BoundedMap } from '../store/bounded-map.js'
import type { Awaitable, SessionStore } from '../store/store.js'
import { decodeBase64url, encodeBase64url, randomText } from './base64url.js'
import type { CookieFormat, Identity, Rejected } from './cookie-format.js'
import { sha256 } from './sha256.js'
import type { TokenSigner } from './signer.js'

/** How long 32 bytes are in base64url. */
const TEXT_LENGTH = 43

const utf8 = new TextEncoder()

/**
 * The cookie is `<token>.<mac>`: 32 random bytes and HMAC-SHA256 over `<cookie name>=<token>`. The store's key is the
 * SHA-256 of the token. See docs/cookie-format.md.
 */
export class SignedTokenFormat implements CookieFormat {
  readonly isShared = true
  readonly store: SessionStore
  readonly secrets: number
  readonly #signer: TokenSigner
  readonly #cookieName: string
  /**
   * By values that came and verified, so that the visitor's next request costs no crypto. Nothing unverified gets in,
   * and nothing that was only sent out: many of those who get a cookie never come back.
   */
  readonly #verified: BoundedMap<TokenIdentity>

  constructor(store: SessionStore, signer: TokenSigner, secrets: number, cookieName: string, cacheSize: number) {
    this.store = store
    this.secrets = secrets
    this.#signer = signer
    this.#cookieName = cookieName
    this.#verified = new BoundedMap(cacheSize)
  }

  verify(value: string, secret: number): Awaitable<Identity | Rejected> {
    const known = this.#verified.get(value)
    if (known !== undefined) return known
    const token = bytesOf(value.slice(0, TEXT_LENGTH))
    const mac = bytesOf(value.slice(TEXT_LENGTH + 1))
    if (token === undefined || mac === undefined || value[TEXT_LENGTH] !== '.') return 'malformed'
    // Spelt anew, since a piece of a header would keep the whole header in memory.
    const text = encodeBase64url(token)
    return andThen(toPromise(this.#signer.verify(this.#signedText(text), mac, secret)), (isGood) => {
      // Written so that any other answer fails.
      if (isGood !== true) return 'signature'
      const identity = new TokenIdentity(this.store, text, encodeBase64url(mac), secret > 0)
      if (secret === 0) this.#verified.set(`${text}.${identity.mac}`, identity)
      return identity
    })
  }

  create(): Identity {
    return new TokenIdentity(this.store)
  }

  succeed(identity: TokenIdentity, nonce: string, secret: number): Awaitable<Identity> {
    const derived = toPromise(this.#signer.succeed(`${identity.token}.${nonce}`, secret))
    return andThen(derived, (token) => new TokenIdentity(this.store, encodeBase64url(token)))
  }

  /** No cookie has its token, since nobody signs it. */
  async claim(key: string): Promise<Identity> {
    const token = await crypto.subtle.digest('SHA-256', utf8.encode(`fetch-sessions/v1/claim\n${key}`))
    return new TokenIdentity(this.store, encodeBase64url(new Uint8Array(token)))
  }

  cookieValue({ token, mac, isStale }: TokenIdentity): Awaitable<string> {
    if (mac !== undefined && !isStale) return `${token}.${mac}`
    return andThen(toPromise(this.#signer.sign(this.#signedText(token))), (mac) => `${token}.${encodeBase64url(mac)}`)
  }

  /** The cookie's name is signed with the token, so that a value is good under its own name only (OWASP ASVS 5 9.2.2). */
  #signedText(token: string): string {
    return `${this.#cookieName}=${token}`
  }
}

/** A session by its token. Of one that is new, nothing is computed before it is asked for. */
class TokenIdentity implements Identity {
  readonly store: SessionStore
  /** In base64url, as `token` is. Not known of a session whose cookie was not sent yet. */
  readonly mac: string | undefined
  readonly isStale: boolean
  #token: string | undefined
  #id: string | undefined

  constructor(store: SessionStore, token?: string, mac?: string, isStale = false) {
    this.store = store
    this.mac = mac
    this.isStale = isStale
    this.#token = token
  }

  get token(): string {
    this.#token ??= randomText()
    return this.#token
  }

  get id(): string {
    this.#id ??= encodeBase64url(sha256(decodeBase64url(this.token) as Uint8Array))
    return this.#id
  }
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> | undefined {
  return text.length === TEXT_LENGTH ? decodeBase64url(text) : undefined
}
