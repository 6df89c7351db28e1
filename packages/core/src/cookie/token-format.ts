import { andThen, isPromise, toPromise } from '../awaitable.js'
import { BoundedMap } from '../store/bounded-map.js'
import type { Awaitable, SessionStore } from '../store/store.js'
import { decodeBase64url, encodeBase64url } from './base64url.js'
import type { Carrier, Identity, Rejected } from './cookie-format.js'
import type { Signed, TokenSigner, Verified } from './signer.js'

const TOKEN_BYTES = 32
/** How long 32 bytes are in base64url. */
const TOKEN_LENGTH = 43
/** Two times 32 bytes in base64url. 43 characters have two bits to spare, and canonical text leaves them 0. */
const WELL_FORMED = /^[\w-]{42}[AEIMQUYcgkosw048]\.[\w-]{42}[AEIMQUYcgkosw048]$/

/** How many identities for new sessions are made ahead, so that a visitor need not wait for the crypto. */
const RESERVE = 16

interface TokenIdentity extends Identity {
  /** The cookie value. If `stale`, an older secret signed it. */
  readonly value: string
}

/**
 * The cookie is `<token>.<mac>`: 32 random bytes and HMAC-SHA256 over `<cookie name>=<token>`. The store's key is the
 * SHA-256 of the token. See docs/cookie-format.md.
 */
export class TokenCarrier implements Carrier {
  readonly store: SessionStore
  readonly #signer: TokenSigner
  readonly #cookieName: string
  /**
   * By values that came and verified, so that the visitor's next request costs no crypto. Nothing unverified gets in, and
   * nothing that was only sent out: many of those who get a cookie never come back.
   */
  readonly #verified: BoundedMap<TokenIdentity>
  readonly #reserve: TokenIdentity[] = []
  #isStocking = false

  constructor(store: SessionStore, signer: TokenSigner, cookieName: string, cacheSize: number) {
    this.store = store
    this.#signer = signer
    this.#cookieName = cookieName
    this.#verified = new BoundedMap(cacheSize)
  }

  verify(value: string): Awaitable<Identity | Rejected> {
    const known = this.#verified.get(value)
    if (known !== undefined) return known
    return WELL_FORMED.test(value) ? this.#verifyWithCrypto(value) : 'malformed'
  }

  issue(): Awaitable<Identity> {
    const ready = this.#reserve.pop()
    const identity = ready ?? this.#make()
    // A signer that answers synchronously needs no reserve.
    if (ready === undefined ? isPromise(identity) : this.#reserve.length < RESERVE / 2) void this.#stockUp()
    return identity
  }

  takeBack(identity: TokenIdentity): void {
    if (this.#reserve.length < RESERVE) this.#reserve.push(identity)
  }

  cookieValue(identity: TokenIdentity): Awaitable<string> {
    const current = identity.stale ? this.#sign(decodeBase64url(tokenOf(identity.value))) : identity
    return andThen(current, ({ value }) => value)
  }

  #verifyWithCrypto(value: string): Awaitable<Identity | Rejected> {
    const token = decodeBase64url(tokenOf(value))
    const mac = decodeBase64url(value.slice(TOKEN_LENGTH + 1))
    const verified = toPromise(this.#signer.verify(token, this.#signedText(tokenOf(value)), mac))
    const conclude = ({ id, secret }: Verified): Identity | Rejected => {
      // Written so that an answer without a number fails.
      if (!(secret >= 0)) return 'signature'
      // Spelt anew, since a piece of a header would keep the whole header in memory.
      const own = `${encodeBase64url(token)}.${encodeBase64url(mac)}`
      const identity = this.#identity(id, own, secret > 0)
      if (secret === 0) this.#verified.set(own, identity)
      return identity
    }
    return isPromise(verified) ? verified.then(conclude) : conclude(verified)
  }

  #make(): Awaitable<TokenIdentity> {
    return this.#sign(crypto.getRandomValues(new Uint8Array(TOKEN_BYTES)))
  }

  /** Nobody waits for this. Should it never end (a Worker whose request is over), new sessions wait for their crypto. */
  async #stockUp(): Promise<void> {
    if (this.#isStocking) return
    this.#isStocking = true
    const made = Array.from({ length: RESERVE - this.#reserve.length }, async () => this.takeBack(await this.#make()))
    await Promise.allSettled(made)
    this.#isStocking = false
  }

  #sign(bytes: Uint8Array<ArrayBuffer>): Awaitable<TokenIdentity> {
    const token = encodeBase64url(bytes)
    const signed = toPromise(this.#signer.sign(bytes, this.#signedText(token)))
    const conclude = ({ id, mac }: Signed): TokenIdentity => this.#identity(id, `${token}.${encodeBase64url(mac)}`)
    return isPromise(signed) ? signed.then(conclude) : conclude(signed)
  }

  /** The cookie's name is signed with the token, so that a value is good under its own name only (OWASP ASVS 5 9.2.2). */
  #signedText(token: string): string {
    return `${this.#cookieName}=${token}`
  }

  #identity(id: string, value: string, stale = false): TokenIdentity {
    return { id, store: this.store, isShared: true, stale, value }
  }
}

function tokenOf(value: string): string {
  return value.slice(0, TOKEN_LENGTH)
}
