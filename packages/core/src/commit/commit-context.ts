import type { SessionStoreError } from '../errors.js'
import type { SessionListener } from '../events.js'
import type { ViewRules } from '../session/session.js'
import type { WriteQueue } from './write-queue.js'

/** When a session is written. */
export type PersistencePolicy = 'changed' | 'existing' | 'always'

/** What a commit needs to know beside the session's state. */
export interface CommitContext extends ViewRules {
  readonly persistence: PersistencePolicy
  /** Whether the store compares and sets. */
  readonly isAtomic: boolean
  /** Seconds until a call of what another library's sessions are read with counts as failed, too. */
  readonly storeTimeout: number | undefined
  /** Left out: a load or a note of a use that fails is thrown. */
  readonly onStoreFailure: ((error: SessionStoreError) => 'throw' | 'anonymous') | undefined
  /** Left out where a request must not wait for another one's promise. */
  readonly queue: WriteQueue | undefined
  /** Left out if nobody listens, so that no event is made. */
  readonly emit: SessionListener | undefined
}
