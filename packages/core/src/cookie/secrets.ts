import { invalidOption } from '../option-error.js'

/** At least 32 bytes. A string counts as its UTF-8 bytes. */
export type Secret = string | Uint8Array

/** What a key is for. No key serves two purposes; those of other packages have a name behind `for/`. */
export type KeyPurpose = 'sign' | 'successor' | 'sign-record' | 'encrypt' | `for/${string}`

const MIN_SECRET_BYTES = 32
/** As many as one request has verifications: a secret behind them would never be tried. */
export const MAX_SECRETS = 8
const ADVICE = `set it to at least ${MIN_SECRET_BYTES} random bytes ("openssl rand -base64 32")`

const utf8 = new TextEncoder()

/**
 * The bytes of the secrets, the newest first.
 * @throws TypeError if there is no secret, there are more than eight, or one is too short or made of one repeated byte
 */
export function secretBytes(secret: Secret | readonly Secret[] | undefined): Uint8Array<ArrayBuffer>[] {
  const secrets: readonly unknown[] = Array.isArray(secret) ? secret : [secret]
  if (secrets.length > MAX_SECRETS) {
    throw invalidOption('secret', `is a list of ${secrets.length}: keep the newest eight, more are not tried`)
  }
  return (secrets.length > 0 ? secrets : [undefined]).map((one, index) =>
    toBytes(one, secrets.length > 1 ? `secret[${index}]` : 'secret'),
  )
}

/** HKDF's `info` (RFC 5869) for the keys of one purpose. */
export function keyInfo(purpose: KeyPurpose): Uint8Array<ArrayBuffer> {
  return utf8.encode(`fetch-sessions/v1/${purpose}`)
}

/** HKDF-SHA256 (RFC 5869): one key for one purpose of each secret, in their order. */
export function deriveKeys(
  secrets: readonly Uint8Array<ArrayBuffer>[],
  purpose: KeyPurpose,
  algorithm: HmacKeyGenParams | AesKeyGenParams,
  usages: KeyUsage[],
): Promise<CryptoKey[]> {
  const hkdf = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info: keyInfo(purpose) }
  return Promise.all(
    secrets.map(async (secret) => {
      const base = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveKey'])
      return crypto.subtle.deriveKey(hkdf, base, algorithm, false, usages)
    }),
  )
}

const PURPOSE = /^[a-z][a-z-]{0,63}$/

/** Keys for another package, which can be none of core's own. @throws TypeError for what is no name of a purpose */
export async function companionKeys(
  secrets: readonly Uint8Array<ArrayBuffer>[],
  purpose: string,
): Promise<CryptoKey[]> {
  if (!PURPOSE.test(purpose)) throw invalidOption('purpose', 'must be a word of small letters, such as "device-bound"')
  return deriveKeys(secrets, `for/${purpose}`, { name: 'HMAC', hash: 'SHA-256', length: 256 }, ['sign', 'verify'])
}

/** `name`: how an error calls it. */
function toBytes(secret: unknown, name: string): Uint8Array<ArrayBuffer> {
  const bytes = typeof secret === 'string' ? utf8.encode(secret) : secret
  if (bytes === undefined || bytes === null) throw invalidOption(name, `is missing: ${ADVICE}`)
  if (!isBytes(bytes)) throw invalidOption(name, 'must be a string, a Uint8Array or a list of them')
  if (bytes.length < MIN_SECRET_BYTES) throw invalidOption(name, `is too short: ${ADVICE}`)
  if (bytes.every((byte) => byte === bytes[0])) throw invalidOption(name, `is one repeated byte: ${ADVICE}`)
  return Uint8Array.from(bytes)
}

/** By its name and not by its class, of which another realm (a test in jsdom, a `vm` context) has another one. */
function isBytes(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && (value as Uint8Array)[Symbol.toStringTag] === 'Uint8Array'
}
