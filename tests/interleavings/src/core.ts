import type * as core from '@fetch-sessions/core'
import type { nodeSigner } from '@fetch-sessions/core/node'

/** Core as it is, or a copy of it with a fault. */
export interface Core {
  readonly SessionManager: typeof core.SessionManager
  readonly MemoryStore: typeof core.MemoryStore
  readonly CookieStore: typeof core.CookieStore
  readonly cachedStore: typeof core.cachedStore
  readonly nodeSigner: typeof nodeSigner
}

/** What the sessions of the model hold. */
export interface Data {
  /** Whose it was at the beginning. */
  origin: string
  /** The letters of the requests that added to it, in their order. */
  marks: string[]
  /** The letter of the request that set it last. */
  left: string
  right: string
  /** Who is signed in, and by which request. */
  user: string
  by: string
}
