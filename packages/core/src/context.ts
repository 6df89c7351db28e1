import type { CommitContext } from './commit/commit-context.js'
import { WriteQueue } from './commit/write-queue.js'
import { CookieAttributes } from './cookie/cookie-attributes.js'
import { type CookieFormat, type CookieFormatSetting, FORMAT, type Identity } from './cookie/cookie-format.js'
import { secretBytes } from './cookie/secrets.js'
import { SignedTokenFormat } from './cookie/signed-token.js'
import { webCryptoSigner } from './cookie/signer.js'
import { emitter } from './events.js'
import { invalidOption } from './option-error.js'
import {
  checkOptions,
  DEFAULT_ABSOLUTE,
  DEFAULT_CACHE_SIZE,
  DEFAULT_DATA_BYTES,
  DEFAULT_IDLE,
  type SessionOptions,
} from './options.js'
import type { MovesIn } from './session/old-sessions.js'
import { Serializer } from './session/serializer.js'
import type { SessionPhase, SessionState } from './session/session-state.js'
import type { Awaitable, SessionStore } from './store/store.js'
import { guardStore } from './store/store-guard.js'
import { FirstDayWarnings, type StoreTraits } from './warnings.js'

/** A manager's options, checked and ready to use, and what its requests share. */
export interface SessionContext extends CommitContext {
  readonly cookie: CookieAttributes
  readonly onInvalidData: 'reset' | 'throw'
  readonly warnings: FirstDayWarnings
  /** The newest first. */
  readonly secrets: readonly Uint8Array<ArrayBuffer>[]
  /** Where visitors come from who have no cookie of ours. */
  oldSessions: OldSessionsOf | undefined
}

/** What `movesIn` makes of old sessions, as the requests of a manager use it. Who has none bundles nothing of it. */
export interface OldSessionsOf extends MovesIn {
  /** The session of a visitor who has no cookie of ours. `header`: the text of all cookies. */
  load(context: SessionContext, header: string, phase: SessionPhase): Awaitable<SessionState>
  /** Those that one request has brought. */
  ofRequest(context: SessionContext, cookies: { readonly header: string }): BroughtSessions
}

/** The old sessions that one request has brought. */
export interface BroughtSessions {
  /**
   * A sign-out ends them first, and once. If that fails, the visitor can sign out again.
   * @throws SessionStoreError if one could not be ended
   */
  end(current: SessionState): Awaitable<void>
  /** Whether a sign-out could not end them. The visitor keeps that cookie, to sign out again. */
  areLeft(current: SessionState): boolean
  /**
   * Whether their cookies stay beside the session of the request: it has come from none of them, and has still the id that
   * it began with here (`begunAs`); or requests that were sent at the same time as its move may need them. After that it
   * ends the old one.
   */
  stay(current: SessionState, begunAs: Identity | undefined): Awaitable<boolean>
}

/** @throws TypeError that names the option that can't work, and says what to do */
export function createContext<Data>(options: SessionOptions<Data>): SessionContext {
  checkOptions(options)
  checkRuntime(options.signer)
  const {
    persistence = 'changed',
    onInvalidData = 'reset',
    onStoreFailure = 'throw',
    codec,
    schema,
    migrations,
  } = options
  const { absoluteTimeout = Math.max(DEFAULT_ABSOLUTE, options.idleTimeout ?? 0), maxDataBytes = DEFAULT_DATA_BYTES } =
    options
  const { idleTimeout = Math.min(DEFAULT_IDLE, absoluteTimeout), warnings: warns = true } = options
  const now = clockOf(options.now)
  const emit = emitter(options.onEvent)
  const cookie = new CookieAttributes(options.cookie)
  const secrets = secretBytes(options.secret)
  const format = formatOf(options, secrets, cookie.name, now)
  const { limits, atomic = true } = options.store as Partial<SessionStore>
  const maxBytes = Math.min(maxDataBytes, limits?.dataBytes ?? maxDataBytes)
  const warnings = new FirstDayWarnings(emit, !warns)
  warnings.weakness(format.revocations ?? (options.store as StoreTraits), format.revocations && 'revocations')
  return {
    format,
    cookie,
    serializer: new Serializer({ codec, schema, migrations, maxBytes }),
    lifetime: { idleTimeout, absoluteTimeout, persistent: cookie.persistent },
    maxOwnerBytes: limits?.ownerBytes ?? Number.POSITIVE_INFINITY,
    notesOwnerTime: !format.isShared,
    isAtomic: atomic,
    storeTimeout: options.storeTimeout,
    oldSessions: undefined,
    persistence,
    onInvalidData,
    onStoreFailure:
      typeof onStoreFailure === 'function'
        ? onStoreFailure
        : onStoreFailure === 'throw'
          ? undefined
          : () => onStoreFailure,
    queue: mayWaitForOthers() ? new WriteQueue() : undefined,
    warnings,
    secrets,
    emit,
    now,
  }
}

/** How the sessions of this store travel in the cookie. */
function formatOf<Data>(
  options: SessionOptions<Data>,
  secrets: readonly Uint8Array<ArrayBuffer>[],
  cookieName: string,
  now: () => number,
): CookieFormat {
  const { store, signer = webCryptoSigner, storeTimeout, verifiedCacheSize = DEFAULT_CACHE_SIZE } = options
  const guard = (store: SessionStore): SessionStore => {
    if (options.now !== undefined) store.useClock?.(now)
    return guardStore(store, storeTimeout)
  }
  const { [FORMAT]: create } = store as { [FORMAT]?: (setting: CookieFormatSetting) => CookieFormat }
  if (create !== undefined) return create({ secrets, cookieName, now, guard })
  const made = signer(secrets)
  if (![made?.sign, made?.verify, made?.succeed].every((method) => typeof method === 'function')) {
    throw invalidOption('signer', 'must make { sign, verify, succeed }')
  }
  return new SignedTokenFormat(guard(store as SessionStore), made, secrets.length, cookieName, verifiedCacheSize)
}

/** @throws TypeError where no response could carry a cookie beside another one, or nothing could be signed */
function checkRuntime(signer: unknown): void {
  const { Headers, crypto } = globalThis as Partial<Pick<typeof globalThis, 'Headers' | 'crypto'>>
  const missing =
    Headers !== undefined && !('getSetCookie' in Headers.prototype)
      ? 'Headers.getSetCookie: on Workers, set compatibility_date to 2023-03-01 or later'
      : !signer && !crypto?.subtle && 'crypto.subtle: test in the environment "node", not in jsdom'
  if (missing) throw invalidOption('this runtime', `has no ${missing}`)
}

/** On Workers, a request must not wait for another one's promise, which may never settle for it. */
function mayWaitForOthers(): boolean {
  return !('WebSocketPair' in globalThis)
}

/** Looked up at each call, for fake timers; whole milliseconds, as databases keep them. */
function clockOf(now: (() => number) | undefined): () => number {
  return now === undefined ? () => Math.floor(Date.now()) : () => Math.floor(now())
}
