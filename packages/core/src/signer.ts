import { encodeBase64url } from './base64url.js'
import type { KeyRing } from './key-ring.js'
import type { Awaitable } from './store.js'

/** What a signer says of a token. */
export interface Signed {
  /** The store's key: base64url of the SHA-256 of the token's bytes. */
  readonly id: string
  /** HMAC-SHA256 over the text that stands for the token in the cookie. */
  readonly mac: Uint8Array
}

/**
 * The crypto of the token cookie, all of it in docs/cookie-format.md. WebCrypto is the default; another signer must
 * make and accept the very same cookies, and compare MACs in constant time.
 */
export interface TokenSigner {
  /** Signs `text`, which is `<cookie name>=<token>`, with the newest secret. */
  sign(token: Uint8Array<ArrayBuffer>, text: string): Awaitable<Signed>
  /** The token's id, and which of the secrets made `mac` (0 is the newest); -1 if none did. */
  verify(
    token: Uint8Array<ArrayBuffer>,
    text: string,
    mac: Uint8Array<ArrayBuffer>,
  ): Awaitable<{ readonly id: string; readonly secret: number }>
}

/** HKDF's `info` for the keys of the token cookie. */
export const SIGN_PURPOSE = 'sign'

const utf8 = new TextEncoder()

export class WebCryptoSigner implements TokenSigner {
  readonly #ring: KeyRing
  #keys: CryptoKey[] | undefined

  constructor(ring: KeyRing) {
    this.#ring = ring
  }

  async sign(token: Uint8Array<ArrayBuffer>, text: string): Promise<Signed> {
    const [key] = await this.#hmacKeys()
    // Started together: on Node each is a trip to the thread pool.
    const [id, mac] = await Promise.all([hash(token), crypto.subtle.sign('HMAC', key as CryptoKey, utf8.encode(text))])
    return { id, mac: new Uint8Array(mac) }
  }

  async verify(
    token: Uint8Array<ArrayBuffer>,
    text: string,
    mac: Uint8Array<ArrayBuffer>,
  ): Promise<{ id: string; secret: number }> {
    const signed = utf8.encode(text)
    const keys = await this.#hmacKeys()
    const [id, ...matches] = await Promise.all([
      hash(token),
      ...keys.map((key) => crypto.subtle.verify('HMAC', key, mac, signed)),
    ])
    return { id, secret: matches.indexOf(true) }
  }

  /** The keys are kept and not their promise: on Workers a request must not wait for another request's promise. */
  async #hmacKeys(): Promise<CryptoKey[]> {
    this.#keys ??= await this.#ring.derive(SIGN_PURPOSE, { name: 'HMAC', hash: 'SHA-256', length: 256 }, [
      'sign',
      'verify',
    ])
    return this.#keys
  }
}

async function hash(token: Uint8Array<ArrayBuffer>): Promise<string> {
  return encodeBase64url(new Uint8Array(await crypto.subtle.digest('SHA-256', token)))
}
