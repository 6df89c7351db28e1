export { type EventLogger, type OpenTelemetryOptions, openTelemetry } from './open-telemetry.js'
