import { andThen, isPromise, toPromise } from '../awaitable.js'
import type { Awaitable, SessionStore } from '../store/store.js'
import { decodeBase64url, encodeBase64url, randomBytes } from './base64url.js'
import type { CookieFormat, Identity, Rejected } from './cookie-format.js'
import { noteIdOf } from './note-id.js'
import { sha256 } from './sha256.js'
import type { TokenSigner } from './signer.js'
import { VerifiedCookies } from './verified-cookies.js'

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
  /** Nothing that was only sent out: many of those who get a cookie never come back. */
  readonly #verified: VerifiedCookies<TokenIdentity>

  constructor(store: SessionStore, signer: TokenSigner, secrets: number, cookieName: string, cacheSize: number) {
    this.store = store
    this.secrets = secrets
    this.#signer = signer
    this.#cookieName = cookieName
    this.#verified = new VerifiedCookies(cacheSize)
  }

  verify(value: string, secret: number): Awaitable<Identity | Rejected> {
    const known = this.#verified.get(value)
    if (known !== undefined) return known
    const text = value.slice(0, TEXT_LENGTH)
    const token = bytesOf(text)
    const mac = bytesOf(value.slice(TEXT_LENGTH + 1))
    if (token === undefined || mac === undefined || value[TEXT_LENGTH] !== '.') return 'malformed'
    return andThen(toPromise(this.#signer.verify(this.#signedText(text), mac, secret)), (isGood) => {
      // Written so that any other answer fails.
      if (isGood !== true) return 'signature'
      if (secret > 0 || !this.#verified.admits(mac)) return new TokenIdentity(this.store, token, value, secret > 0)
      // Spelt anew, and in one go: a piece of a header would keep the whole header in memory.
      const own = [token, mac].map(encodeBase64url).join('.')
      const identity = new TokenIdentity(this.store, token, own)
      this.#verified.remember(own, identity)
      return identity
    })
  }

  create(): Identity {
    return new TokenIdentity(this.store)
  }

  succeed(identity: TokenIdentity, nonce: string, secret: number): Awaitable<Identity> {
    const derived = toPromise(this.#signer.succeed(`${identity.token}.${nonce}`, secret))
    return andThen(derived, (token) => new TokenIdentity(this.store, token))
  }

  /** No cookie has its token, since nobody signs it. */
  async claim(key: string): Promise<Identity> {
    const token = await crypto.subtle.digest('SHA-256', utf8.encode(`fetch-sessions/v1/claim\n${key}`))
    return new ClaimIdentity(this.store, new Uint8Array(token))
  }

  prepare(identity: TokenIdentity): void {
    if (identity.value !== undefined) return
    // Whoever asks for it later tries again what has failed.
    try {
      const value = toPromise(this.cookieValue(identity))
      identity.value = value
      if (!isPromise(value)) return
      value.catch(() => {
        identity.value = undefined
      })
    } catch {
      identity.value = undefined
    }
  }

  cookieValue(identity: TokenIdentity): Awaitable<string> {
    const { value, isStale } = identity
    if (value !== undefined && !isStale) return value
    const { token } = identity
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
  readonly isStale: boolean
  /** That of the cookie: as it came, or once it is being made. */
  value: Awaitable<string> | undefined
  #token: Uint8Array | undefined
  #id: string | undefined

  /** `token`: left out, it is a new one. */
  constructor(store: SessionStore, token?: Uint8Array, value?: string, isStale = false) {
    this.store = store
    this.isStale = isStale
    this.value = value
    this.#token = token
  }

  get token(): string {
    return typeof this.value === 'string' ? this.value.slice(0, TEXT_LENGTH) : encodeBase64url(this.#bytes())
  }

  get id(): string {
    if (this.#id === undefined) {
      this.#id = encodeBase64url(sha256(this.#bytes()))
      // It is in the value as well, and those that are remembered are many.
      if (typeof this.value === 'string') this.#token = undefined
    }
    return this.#id
  }

  #bytes(): Uint8Array {
    this.#token ??= randomBytes()
    return this.#token
  }
}

/** Under which it is noted that a session of another library has moved. No id that is given from outside leads there. */
class ClaimIdentity extends TokenIdentity {
  override get id(): string {
    return noteIdOf(super.id)
  }
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> | undefined {
  return text.length === TEXT_LENGTH ? decodeBase64url(text) : undefined
}
