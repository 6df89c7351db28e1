/** The name of the instrumentation scope. */
export const SCOPE = '@fetch-sessions/opentelemetry'

/** Why: the reason of an event, of which there is a handful. */
export const REASON = 'fetch_sessions.reason'
/** What the store was asked for: load, create, save, touch, regenerate, destroy, destroy-by-owner, clear; or conflict. */
export const OPERATION = 'fetch_sessions.store.operation'
/** Which warning it is. */
export const WARNING = 'fetch_sessions.warning'
/** How often another request has won by now. */
export const ATTEMPT = 'fetch_sessions.store.attempt'
/** How many sessions of an owner were destroyed. */
export const COUNT = 'fetch_sessions.session.count'

// By OpenTelemetry's semantic conventions.
export const ERROR_TYPE = 'error.type'
export const SESSION_ID = 'session.id'
export const SESSION_PREVIOUS_ID = 'session.previous_id'
