import type { SessionContext } from '../context.js'
import { SessionStoreError } from '../errors.js'
import type { SessionState } from '../session/session-state.js'
import { newSession } from './load-outcome.js'

/** With `onStoreFailure`: what `read` shows, and what `write` throws. */
export interface StoreOutage {
  readonly state: SessionState
  readonly error: SessionStoreError
}

/**
 * A load has failed. `onStoreFailure` says what that is for a request that only reads.
 *
 * @throws the error, where it is not to be an empty session
 */
export function askOnStoreFailure({ onStoreFailure }: SessionContext, error: unknown): SessionStoreError {
  if (!(error instanceof SessionStoreError) || onStoreFailure?.(error) !== 'anonymous') throw error
  return error
}

/** The empty session in its place, of which `onEvent` is told. */
export function beginOutage(context: SessionContext, error: SessionStoreError): StoreOutage {
  const state = newSession(context, 'closed', 'degraded')
  context.emit?.({ type: 'degraded', error })
  return { state, error }
}
