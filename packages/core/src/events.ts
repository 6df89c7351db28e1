import { isPromise, toPromise } from './awaitable.js'
import type { SessionError } from './errors.js'

/** What a manager warns of, each once. */
export type SessionWarning = 'memory-store' | 'cookie-never-returns' | 'eventual-store' | 'no-compare-and-set'

/** Why a cookie that came was not taken. `duplicate`: another one of the same name had verified before it. */
export type RejectionReason = 'malformed' | 'signature' | 'unknown' | 'expired' | 'data' | 'duplicate'

/**
 * What happened to a session, for logs and metrics. `id` is the store's key and safe to log; `duration` is the time in
 * the store, in milliseconds.
 */
export type SessionEvent =
  | {
      readonly type: 'created' | 'loaded' | 'saved' | 'touched' | 'destroyed'
      readonly id: string
      readonly duration: number
    }
  /**
   * `destroyByOwner` has ended the sessions of an owner: `count` of them, or nobody knows, since they are in cookies.
   */
  | {
      readonly type: 'destroyed-by-owner'
      readonly owner: string
      /** The id of the one that was spared. */
      readonly except?: string
      readonly count: number | undefined
      readonly duration: number
    }
  /** `clear` has ended all sessions. */
  | { readonly type: 'cleared'; readonly duration: number }
  /** The session has a new id. */
  | { readonly type: 'regenerated'; readonly id: string; readonly previousId: string; readonly duration: number }
  /**
   * Another writer won, for the `attempt`th time. This request's changes are made again, to what that one has stored.
   */
  | { readonly type: 'conflict'; readonly id: string; readonly attempt: number; readonly duration: number }
  /**
   * `gone`: the record was destroyed or expired in between, so the changes were dropped. `superseded`: the session has
   * a new id, and this request still came with the old one. `response`: the response can't carry the cookie. `store`:
   * the store failed where nobody else is told. A `destroy()` failed after the handler threw or the client left, another
   * library's session has moved here and could not be ended there, or one that is over could not be removed. `failed`:
   * the handler threw, so what it had changed is not stored (`save()` before the throw, or `keep`, would store it).
   */
  | {
      readonly type: 'dropped'
      readonly id: string
      readonly reason: 'gone' | 'superseded' | 'response' | 'store' | 'failed'
      readonly duration?: number
      readonly error?: unknown
    }
  /**
   * A cookie was not taken. `from`: the library that it is of, if it is not ours. `error`: why its data can't move in.
   */
  | {
      readonly type: 'rejected'
      readonly reason: RejectionReason
      readonly id?: string
      readonly from?: string
      readonly error?: unknown
      readonly duration?: number
    }
  /** A session of another library (`from`) goes on as this one, which was `created` for it. */
  | { readonly type: 'moved-in'; readonly id: string; readonly from: string }
  /** A `SessionError` ended the request. */
  | { readonly type: 'failed'; readonly error: SessionError }
  /** The store failed, and `onStoreFailure` lets the request go on without a session, or without noting its use. */
  | { readonly type: 'degraded'; readonly error: SessionError }
  /** A session was first used after its response was committed. So that lacks `Vary: Cookie`. Read it earlier. */
  | { readonly type: 'late' }
  /** Something that will not do in production, told once. */
  | { readonly type: 'warning'; readonly warning: SessionWarning; readonly message: string }

/** What `onEvent` is. */
export type SessionListener = (event: SessionEvent) => void

/** Tells a listener, and lets nothing that it does wrong reach the request. */
export function emitter(listener: SessionListener | undefined): SessionListener | undefined {
  if (listener === undefined) return undefined
  return (event) => {
    try {
      const returned: unknown = toPromise(listener(event))
      if (isPromise(returned)) returned.catch(() => {})
    } catch {}
  }
}

/** When something begins, in milliseconds. Where nobody listens, nobody looks at the clock. */
export function startTime(listener: SessionListener | undefined): number {
  return listener === undefined ? 0 : performance.now()
}

/** Milliseconds since then. */
export function elapsedSince(started: number): number {
  return performance.now() - started
}
