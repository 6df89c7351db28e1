import { invalidOption } from './option-error.js'

/** At least 32 bytes. A string counts as its UTF-8 bytes. */
export type Secret = string | Uint8Array

const MIN_SECRET_BYTES = 32
const ADVICE = `set it to at least ${MIN_SECRET_BYTES} random bytes ("openssl rand -base64 32")`

/**
 * The secrets, newest first, and the keys that HKDF-SHA256 makes of them (RFC 5869), one kind of key for one purpose.
 */
export class KeyRing {
  readonly #secrets: readonly Uint8Array<ArrayBuffer>[]

  /** @throws TypeError if there is no secret or one is shorter than 32 bytes */
  constructor(secret: Secret | readonly Secret[] | undefined) {
    let secrets: readonly unknown[] = Array.isArray(secret) ? secret : [secret]
    if (secrets.length === 0) secrets = [undefined]
    this.#secrets = secrets.map(toBytes)
  }

  /** One key for each secret, in their order. */
  derive(
    purpose: 'sign' | 'sign-record' | 'encrypt',
    algorithm: HmacKeyGenParams | AesKeyGenParams,
    usages: KeyUsage[],
  ): Promise<CryptoKey[]> {
    const info = new TextEncoder().encode(`fetch-sessions/v1/${purpose}`)
    const hkdf = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info }
    return Promise.all(
      this.#secrets.map(async (secret) => {
        const base = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveKey'])
        return crypto.subtle.deriveKey(hkdf, base, algorithm, false, usages)
      }),
    )
  }
}

function toBytes(secret: unknown): Uint8Array<ArrayBuffer> {
  const bytes = typeof secret === 'string' ? new TextEncoder().encode(secret) : secret
  if (bytes === undefined || bytes === null) throw invalidOption('secret', `is missing: ${ADVICE}`)
  if (!(bytes instanceof Uint8Array)) throw invalidOption('secret', 'must be a string, a Uint8Array or a list of them')
  if (bytes.length < MIN_SECRET_BYTES) throw invalidOption('secret', `is too short: ${ADVICE}`)
  return new Uint8Array(bytes)
}
