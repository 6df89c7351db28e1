import type { CommitQueue } from './commit/write-queue.js'
import type { CookieAttributes } from './cookie/cookie-attributes.js'
import type { Carrier } from './cookie/cookie-format.js'
import type { SessionListener } from './events.js'
import type { Lifetime } from './session/lifetime.js'
import type { Serializer } from './session/serializer.js'

/** When a session is written. */
export type PersistencePolicy = 'changed' | 'existing' | 'always'

/** A manager's options, checked and ready to use, and what its requests share. */
export interface SessionContext {
  readonly carrier: Carrier
  readonly cookie: CookieAttributes
  readonly serializer: Serializer
  /** For sessions that have no lifetime of their own. */
  readonly lifetime: Lifetime
  /** What is noted with their records. */
  readonly meta: string
  readonly persistence: PersistencePolicy
  readonly onInvalidData: 'reset' | 'throw'
  readonly queue: CommitQueue
  /** Left out if nobody listens, so that no event is made. */
  readonly emit: SessionListener | undefined
  readonly now: () => number
}
