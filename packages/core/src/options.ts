import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { PersistencePolicy } from './commit/commit-context.js'
import type { CookieOptions } from './cookie/cookie-attributes.js'
import { FORMAT } from './cookie/cookie-format.js'
import type { CookieStore } from './cookie/cookie-store.js'
import type { Secret } from './cookie/secrets.js'
import type { TokenSignerFactory } from './cookie/signer.js'
import type { SessionStoreError } from './errors.js'
import type { SessionListener } from './events.js'
import { checkClock, checkTimeout, invalidOption, MAX_COOKIE_AGE, rejectUnknown } from './option-error.js'
import type { SessionCodec } from './session/json-codec.js'
import { isObject } from './session/plain-values.js'
import type { Migration } from './session/serializer.js'
import { checkStore } from './store/check-store.js'
import type { SessionStore } from './store/store.js'
import type { IsJson, SessionData } from './types.js'

/** Seconds. */
export const DEFAULT_IDLE = 86_400
/** Seconds. */
export const DEFAULT_ABSOLUTE: number = 30 * DEFAULT_IDLE
/** Of the data's text. */
export const DEFAULT_DATA_BYTES = 262_144
export const DEFAULT_CACHE_SIZE = 10_000

interface BaseOptions<Data> {
  /** Where sessions are kept. */
  store: SessionStore | CookieStore
  /**
   * At least 32 bytes each (a string counts as UTF-8). Several, eight at most: the first signs, all verify, so that a
   * secret can be replaced without signing anyone out. `undefined`, such as a variable that is not set, is refused at
   * run time.
   */
  secret: Secret | readonly Secret[] | undefined
  /** The attributes of the session cookie. */
  cookie?: CookieOptions | undefined
  /** Seconds without use until the session is dead. Default 86 400 (24 h). */
  idleTimeout?: number | undefined
  /** Seconds from creation until the session is dead, used or not. Default 2 592 000 (30 days), or as the idle one. */
  absoluteTimeout?: number | undefined
  /**
   * When a session is written. `changed` (the default): when the request changed it, or its expiry has to move.
   * `existing`: with every request that came with a live session as well. `always`: empty guest sessions, too.
   */
  persistence?: PersistencePolicy | undefined
  /**
   * Any Standard Schema (zod, valibot, arktype): checks and types the data when it is loaded and when it is saved. A
   * session that holds nothing is not checked.
   */
  schema?: StandardSchemaV1<unknown, Data> | undefined
  /**
   * One step for each version of the data after the first. An older record is brought up, step by step, when it is
   * loaded, before the schema sees it, and stored so with the next write. A step that throws makes invalid data. A
   * record of a newer version, which a later release wrote, is used as it is; if the schema refuses it, that is a
   * `SessionDataError`, whatever `onInvalidData` says.
   */
  migrations?: readonly Migration[] | undefined
  /**
   * What becomes of stored data that can't be decoded or that the schema refuses. `reset` (the default): the visitor
   * gets a new session under a new id, the record stays, and a `rejected` event tells. `throw`: a `SessionDataError`.
   */
  onInvalidData?: 'reset' | 'throw' | undefined
  /**
   * What a failing load is for a request that only reads. `throw` (the default): a `SessionStoreError`. `anonymous`:
   * an empty session with `isDegraded`. `write` throws all the same, and no cookie is sent or removed. The same is asked
   * where a use could not be noted and nothing else was to be stored: `anonymous` lets the request go on as it is.
   */
  onStoreFailure?: 'throw' | 'anonymous' | ((error: SessionStoreError) => 'throw' | 'anonymous') | undefined
  /** The data's text at most, in bytes. Default 262 144. More is a `SessionTooLargeError` when it is to be stored. */
  maxDataBytes?: number | undefined
  /** How many verified cookies are remembered to save the crypto. Default 10 000; 0: none. */
  verifiedCacheSize?: number | undefined
  /**
   * Seconds until a call of an asynchronous store counts as failed, ten minutes at most. Default none: the store's own
   * limits hold.
   */
  storeTimeout?: number | undefined
  /**
   * What signs and verifies. Default WebCrypto, which is everywhere; `nodeSigner` is faster for cookies not seen
   * before.
   */
  signer?: TokenSignerFactory | undefined
  /** For logs and metrics. What it throws is ignored. */
  onEvent?: SessionListener | undefined
  /** `false`: no warnings, neither as events nor on the console. Default true. */
  warnings?: boolean | undefined
  /** Milliseconds since the epoch; for tests. Called once when the manager is made. Default Date.now, looked up at each call. */
  now?: (() => number) | undefined
}

