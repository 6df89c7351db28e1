import { SessionTooLargeError } from '../errors.js'
import type { SessionRecord, SessionStore } from '../store/store.js'
import { decodeBase64url, encodeBase64url, randomText } from './base64url.js'
import type { Carrier, CarrierStore, Identity, Rejected } from './cookie-format.js'
import { deriveKeys } from './secrets.js'

/** Browsers keep at most this many bytes of name and value (RFC 6265bis section 5.6). */
const MAX_COOKIE_BYTES = 4096
const IV_BYTES = 12
const MAC_BYTES = 32

export interface CookieStoreOptions {
  /** Default true: AES-256-GCM. `false`: signed only, so that the visitor can read the data but not change it. */
  encrypt?: boolean
}

/**
 * Keeps the whole session in the cookie, so that no server keeps anything.
 *
 * That has a price. It cannot revoke: a copy of the cookie that was taken before a sign-out opens the session until it
 * expires, and there is no sign-out everywhere. It cannot merge: of two responses at the same moment the browser keeps
 * one. It holds some 3 kB of data at most. Where that matters, take a server-side store.
 */
export class CookieStore implements CarrierStore {
  readonly #encrypt: boolean

  constructor(options: CookieStoreOptions = {}) {
    this.#encrypt = options.encrypt ?? true
  }

  /** Called by the manager. */
  carrier(secrets: Secrets, cookieName: string): Carrier {
    return new RecordCarrier(
      this.#encrypt ? new Encryption(secrets, cookieName) : new Signature(secrets, cookieName),
      cookieName,
    )
  }
}

type Secrets = readonly Uint8Array<ArrayBuffer>[]

/** Keeps bytes from being changed, or read. Bound to the cookie's name: a value is good under its own name only. */
interface Seal {
  close(content: Uint8Array<ArrayBuffer>): Promise<Uint8Array>
  /** `undefined` if none of the secrets closed it. */
  open(sealed: Uint8Array<ArrayBuffer>): Promise<Uint8Array | undefined>
}

interface SlotIdentity extends Identity {
  readonly store: CookieSlot
}

class RecordCarrier implements Carrier {
  readonly store: undefined
  readonly #seal: Seal
  readonly #cookieName: string

  constructor(seal: Seal, cookieName: string) {
    this.#seal = seal
    this.#cookieName = cookieName
  }

  async verify(value: string): Promise<SlotIdentity | Rejected> {
    const sealed = value.length < MAX_COOKIE_BYTES ? decodeCanonical(value) : undefined
    if (sealed === undefined) return 'malformed'
    const content = await this.#seal.open(sealed)
    if (content === undefined) return 'signature'
    // We closed it, so it is what we wrote.
    const { id, ...record } = JSON.parse(new TextDecoder().decode(content)) as SessionRecord & { id: string }
    // JSON leaves out an owner that is undefined.
    return identify(id, { ...record, owner: record.owner })
  }

  issue(): SlotIdentity {
    return identify(randomText(), undefined)
  }

  async cookieValue(identity: SlotIdentity): Promise<string> {
    const content = new TextEncoder().encode(JSON.stringify({ id: identity.id, ...identity.store.record }))
    const sealed = await this.#seal.close(content)
    // Base64url takes four characters for three bytes.
    const size = this.#cookieName.length + Math.ceil((sealed.length * 4) / 3)
    if (size > MAX_COOKIE_BYTES) throw new SessionTooLargeError(size, MAX_COOKIE_BYTES)
    return encodeBase64url(sealed)
  }
}

/** The bytes of base64url, if it is their one canonical spelling. */
function decodeCanonical(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    const bytes = decodeBase64url(text)
    return bytes.length > 0 && encodeBase64url(bytes) === text ? bytes : undefined
  } catch {
    return undefined
  }
}

function identify(id: string, record: SessionRecord | undefined): SlotIdentity {
  return { id, store: new CookieSlot(record), isShared: false, stale: false }
}

