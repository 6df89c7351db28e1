import { SessionStoreError } from '../errors.js'
import type { CommitContext } from './commit-context.js'

/**
 * A load, or a note of a use, has failed. `onStoreFailure` says what that is for a request that only reads.
 *
 * @throws the error, where the request is not to go on without
 */
export function askOnStoreFailure({ onStoreFailure }: CommitContext, error: unknown): SessionStoreError {
  if (!(error instanceof SessionStoreError) || onStoreFailure?.(error) !== 'anonymous') throw error
  return error
}
