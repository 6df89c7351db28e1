import { decodeBase64 } from './base64.js'

export type HashName = 'SHA-1' | 'SHA-256' | 'SHA-384' | 'SHA-512'

const utf8 = new TextEncoder()

/** Verifies what was signed with one of these secrets. */
export class HmacVerifier {
  readonly #secrets: readonly (string | Uint8Array)[]
  readonly #hash: HashName
  /** The keys are kept and not their promise: on Workers a request must not wait for another request's promise. */
  readonly #keys: Map<number, CryptoKey> = new Map()

  constructor(secrets: readonly (string | Uint8Array)[], hash: HashName = 'SHA-256') {
    this.#secrets = secrets
    this.#hash = hash
  }

  /**
   * Whether this is the MAC of the text, in base64, by one of the secrets. It has several spellings, so that it can't tell
   * one session from another: the text does.
   */
  async verify(text: string, mac: string): Promise<boolean> {
    const bytes = decodeBase64(mac)
    if (bytes === undefined) return false
    const data = utf8.encode(text)
    for (let index = 0; index < this.#secrets.length; index++) {
      if (await crypto.subtle.verify('HMAC', await this.#key(index), bytes, data)) return true
    }
    return false
  }

  /** The text before the last dot, if what is behind it is its MAC. */
  async unsign(signed: string): Promise<string | undefined> {
    const dot = signed.lastIndexOf('.')
    if (dot < 1) return undefined
    const text = signed.slice(0, dot)
    return (await this.verify(text, signed.slice(dot + 1))) ? text : undefined
  }

  async #key(index: number): Promise<CryptoKey> {
    let key = this.#keys.get(index)
    if (key === undefined) {
      const secret = this.#secrets[index] as string | Uint8Array
      const bytes = Uint8Array.from(typeof secret === 'string' ? utf8.encode(secret) : secret)
      key = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: this.#hash }, false, ['verify'])
      this.#keys.set(index, key)
    }
    return key
  }
}