/** The store of one request: the one record that its cookie brought, and will take away again. */
class CookieSlot implements SessionStore {
  record: SessionRecord | undefined

  constructor(record: SessionRecord | undefined) {
    this.record = record
  }

  load(): SessionRecord | undefined {
    return this.record
  }

  create(_id: string, record: SessionRecord): boolean {
    this.record = record
    return true
  }

  update(_id: string, record: SessionRecord): boolean {
    this.record = record
    return true
  }

  touch(_id: string, expiresAt: number, _version: number): boolean {
    if (this.record !== undefined) this.record = { ...this.record, expiresAt }
    return this.record !== undefined
  }

  delete(): boolean {
    const had = this.record !== undefined
    this.record = undefined
    return had
  }
}

/** AES-256-GCM: 12 random bytes, then the ciphertext with its tag. The cookie's name is associated data. */
class Encryption implements Seal {
  readonly #secrets: Secrets
  readonly #name: Uint8Array<ArrayBuffer>
  #keys: CryptoKey[] | undefined

  constructor(secrets: Secrets, cookieName: string) {
    this.#secrets = secrets
    this.#name = new TextEncoder().encode(cookieName)
  }

  async close(content: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
    const [key] = await this.#aesKeys()
    const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES))
    return concat(iv, await crypto.subtle.encrypt(this.#algorithm(iv), key as CryptoKey, content))
  }

  async open(sealed: Uint8Array<ArrayBuffer>): Promise<Uint8Array | undefined> {
    const algorithm = this.#algorithm(sealed.slice(0, IV_BYTES))
    const ciphertext = sealed.slice(IV_BYTES)
    for (const key of await this.#aesKeys()) {
      try {
        return new Uint8Array(await crypto.subtle.decrypt(algorithm, key, ciphertext))
      } catch {
        // Not made with this secret.
      }
    }
    return undefined
  }

  #algorithm(iv: Uint8Array<ArrayBuffer>): AesGcmParams {
    return { name: 'AES-GCM', iv, additionalData: this.#name }
  }

  async #aesKeys(): Promise<CryptoKey[]> {
    this.#keys ??= await deriveKeys(this.#secrets, 'encrypt', { name: 'AES-GCM', length: 256 }, ['encrypt', 'decrypt'])
    return this.#keys
  }
}

/** The content, and behind it HMAC-SHA256 over `<cookie name>=<content>`. */
class Signature implements Seal {
  readonly #secrets: Secrets
  readonly #prefix: Uint8Array<ArrayBuffer>
  #keys: CryptoKey[] | undefined

  constructor(secrets: Secrets, cookieName: string) {
    this.#secrets = secrets
    this.#prefix = new TextEncoder().encode(`${cookieName}=`)
  }

  async close(content: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
    const [key] = await this.#hmacKeys()
    return concat(content, await crypto.subtle.sign('HMAC', key as CryptoKey, concat(this.#prefix, content)))
  }

  async open(sealed: Uint8Array<ArrayBuffer>): Promise<Uint8Array | undefined> {
    const end = Math.max(0, sealed.length - MAC_BYTES)
    const content = sealed.slice(0, end)
    const signed = concat(this.#prefix, content)
    for (const key of await this.#hmacKeys()) {
      if (await crypto.subtle.verify('HMAC', key, sealed.slice(end), signed)) return content
    }
    return undefined
  }

  async #hmacKeys(): Promise<CryptoKey[]> {
    this.#keys ??= await deriveKeys(this.#secrets, 'sign-record', { name: 'HMAC', hash: 'SHA-256', length: 256 }, [
      'sign',
      'verify',
    ])
    return this.#keys
  }
}

function concat(head: Uint8Array, tail: ArrayBuffer | Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(head.length + tail.byteLength)
  bytes.set(head)
  bytes.set(new Uint8Array(tail), head.length)
  return bytes
}
