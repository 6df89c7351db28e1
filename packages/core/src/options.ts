import type { StandardSchemaV1 } from '@standard-schema/spec'
import { CommitQueue } from './commit/write-queue.js'
import type { PersistencePolicy, SessionContext } from './context.js'
import { CookieAttributes, type CookieOptions, checkTimeout } from './cookie/cookie-attributes.js'
import type { CarrierStore } from './cookie/cookie-format.js'
import { type Secret, secretBytes } from './cookie/secrets.js'
import { type TokenSignerFactory, webCryptoSigner } from './cookie/signer.js'
import { TokenCarrier } from './cookie/token-format.js'
import { emitter, type SessionListener } from './events.js'
import { invalidOption } from './option-error.js'
import type { SessionCodec } from './session/codec.js'
import { formatMeta, MAX_COOKIE_AGE } from './session/lifetime.js'
import { Serializer } from './session/serializer.js'
import type { SessionStore } from './store/store.js'
import { guardStore } from './store/store-guard.js'
import type { IsJson, SessionData } from './types.js'

interface BaseOptions<Data> {
  /** Where sessions are kept. */
  store: SessionStore | CarrierStore
  /**
   * At least 32 bytes each (a string counts as UTF-8). Several: the first signs, all verify, so that a secret can be
   * replaced without signing anyone out. `undefined`, such as a variable that is not set, is refused at run time.
   */
  secret: Secret | readonly Secret[] | undefined
  cookie?: CookieOptions
  /** Seconds without use until the session is dead. Default 86 400 (24 h). */
  idleTimeout?: number
  /** Seconds from creation until the session is dead, used or not. Default 2 592 000 (30 days). */
  absoluteTimeout?: number
  /**
   * When a session is written. `changed` (the default): when the request changed it, or its expiry has to move.
   * `existing`: with every request that came with a live session as well. `always`: empty guest sessions, too.
   */
  persistence?: PersistencePolicy
  /**
   * Any Standard Schema (zod, valibot, arktype): checks and types the data when it is loaded and when it is saved. A
   * session that holds nothing is not checked.
   */
  schema?: StandardSchemaV1<unknown, Data>
  /**
   * What becomes of stored data that can't be decoded or that the schema refuses. `reset` (the default): the visitor
   * gets a new session under a new id, the record stays, and a `rejected` event tells. `throw`: a `SessionDataError`.
   */
  onInvalidData?: 'reset' | 'throw'
  /** How many verified cookies are remembered, at some 450 bytes each, to save the crypto. Default 100 000; 0: none. */
  verifiedCacheSize?: number
  /** Seconds until a call of an asynchronous store counts as failed. Default none: the store's own limits hold. */
  storeTimeout?: number
  /** What signs and verifies. Default WebCrypto, which is everywhere; `nodeSigner` is faster for cookies not seen before. */
  signer?: TokenSignerFactory
  /** For logs and metrics. What it throws is ignored. */
  onEvent?: SessionListener
  /** Milliseconds since the epoch. Default Date.now; for tests. */
  now?: () => number
}

/** What a `SessionManager` is made of. */
export type SessionOptions<Data = SessionData> = BaseOptions<Data> &
  (IsJson<Data> extends true
    ? {
        /** Text codec of the data. Default JSON. */
        codec?: SessionCodec
      }
    : {
        /** Text codec of the data. JSON can't carry all of it (a Date, a Map, a bigint), so one is needed. */
        codec: SessionCodec
      })

const DAY = 86_400

/** @throws TypeError that names the option that can't work, and says what to do */
export function resolveOptions<Data>(options: SessionOptions<Data>): SessionContext {
  const { store, idleTimeout = DAY, absoluteTimeout = 30 * DAY, verifiedCacheSize = 100_000, now } = options
  const { persistence = 'changed', onInvalidData = 'reset', storeTimeout, signer = webCryptoSigner } = options
  const secrets = secretBytes(options.secret)
  const cookie = new CookieAttributes(options.cookie)
  checkTimeout('idleTimeout', idleTimeout)
  checkTimeout('absoluteTimeout', absoluteTimeout)
  if (storeTimeout !== undefined) checkTimeout('storeTimeout', storeTimeout)
  if (cookie.persistent && Math.min(idleTimeout, absoluteTimeout) > MAX_COOKIE_AGE) {
    throw invalidOption('idleTimeout', 'makes a Max-Age above 400 days, which browsers cut short: lower it')
  }
  checkWord('persistence', persistence, ['changed', 'existing', 'always'])
  checkWord('onInvalidData', onInvalidData, ['reset', 'throw'])
  if (typeof store !== 'object' || store === null)
    throw invalidOption('store', 'is missing: begin with "new MemoryStore()"')
  if (now !== undefined && 'useClock' in store) store.useClock?.(now)
  const lifetime = { idleTimeout, absoluteTimeout, persistent: cookie.persistent }
  return {
    carrier:
      'carrier' in store
        ? store.carrier(secrets, cookie.name)
        : new TokenCarrier(guardStore(store, storeTimeout), signer(secrets), cookie.name, verifiedCacheSize),
    cookie,
    serializer: new Serializer(options.codec, options.schema),
    lifetime,
    meta: formatMeta(lifetime),
    persistence,
    onInvalidData,
    queue: new CommitQueue(),
    emit: emitter(options.onEvent),
    now: now ?? Date.now,
  }
}

function checkWord(option: string, word: string, words: readonly string[]): void {
  if (!words.includes(word)) throw invalidOption(option, `must be one of ${words.join(', ')}`)
}
