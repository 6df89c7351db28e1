import type { SessionManager } from '@fetch-sessions/core'
import { decodeBase64url, encodeBase64url } from './base64url.js'

/** What a sealed text is. No seal of one kind is good for another. */
export type SealedKind = 'offer' | 'challenge' | 'reference' | 'cookie'

type KeySource = Pick<SessionManager<never>, 'deriveKeys'>

const MAC_LENGTH = 43

const utf8 = new TextEncoder()

/**
 * Texts that only this application can have made: some fields and an HMAC-SHA256 over them, with keys derived from the
 * manager's secrets. They are what the browser keeps for us, so that no store is asked.
 */
export class Seal {
  readonly #source: KeySource
  /** One application may bind several sessions, each with a cookie of its own. */
  readonly #cookieName: string
  /** The keys are kept and not their promise: on Workers a request must not wait for another request's promise. */
  #keys: CryptoKey[] | undefined

  constructor(source: KeySource, cookieName: string) {
    this.#source = source
    this.#cookieName = cookieName
  }

  /** `<field>.<field>.<mac>`. `about`: what the text is bound to and does not say. No field holds a dot. */
  async close(kind: SealedKind, fields: readonly string[], about: readonly string[] = []): Promise<string> {
    const [newest] = await this.#allKeys()
    const mac = await crypto.subtle.sign('HMAC', newest as CryptoKey, this.#signed(kind, fields, about))
    return [...fields, encodeBase64url(new Uint8Array(mac))].join('.')
  }

  /** The fields of such a text, so many of them, or `undefined` if it was not made here, of this kind and about this. */
  async open(
    kind: SealedKind,
    text: string,
    count: number,
    about: readonly string[] = [],
  ): Promise<string[] | undefined> {
    const parts = text.split('.', count + 2)
    const mac = parts[count]?.length === MAC_LENGTH ? decodeBase64url(parts[count]) : undefined
    if (parts.length !== count + 1 || mac === undefined) return undefined
    const fields = parts.slice(0, count)
    const signed = this.#signed(kind, fields, about)
    for (const key of await this.#allKeys()) {
      if ((await crypto.subtle.verify('HMAC', key, mac, signed)) === true) return fields
    }
    return undefined
  }

  #signed(kind: SealedKind, fields: readonly string[], about: readonly string[]): Uint8Array<ArrayBuffer> {
    return utf8.encode([kind, this.#cookieName, ...about, ...fields].join('\n'))
  }

  async #allKeys(): Promise<CryptoKey[]> {
    this.#keys ??= await this.#source.deriveKeys('device-bound')
    return this.#keys
  }
}
