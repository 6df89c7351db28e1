import type { Carrier } from './carrier.js'
import type { CommitQueue } from './commit-queue.js'
import type { CookieAttributes } from './cookie-attributes.js'
import type { SessionListener } from './events.js'
import type { Lifetime } from './lifetime.js'
import type { Serializer } from './serializer.js'

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
