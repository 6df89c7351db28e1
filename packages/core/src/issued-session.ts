import type { SessionCookie } from './cookie/cookie-attributes.js'

/** A session that was issued without a request. */
export interface IssuedSession {
  /** The store's key. */
  readonly id: string
  /** What a client sends: `name=value`. */
  readonly cookie: string
  /** What makes a browser do so. */
  readonly setCookie: string
  /** The same in its parts. */
  readonly parts: SessionCookie
}
