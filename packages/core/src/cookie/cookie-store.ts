import { SessionTooLargeError } from '../errors.js'
import { checkTimeout, invalidOption, MAX_COOKIE_AGE, rejectUnknown } from '../option-error.js'
import { checkStore } from '../store/check-store.js'
import type { Awaitable, SessionRecord, SessionStore } from '../store/store.js'
import { decodeBase64url, encodeBase64url, randomText } from './base64url.js'
import { type CookieFormat, type CookieFormatSetting, FORMAT, type Identity, type Rejected } from './cookie-format.js'
import { Revocations } from './revocations.js'
import { deriveKeys } from './secrets.js'
import { startTogether } from './start-together.js'

/** Browsers keep at most this many bytes of name and value (RFC 6265bis section 5.6). */
const MAX_COOKIE_BYTES = 4096
const IV_BYTES = 12
const TAG_BYTES = 16
const MAC_BYTES = 32

export interface CookieStoreOptions {
  /** Default true: AES-256-GCM. `false`: signed only, so that the visitor can read the data but not change it. */
  encrypt?: boolean
  /**
   * A small server-side store, in which it is noted which sessions have ended. With it, a sign-out, `destroy(id)` and
   * `destroyByOwner` hold against copies of the cookie. A request that uses its session costs two look-ups at most.
   */
  revocations?: SessionStore
  /** With `revocations`: seconds for which the answer of a look-up is remembered, so that a copy works so long. Default 10. */
  maxStaleness?: number
}

/**
 * Keeps the whole session in the cookie, so that no server keeps anything.
 *
 * That has a price. Without `revocations` it cannot revoke: a copy of the cookie that was taken before a sign-out opens
 * the session until it expires, and there is no sign-out everywhere. It cannot merge: of two responses at the same moment
 * the browser keeps one. It holds some 3 kB of data at most. Where that matters, take a server-side store.
 */
export class CookieStore {
  /** For types alone: without a member, each value would be taken for one, and a store that is none would compile. */
  declare protected readonly kind: 'cookie'

  /** @throws TypeError if an option can't work */
  constructor(options: CookieStoreOptions = {}) {
    rejectUnknown('CookieStore: ', options, ['encrypt', 'revocations', 'maxStaleness'])
    const { encrypt = true, maxStaleness = 10, revocations } = options
    if (typeof encrypt !== 'boolean') throw invalidOption('encrypt', 'must be true or false')
    if (maxStaleness !== 0) checkTimeout('maxStaleness', maxStaleness, MAX_COOKIE_AGE)
    if (revocations !== undefined) checkStore('revocations', revocations)
    else if (options.maxStaleness !== undefined) throw invalidOption('maxStaleness', 'needs revocations')
    // For the manager alone, so it is in no type.
    const format = (setting: CookieFormatSetting): CookieFormat => new RecordFormat(options, setting)
    Object.defineProperty(this, FORMAT, { value: format })
  }
}

type Secrets = readonly Uint8Array<ArrayBuffer>[]

/** Keeps bytes from being changed, or read. Bound to the cookie's name: a value is good under its own name only. */
interface Seal {
  /** By how many bytes it makes the content longer. */
  readonly overhead: number
  close(content: Uint8Array<ArrayBuffer>): Promise<Uint8Array>
  /** `undefined` if this secret did not close it. */
  open(sealed: Uint8Array<ArrayBuffer>, secret: number): Promise<Uint8Array | undefined>
}

interface SlotIdentity extends Identity {
  readonly store: CookieSlot
}

class RecordFormat implements CookieFormat {
  readonly isShared = false
  /** What ends sessions by their id or owner, if there are revocations. */
  readonly store: Revocations | undefined
  readonly revocations: SessionStore | undefined
  readonly secrets: number
  readonly #seal: Seal
  readonly #cookieName: string

  constructor({ encrypt = true, revocations, maxStaleness = 10 }: CookieStoreOptions, setting: CookieFormatSetting) {
    const { secrets, cookieName, now, guard } = setting
    this.revocations = revocations
    this.store = revocations && new Revocations(guard(revocations), maxStaleness, now)
    this.secrets = secrets.length
    this.#seal = encrypt ? new Encryption(secrets, cookieName) : new Signature(secrets, cookieName)
    this.#cookieName = cookieName
  }

  async verify(value: string, secret: number): Promise<SlotIdentity | Rejected> {
    const isShort = this.#cookieName.length + value.length <= MAX_COOKIE_BYTES
    const sealed = isShort && value !== '' ? decodeBase64url(value) : undefined
    if (sealed === undefined) return 'malformed'
    const content = await this.#seal.open(sealed, secret)
    if (content === undefined) return 'signature'
    // We closed it, so it is what we wrote.
    const { id, ...record } = JSON.parse(new TextDecoder().decode(content)) as SessionRecord & { id: string }
    // JSON leaves out an owner that is undefined.
    return this.#identify(id, { ...record, owner: record.owner }, secret > 0)
  }

  /** They are records of different times where the place of the cookie has changed and both were sent. */
  newest(identities: readonly SlotIdentity[]): readonly SlotIdentity[] {
    return identities.filter(
      ({ id, store }) => !identities.some((other) => other.id === id && other.store.isNewerThan(store)),
    )
  }

  create(): SlotIdentity {
    return this.#identify(randomText(), undefined, false)
  }

  succeed(): undefined {
    return undefined
  }

  supersede({ store }: SlotIdentity, successor: string): Awaitable<boolean> {
    return store.supersede(successor)
  }

  ownerTime(owner: string): number | undefined {
    return this.store?.ownerTime(owner)
  }

  checkFit({ id }: SlotIdentity, record: SessionRecord): void {
    this.encode(id, record)
  }

