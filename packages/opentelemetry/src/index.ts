/**
 * What happens to sessions, for OpenTelemetry: metrics, and events of spans and logs.
 *
 * @module @fetch-sessions/opentelemetry
 */
export { type EventLogger, type OpenTelemetryOptions, openTelemetry } from './open-telemetry.js'
