import { type Counter, type Histogram, type Meter, type MeterProvider, metrics } from '@opentelemetry/api'
import { SCOPE } from './names.js'

/** The boundaries that OpenTelemetry advises for calls of a database, in seconds. */
const SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10]

/** What is counted: name, unit, and what it means. */
const COUNTERS = {
  created: ['session.created', '{session}', 'Sessions that were stored for the first time.'],
  regenerated: ['session.regenerated', '{session}', 'Sessions that were given a new id.'],
  destroyed: ['session.destroyed', '{session}', 'Sessions that were destroyed.'],
  rejected: ['cookie.rejected', '{cookie}', 'Session cookies that came and opened nothing.'],
  dropped: ['change.dropped', '{change}', 'Changes of a request, or cookies, that were lost.'],
  conflicts: ['store.conflict', '{conflict}', 'Writes that met one of another request and were made again.'],
  failures: ['request.failed', '{request}', 'Requests that ended in an error of their session.'],
  degraded: ['request.degraded', '{request}', 'Requests that went on without a session while the store was down.'],
  late: ['request.late', '{request}', 'Requests that used their session only after the response.'],
  warnings: ['warning', '{warning}', 'Settings that will not do in production.'],
} as const

export type Counters = Record<keyof typeof COUNTERS, Counter>

/** What is counted and measured. */
export interface Instruments {
  readonly counters: Counters
  /** Seconds. */
  readonly duration: Histogram
}

/**
 * The instruments of this meter, or of the global one, made when they are first asked for. The global provider is looked at
 * each time: OpenTelemetry gives out meters that do nothing until it is set, and these stay so.
 */
export function lazyInstruments(meter: Meter | undefined): () => Instruments {
  let from: Meter | MeterProvider | undefined
  let instruments: Instruments
  return () => {
    const source = meter ?? metrics.getMeterProvider()
    if (source !== from) {
      instruments = create(meter ?? metrics.getMeter(SCOPE))
      from = source
    }
    return instruments
  }
}

function create(meter: Meter): Instruments {
  const counters = Object.entries(COUNTERS).map(([key, [name, unit, description]]) => [
    key,
    meter.createCounter(`fetch_sessions.${name}`, { unit, description }),
  ])
  return {
    counters: Object.fromEntries(counters) as Counters,
    duration: meter.createHistogram('fetch_sessions.store.duration', {
      unit: 's',
      description: 'Time in the store, for what is done there for a session.',
      advice: { explicitBucketBoundaries: SECONDS },
    }),
  }
}