  async cookieValue({ store }: SlotIdentity): Promise<string> {
    return encodeBase64url(await this.#seal.close(store.content))
  }

  /** What is sealed into the cookie. @throws SessionTooLargeError if that gets too large for browsers */
  encode(id: string, record: SessionRecord | undefined): Uint8Array<ArrayBuffer> {
    const content = new TextEncoder().encode(JSON.stringify({ id, ...record }))
    // Base64url takes four characters for three bytes.
    const size = this.#cookieName.length + Math.ceil(((content.length + this.#seal.overhead) * 4) / 3)
    if (size > MAX_COOKIE_BYTES) throw new SessionTooLargeError('cookie', size, MAX_COOKIE_BYTES)
    return content
  }

  #identify(id: string, record: SessionRecord | undefined, isStale: boolean): SlotIdentity {
    return { id, store: new CookieSlot(id, record, this), isStale }
  }
}

/** The store of one request: the one record that its cookie brought, and will take away again. */
class CookieSlot implements SessionStore {
  readonly #id: string
  readonly #format: RecordFormat
  readonly #revocations: Revocations | undefined
  #record: SessionRecord | undefined
  /** The record as it is sealed. */
  #content: Uint8Array<ArrayBuffer> | undefined
  /** Whether somebody may have its cookie. */
  #isOut: boolean

  constructor(id: string, record: SessionRecord | undefined, format: RecordFormat) {
    this.#id = id
    this.#record = record
    this.#isOut = record !== undefined
    this.#format = format
    this.#revocations = format.store
  }

  /** A use is noted without a new version. */
  isNewerThan(other: CookieSlot): boolean {
    const [mine, theirs] = [this.#record as SessionRecord, other.#record as SessionRecord]
    return (mine.version - theirs.version || mine.expiresAt - theirs.expiresAt) > 0
  }

  /** For the cookie. */
  get content(): Uint8Array<ArrayBuffer> {
    this.#isOut = true
    this.#content ??= this.#format.encode(this.#id, this.#record)
    return this.#content
  }

  async load(): Promise<SessionRecord | undefined> {
    const record = this.#record
    const found = record && (await this.#revocations?.find(this.#id, record))
    if (found === 'superseded' && record !== undefined) return markerOf(record, this.#id)
    return found === 'ended' ? undefined : record
  }

  /** The session goes on under the id of its successor. `false` if it has ended. */
  supersede(successor: string): Awaitable<boolean> {
    const record = this.#record
    return (
      record === undefined ||
      this.#revocations === undefined ||
      this.#revocations.supersede(this.#id, record, successor)
    )
  }

  create(_id: string, record: SessionRecord): boolean {
    return this.#put(record)
  }

  update(_id: string, record: SessionRecord): boolean {
    return this.#put(record)
  }

  touch(_id: string, expiresAt: number, _version: number): boolean {
    return this.#record !== undefined && this.#put({ ...this.#record, expiresAt })
  }

  /**
   * Measured here and not when it is sent: by then the id that the session had, or where it has moved from, is ended.
   * @throws SessionTooLargeError, and the record stays as it was
   */
  #put(record: SessionRecord): true {
    this.#content = this.#format.encode(this.#id, record)
    this.#record = record
    return true
  }

  /** What nobody has a cookie of needs no note, and may be created again. */
  delete(): Awaitable<boolean> {
    const had = this.#record !== undefined
    this.#record = undefined
    this.#content = undefined
    return had && this.#isOut && this.#revocations !== undefined ? this.#revocations.end(this.#id) : had
  }
}

/** What core reads as the marker of a session that has a new id (`Notes.superseded`). */
function markerOf(record: SessionRecord, id: string): SessionRecord {
  return { ...record, data: '', owner: undefined, meta: JSON.stringify({ idle: 1, superseded: { id } }) }
}

/** AES-256-GCM: 12 random bytes, then the ciphertext with its tag. The cookie's name is associated data. */
class Encryption implements Seal {
  readonly overhead: number = IV_BYTES + TAG_BYTES
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
    return concat(iv, await startTogether(() => crypto.subtle.encrypt(this.#algorithm(iv), key as CryptoKey, content)))
  }

  async open(sealed: Uint8Array<ArrayBuffer>, secret: number): Promise<Uint8Array | undefined> {
    const algorithm = this.#algorithm(sealed.slice(0, IV_BYTES))
    const key = (await this.#aesKeys())[secret] as CryptoKey
    try {
      return new Uint8Array(await startTogether(() => crypto.subtle.decrypt(algorithm, key, sealed.slice(IV_BYTES))))
    } catch {
      return undefined
    }
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
  readonly overhead: number = MAC_BYTES
  readonly #secrets: Secrets
  readonly #prefix: Uint8Array<ArrayBuffer>
  #keys: CryptoKey[] | undefined

  constructor(secrets: Secrets, cookieName: string) {
    this.#secrets = secrets
    this.#prefix = new TextEncoder().encode(`${cookieName}=`)
  }

  async close(content: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
    const [key] = await this.#hmacKeys()
    return concat(
      content,
      await startTogether(() => crypto.subtle.sign('HMAC', key as CryptoKey, concat(this.#prefix, content))),
    )
  }

  async open(sealed: Uint8Array<ArrayBuffer>, secret: number): Promise<Uint8Array | undefined> {
    const end = Math.max(0, sealed.length - MAC_BYTES)
    const content = sealed.slice(0, end)
    const key = (await this.#hmacKeys())[secret] as CryptoKey
    const signed = concat(this.#prefix, content)
    const isGood = await startTogether(() => crypto.subtle.verify('HMAC', key, sealed.slice(end), signed))
    return isGood ? content : undefined
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
