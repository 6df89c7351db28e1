import type { Awaitable } from '../store/store.js'
import { deriveKeys, type KeyPurpose } from './secrets.js'
import { startTogether } from './start-together.js'

/**
 * The crypto of the token cookie, all of which is in docs/cookie-format.md. A signer makes and accepts the very same
 * cookies as any other. `secret` is the number of a secret: 0 is the newest.
 */
export interface TokenSigner {
  /** HMAC-SHA256 over the text, with the signing key of the newest secret. */
  sign(text: string): Awaitable<Uint8Array>
  /** Whether `mac` was made so with this secret. Compares in constant time. */
  verify(text: string, mac: Uint8Array<ArrayBuffer>, secret: number): Awaitable<boolean>
  /** HMAC-SHA256 over the text, with the successor key of this secret: the token of a session that took over. */
  succeed(text: string, secret: number): Awaitable<Uint8Array>
}

/** Makes a signer of the manager's secrets, the newest first. */
export type TokenSignerFactory = (secrets: readonly Uint8Array<ArrayBuffer>[]) => TokenSigner

const HMAC: HmacKeyGenParams = { name: 'HMAC', hash: 'SHA-256', length: 256 }

const utf8 = new TextEncoder()

/** The default: it runs everywhere. */
export const webCryptoSigner: TokenSignerFactory = (secrets) => new WebCryptoSigner(secrets)

class WebCryptoSigner implements TokenSigner {
  readonly #secrets: readonly Uint8Array<ArrayBuffer>[]
  /** The keys are kept and not their promise: on Workers a request must not wait for another request's promise. */
  readonly #keys: Map<KeyPurpose, CryptoKey[]> = new Map()

  constructor(secrets: readonly Uint8Array<ArrayBuffer>[]) {
    this.#secrets = secrets
  }

  sign(text: string): Promise<Uint8Array> {
    return this.#mac('sign', text, 0)
  }

  async verify(text: string, mac: Uint8Array<ArrayBuffer>, secret: number): Promise<boolean> {
    const keys = this.#keys.get('sign') ?? (await this.#derive('sign'))
    const key = keys[secret] as CryptoKey
    return startTogether(() => crypto.subtle.verify('HMAC', key, mac, utf8.encode(text)))
  }

  succeed(text: string, secret: number): Promise<Uint8Array> {
    return this.#mac('successor', text, secret)
  }

  async #mac(purpose: KeyPurpose, text: string, secret: number): Promise<Uint8Array> {
    const keys = this.#keys.get(purpose) ?? (await this.#derive(purpose))
    const key = keys[secret] as CryptoKey
    return new Uint8Array(await startTogether(() => crypto.subtle.sign('HMAC', key, utf8.encode(text))))
  }

  async #derive(purpose: KeyPurpose): Promise<CryptoKey[]> {
    const keys = await deriveKeys(this.#secrets, purpose, HMAC, ['sign', 'verify'])
    this.#keys.set(purpose, keys)
    return keys
  }
}
