import type { SessionContext } from '../context.js'
import type { SessionStoreError } from '../errors.js'
import type { SessionState } from '../session/session-state.js'
import { newSession } from './load-outcome.js'

/** With `onStoreFailure`: what `read` shows, and what `write` throws. */
export interface StoreOutage {
  readonly state: SessionState
  readonly error: SessionStoreError
}

/** The empty session in its place, of which `onEvent` is told. */
export function beginOutage(context: SessionContext, error: SessionStoreError): StoreOutage {
  const state = newSession(context, 'closed', 'degraded')
  context.emit?.({ type: 'degraded', error })
  return { state, error }
}
