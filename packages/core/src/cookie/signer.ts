import type { Awaitable } from '../store/store.js'
import { encodeBase64url } from './base64url.js'
import { deriveKeys } from './secrets.js'

/** What a signer says of a token that it signed. */
export interface Signed {
  /** The store's key: base64url of the SHA-256 of the token. */
  readonly id: string
  /** HMAC-SHA256 over the text. */
  readonly mac: Uint8Array
}

/** What a signer says of a token that came in a cookie. */
export interface Verified {
  /** The store's key: base64url of the SHA-256 of the token. Empty if none of the secrets made the MAC. */
  readonly id: string
  /** Which of the secrets made the MAC: 0 is the newest, -1 is none. */
  readonly secret: number
}

/**
 * The crypto of the token cookie, all of which is in docs/cookie-format.md. A signer makes and accepts the very same
 * cookies as any other, and compares MACs in constant time. `text` is `<cookie name>=<token in base64url>`.
 */
export interface TokenSigner {
  /** Signs with the newest secret. */
  sign(token: Uint8Array<ArrayBuffer>, text: string): Awaitable<Signed>
  verify(token: Uint8Array<ArrayBuffer>, text: string, mac: Uint8Array<ArrayBuffer>): Awaitable<Verified>
}

/** Makes a signer of the manager's secrets, the newest first. */
export type TokenSignerFactory = (secrets: readonly Uint8Array<ArrayBuffer>[]) => TokenSigner

const utf8 = new TextEncoder()

/** The default: it runs everywhere. */
export const webCryptoSigner: TokenSignerFactory = (secrets) => new WebCryptoSigner(secrets)

class WebCryptoSigner implements TokenSigner {
  readonly #secrets: readonly Uint8Array<ArrayBuffer>[]
  #keys: CryptoKey[] | undefined

  constructor(secrets: readonly Uint8Array<ArrayBuffer>[]) {
    this.#secrets = secrets
  }

  async sign(token: Uint8Array<ArrayBuffer>, text: string): Promise<Signed> {
    const [key] = await this.#hmacKeys()
    // Started together: on Node each is a trip to the thread pool.
    const [id, mac] = await Promise.all([hash(token), crypto.subtle.sign('HMAC', key as CryptoKey, utf8.encode(text))])
    return { id, mac: new Uint8Array(mac) }
  }

  /** The hash comes after the MAC, so that whoever sends forged cookies makes work for half as much. */
  async verify(token: Uint8Array<ArrayBuffer>, text: string, mac: Uint8Array<ArrayBuffer>): Promise<Verified> {
    const signed = utf8.encode(text)
    for (const [secret, key] of (await this.#hmacKeys()).entries()) {
      if (await crypto.subtle.verify('HMAC', key, mac, signed)) return { id: await hash(token), secret }
    }
    return { id: '', secret: -1 }
  }

  /** The keys are kept and not their promise: on Workers a request must not wait for another request's promise. */
  async #hmacKeys(): Promise<CryptoKey[]> {
    this.#keys ??= await deriveKeys(this.#secrets, 'sign', { name: 'HMAC', hash: 'SHA-256', length: 256 }, [
      'sign',
      'verify',
    ])
    return this.#keys
  }
}

async function hash(token: Uint8Array<ArrayBuffer>): Promise<string> {
  return encodeBase64url(new Uint8Array(await crypto.subtle.digest('SHA-256', token)))
}
