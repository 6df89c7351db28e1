import type { CommitContext } from './commit/commit-context.js'
import type { CookieAttributes } from './cookie/cookie-attributes.js'
import type { SessionStoreError } from './errors.js'
import type { FirstDayWarnings } from './warnings.js'

/** A manager's options, checked and ready to use, and what its requests share. */
export interface SessionContext extends CommitContext {
  readonly cookie: CookieAttributes
  readonly onInvalidData: 'reset' | 'throw'
  readonly onStoreFailure: (error: SessionStoreError) => 'throw' | 'anonymous'
  readonly warnings: FirstDayWarnings
}
