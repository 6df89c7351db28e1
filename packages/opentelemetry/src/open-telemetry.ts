import type { SessionEvent, SessionListener } from '@fetch-sessions/core'
import { type Attributes, type Meter, trace } from '@opentelemetry/api'
import { attempt } from './attempt.js'
import { currentIdsOf } from './ids-of.js'
import { lazyInstruments } from './instruments.js'
import { occurrenceOf } from './occurrence.js'
import { recordMetrics } from './record-metrics.js'

/** What takes log records: a `Logger` of OpenTelemetry's logs API, or what has its `emit`, which may be async. */
export interface EventLogger {
  emit(record: { eventName: string; severityNumber: number; severityText: string; attributes: Attributes }): void
}

export interface OpenTelemetryOptions {
  /** Where to count and measure. Default: a meter of the global provider, whenever that is set. */
  meter?: Meter
  /** `false`: no metrics. Default true. */
  metrics?: boolean
  /** Where to write what is worth a line. OpenTelemetry wants new events there. Default: nowhere. */
  logger?: EventLogger
  /** Whether the same is noted on the active span, as its events. Default: where there is no logger. */
  spanEvents?: boolean
  /**
   * Whether spans and log records are told `session.id` and `session.previous_id`. These are the store's keys: no cookie
   * can be made of them, but they tell which requests are one visitor's. Metrics never have them. Default false.
   */
  sessionIds?: boolean
  /** Goes with all that is recorded: a few words, such as which of two managers it is about. */
  attributes?: Attributes
}

/** The numbers of OpenTelemetry's severities. */
const SEVERITY_NUMBERS = { INFO: 9, WARN: 13, ERROR: 17 } as const

const OPTIONS = ['meter', 'metrics', 'logger', 'spanEvents', 'sessionIds', 'attributes']

/**
 * A listener that tells OpenTelemetry what happens to sessions. It throws nothing: what fails there, at once or in a
 * promise, is told to OpenTelemetry's own `diag`, and breaks neither a request nor another listener.
 *
 * @example
 * ```ts
 * const sessions = new SessionManager({ store, secret, onEvent: openTelemetry() })
 * ```
 *
 * @throws TypeError that names the option that can't work
 */
export function openTelemetry(options: OpenTelemetryOptions = {}): SessionListener {
  check(options)
  const { meter, metrics = true, logger, spanEvents = logger === undefined, sessionIds = false } = options
  const attributes = { ...options.attributes }
  const instruments = lazyInstruments(meter)
  // What they return may be a promise: to a type that returns nothing, an async function is assignable.
  const ways: ((event: SessionEvent) => unknown)[] = []
  if (metrics) ways.push((event) => recordMetrics(event, instruments(), attributes))
  if (sessionIds) ways.push((event) => trace.getActiveSpan()?.setAttributes(currentIdsOf(event)))
  if (spanEvents) {
    ways.push((event) => {
      const span = trace.getActiveSpan()
      const occurrence = span?.isRecording() ? occurrenceOf(event, sessionIds) : undefined
      return occurrence && span?.addEvent(occurrence.name, { ...attributes, ...occurrence.attributes })
    })
  }
  if (logger !== undefined) {
    ways.push((event) => {
      const occurrence = occurrenceOf(event, sessionIds)
      if (occurrence === undefined) return undefined
      return logger.emit({
        eventName: occurrence.name,
        severityNumber: SEVERITY_NUMBERS[occurrence.severity],
        severityText: occurrence.severity,
        attributes: { ...attributes, ...occurrence.attributes },
      })
    })
  }
  return (event) => {
    for (const way of ways) attempt(() => way(event))
  }
}

function check(options: OpenTelemetryOptions): void {
  const refuse = (option: string, problem: string): never => {
    throw new TypeError(`fetch-sessions: openTelemetry: ${option} ${problem}`)
  }
  for (const name of Object.keys(options)) {
    if (!OPTIONS.includes(name)) refuse(name, `is no option: there are ${OPTIONS.join(', ')}`)
  }
  const { meter, logger, attributes = {} } = options
  if (meter !== undefined && typeof meter?.createCounter !== 'function')
    refuse('meter', 'must be a Meter, such as metrics.getMeter("my-app")')
  if (logger !== undefined && typeof logger?.emit !== 'function')
    refuse('logger', 'must be a Logger, such as logs.getLogger("my-app")')
  if (typeof attributes !== 'object' || attributes === null) refuse('attributes', 'must be an object')
  for (const name of ['metrics', 'spanEvents', 'sessionIds'] as const) {
    const value = options[name]
    if (value !== undefined && typeof value !== 'boolean') refuse(name, 'must be true or false')
  }
}
