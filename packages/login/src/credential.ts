import type { Secret } from '@fetch-sessions/core'
import { wrong } from './errors.js'

/** HKDF's `info` (RFC 5869). No key serves two purposes, not even where core has the same secret. */
const PURPOSE = 'fetch-sessions/v1/login-credential'
const MIN_BYTES = 32
const ADVICE = `set it to at least ${MIN_BYTES} random bytes ("openssl rand -base64 32")`

const utf8 = new TextEncoder()

/**
 * Binds a user's credential to the session without keeping it there: HMAC-SHA256 over the user's id and the credential.
 * The one in the session is worth nothing to who reads the store, and fits no other user.
 */
export class CredentialHash {
  readonly #secrets: readonly Uint8Array<ArrayBuffer>[]
  /** The keys are kept and not their promise: on Workers a request must not wait for another request's promise. */
  #keys: CryptoKey[] | undefined

  /** @throws TypeError if there is no secret, or one is too short or made of one repeated byte */
  constructor(secret: Secret | readonly Secret[] | undefined) {
    const secrets: readonly unknown[] = Array.isArray(secret) ? secret : [secret]
    this.#secrets = (secrets.length > 0 ? secrets : [undefined]).map(toBytes)
  }

  async make(id: string, credential: string): Promise<string> {
    const [key] = await this.#derived()
    return encode(new Uint8Array(await crypto.subtle.sign('HMAC', key as CryptoKey, message(id, credential))))
  }

  /** Compares in constant time. `stale`: it is right, and was made with an older secret. */
  async check(hash: string, id: string, credential: string): Promise<'right' | 'stale' | 'wrong'> {
    const mac = decode(hash)
    if (mac === undefined) return 'wrong'
    const signed = message(id, credential)
    for (const [index, key] of (await this.#derived()).entries()) {
      if (await crypto.subtle.verify('HMAC', key, mac, signed)) return index === 0 ? 'right' : 'stale'
    }
    return 'wrong'
  }

  async #derived(): Promise<CryptoKey[]> {
    this.#keys ??= await Promise.all(this.#secrets.map(derive))
    return this.#keys
  }
}

async function derive(secret: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  const base = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveKey'])
  const hkdf = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info: utf8.encode(PURPOSE) }
  const hmac = { name: 'HMAC', hash: 'SHA-256', length: 256 }
  return crypto.subtle.deriveKey(hkdf, base, hmac, false, ['sign', 'verify'])
}

/** As JSON, so that no id and credential look like another pair. */
function message(id: string, credential: string): Uint8Array<ArrayBuffer> {
  return utf8.encode(JSON.stringify([id, credential]))
}

function encode(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}

function decode(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[\w-]{43}$/.test(text)) return undefined
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0))
}

function toBytes(secret: unknown): Uint8Array<ArrayBuffer> {
  const bytes = typeof secret === 'string' ? utf8.encode(secret) : secret
  if (bytes === undefined || bytes === null) throw wrong('createLogin: secret', `is missing: ${ADVICE}`)
  if (!isBytes(bytes)) throw wrong('createLogin: secret', 'must be a string, a Uint8Array or a list of them')
  if (bytes.length < MIN_BYTES) throw wrong('createLogin: secret', `is too short: ${ADVICE}`)
  if (bytes.every((byte) => byte === bytes[0])) throw wrong('createLogin: secret', `is one repeated byte: ${ADVICE}`)
  return Uint8Array.from(bytes)
}

/** By its name and not by its class, of which another realm has another one. */
function isBytes(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && (value as Uint8Array)[Symbol.toStringTag] === 'Uint8Array'
}