/** What a `SessionManager` is made of. */
export type SessionOptions<Data = SessionData> = BaseOptions<Data> &
  (IsJson<Data> extends false
    ? {
        /** Text codec of the data. JSON can't carry all of it (a Date, a Map, a bigint), so one is needed. */
        codec: SessionCodec
      }
    : {
        /** Text codec of the data. Default JSON. */
        codec?: SessionCodec | undefined
      })

const OPTIONS = (
  'store secret cookie idleTimeout absoluteTimeout persistence schema migrations onInvalidData onStoreFailure ' +
  'maxDataBytes verifiedCacheSize storeTimeout signer onEvent warnings now codec'
).split(' ')

/**
 * Looks at what can be wrong with each option by itself.
 * @throws TypeError that names the option that can't work, and says what to do
 */
export function checkOptions<Data>(options: SessionOptions<Data>): void {
  if (!isObject(options)) throw invalidOption('new SessionManager', 'needs its options: { store, secret }')
  rejectUnknown('', options, OPTIONS)
  const {
    idleTimeout,
    absoluteTimeout,
    storeTimeout,
    verifiedCacheSize = DEFAULT_CACHE_SIZE,
    maxDataBytes = DEFAULT_DATA_BYTES,
    warnings = true,
  } = options
  const { persistence = 'changed', onInvalidData = 'reset', onStoreFailure = 'throw' } = options
  const { codec, schema, migrations = [], onEvent, now, signer } = options
  if (idleTimeout !== undefined) checkTimeout('idleTimeout', idleTimeout, MAX_COOKIE_AGE)
  if (absoluteTimeout !== undefined) checkTimeout('absoluteTimeout', absoluteTimeout, MAX_COOKIE_AGE)
  if (storeTimeout !== undefined) checkTimeout('storeTimeout', storeTimeout, 600)
  const isReached = idleTimeout === undefined || absoluteTimeout === undefined || idleTimeout <= absoluteTimeout
  check('idleTimeout', isReached, 'is above absoluteTimeout, and so never reached')
  checkWord('persistence', persistence, ['changed', 'existing', 'always'])
  checkWord('onInvalidData', onInvalidData, ['reset', 'throw'])
  if (!isFunction(onStoreFailure)) checkWord('onStoreFailure', onStoreFailure, ['throw', 'anonymous'])
  check('verifiedCacheSize', isNumber(verifiedCacheSize) && verifiedCacheSize >= 0, 'must be a number, 0 or more')
  check('maxDataBytes', isNumber(maxDataBytes) && maxDataBytes > 0, 'must be a number of bytes above 0')
  check('warnings', typeof warnings === 'boolean', 'must be true or false')
  for (const [name, value] of Object.entries({ onEvent, signer })) {
    check(name, value === undefined || isFunction(value), 'must be a function')
  }
  checkClock(now)
  check('migrations', Array.isArray(migrations) && migrations.every(isFunction), 'must be a list of functions')
  const isCodec = codec === undefined || (isFunction(codec?.encode) && isFunction(codec.decode))
  check('codec', isCodec, 'must have encode and decode')
  // An arktype schema is a function.
  const standard = (schema as StandardSchemaV1 | undefined)?.['~standard']
  check(
    'schema',
    schema === undefined || isFunction(standard?.validate),
    'must be a Standard Schema (zod, valibot, arktype)',
  )
  const isCookieStore = isObject(options.store) && FORMAT in options.store
  if (!isCookieStore) checkStore('store', options.store)
}

function check(option: string, isRight: boolean, problem: string): void {
  if (!isRight) throw invalidOption(option, problem)
}

function checkWord(option: string, word: unknown, words: readonly unknown[]): void {
  check(option, words.includes(word), `must be one of ${words.join(', ')}`)
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function'
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number'
}
