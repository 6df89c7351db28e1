import type { Carrier } from './carrier.js'
import type { CookieAttributes } from './cookie-attributes.js'
import type { SessionListener } from './events.js'
import type { Lifetime } from './lifetime.js'
import type { Serializer } from './serializer.js'

/** When a session is written. */
export type PersistencePolicy = 'changed' | 'existing' | 'always'

/** A manager's options, checked and ready to use. */
export interface SessionContext {
  readonly carrier: Carrier
  readonly cookie: CookieAttributes
  readonly serializer: Serializer
  /** For sessions that have no lifetime of their own. */
  readonly lifetime: Lifetime
  readonly persistence: PersistencePolicy
  readonly onInvalidData: 'reset' | 'throw'
  readonly emit: SessionListener
  readonly now: () => number
}
