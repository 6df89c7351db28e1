/** Why a request of a browser to one of the two endpoints was turned down. */
export type BoundRejection =
  /** No proof, or none that can be read: another form, type, algorithm or key type, or too long. */
  | 'malformed'
  /** The challenge is not ours, is another session's, or is out of date. */
  | 'challenge'
  /** The signature is not the key's. */
  | 'signature'
  /** The proof was made for another address. */
  | 'audience'
  /** The address of the refresh was not made here, or with a secret that is gone, or is for another site. */
  | 'reference'
  /** With `singleUse`: the challenge was answered before. */
  | 'used'
  /** With `singleUse`: the session did not come along, or another one. */
  | 'session'
  /** With `singleUse`: the store failed, or other writers won each time. The browser tries again. */
  | 'store'

/** What happened to a binding, for logs and metrics. `binding` is an id, and safe to log. */
export type BoundEvent =
  /** A browser has shown its key: it got the bound cookie. */
  | { readonly type: 'registered' | 'refreshed'; readonly binding: string }
  /** The first request that came with proof. From now on the session `id` needs it. */
  | { readonly type: 'proven'; readonly binding: string; readonly id: string }
  /**
   * A request came with a session that needs proof, and without it. `skipped`: why, as the browser says; a thief says
   * what he likes.
   */
  | { readonly type: 'missing'; readonly binding: string | undefined; readonly id: string; readonly skipped?: string }
  /** The browser was told that there is nothing to be refreshed any more: no session came along. */
  | { readonly type: 'ended'; readonly binding: string }
  | { readonly type: 'rejected'; readonly endpoint: 'register' | 'refresh'; readonly reason: BoundRejection }
  /**
   * A session came with a good bound cookie and knows of no binding. Somebody else is signed in by now, or a schema drops
   * the key `deviceBound`.
   */
  | { readonly type: 'unknown'; readonly binding: string; readonly id: string }

export type BoundListener = (event: BoundEvent) => void

/** Tells a listener, and lets nothing that it does wrong reach the request. */
export function emitter(listener: BoundListener | undefined): BoundListener {
  return (event) => {
    try {
      // An async function returns nothing too, for types.
      const returned: unknown = listener?.(event)
      Promise.resolve(returned).catch(() => {})
    } catch {}
  }
}
