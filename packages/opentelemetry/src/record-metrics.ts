import type { SessionEvent } from '@fetch-sessions/core'
import type { Attributes } from '@opentelemetry/api'
import { attempt } from './attempt.js'
import type { Counters, Instruments } from './instruments.js'
import { OPERATION } from './names.js'
import { wordsOf } from './words-of.js'

type EventType = SessionEvent['type']

/** What is counted by which counter. */
const COUNTERS: Partial<Record<EventType, keyof Counters>> = {
  created: 'created',
  regenerated: 'regenerated',
  destroyed: 'destroyed',
  rejected: 'rejected',
  dropped: 'dropped',
  conflict: 'conflicts',
  failed: 'failures',
  degraded: 'degraded',
  late: 'late',
  warning: 'warnings',
}

/** What the store was asked for, where the event tells how long that took. */
const OPERATIONS: Partial<Record<EventType, string>> = {
  loaded: 'load',
  rejected: 'load',
  created: 'create',
  saved: 'save',
  touched: 'touch',
  regenerated: 'regenerate',
  destroyed: 'destroy',
}

/**
 * Counts and measures one event; if one of the two fails, the other is done. No attribute is an id: there are only as many
 * series as there are words.
 */
export function recordMetrics(event: SessionEvent, { counters, duration }: Instruments, attributes: Attributes): void {
  const counter = COUNTERS[event.type]
  if (counter !== undefined) attempt(() => counters[counter].add(1, { ...attributes, ...wordsOf(event) }))
  const operation = OPERATIONS[event.type]
  if (operation === undefined || !('duration' in event) || event.duration === undefined) return
  const seconds = event.duration / 1000
  attempt(() => duration.record(seconds, { ...attributes, [OPERATION]: operation }))
}
