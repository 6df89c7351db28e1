import { decodeBase64, encodeBase64 } from './base64.js'

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
   * `undefined` if this is not the MAC of the text, in base64, by one of the secrets. Else its one spelling: decoders
   * accept several.
   */
  async verify(text: string, mac: string): Promise<string | undefined> {
    const bytes = decodeBase64(mac)
    if (bytes === undefined) return undefined
    const data = utf8.encode(text)
    for (let index = 0; index < this.#secrets.length; index++) {
      if (await crypto.subtle.verify('HMAC', await this.#key(index), bytes, data)) return encodeBase64(bytes)
    }
    return undefined
  }

  /** The text before the last dot, if what is behind it is its MAC. */
  async unsign(signed: string): Promise<{ text: string; mac: string } | undefined> {
    const dot = signed.lastIndexOf('.')
    if (dot < 1) return undefined
    const text = signed.slice(0, dot)
    const mac = await this.verify(text, signed.slice(dot + 1))
    return mac === undefined ? undefined : { text, mac }
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
