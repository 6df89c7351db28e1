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
  'destroyed-by-owner': 'destroyed',
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
  'destroyed-by-owner': 'destroy-by-owner',
  cleared: 'clear',
  // Of its own: what is saved in the end tells of the whole time.
  conflict: 'conflict',
}

/** How many an event tells of. Of the sessions in cookies, and of those that `clear` has ended, nobody knows. */
function amountOf(event: SessionEvent): number {
  return event.type === 'destroyed-by-owner' ? (event.count ?? 0) : 1
}

/**
 * Counts and measures one event; if one of the two fails, the other is done. No attribute is an id: there are only as many
 * series as there are words.
 */
export function recordMetrics(event: SessionEvent, { counters, duration }: Instruments, attributes: Attributes): void {
  const counter = COUNTERS[event.type]
  const amount = amountOf(event)
  if (counter !== undefined && amount > 0)
    attempt(() => counters[counter].add(amount, { ...attributes, ...wordsOf(event) }))
  const operation = OPERATIONS[event.type]
  if (operation === undefined || !('duration' in event) || event.duration === undefined) return
  const seconds = event.duration / 1000
  attempt(() => duration.record(seconds, { ...attributes, [OPERATION]: operation }))
}
