import type { SessionEvent } from '@fetch-sessions/core'
import type { Attributes } from '@opentelemetry/api'
import { idsOf } from './ids-of.js'
import { ATTEMPT, COUNT } from './names.js'
import { wordsOf } from './words-of.js'

/** Something to show in a trace or a log. */
export interface Occurrence {
  readonly name: string
  readonly severity: 'INFO' | 'WARN' | 'ERROR'
  readonly attributes: Attributes
}

const SEVERITY: Partial<Record<SessionEvent['type'], Occurrence['severity']>> = {
  failed: 'ERROR',
  dropped: 'WARN',
  degraded: 'WARN',
  late: 'WARN',
  warning: 'WARN',
}

/** What happens with nearly every request, and is in the metrics. */
const ROUTINE: readonly SessionEvent['type'][] = ['loaded', 'saved', 'touched']

/** What an event is in a trace or a log, or `undefined` for what would only fill them. */
export function occurrenceOf(event: SessionEvent, withIds: boolean): Occurrence | undefined {
  if (ROUTINE.includes(event.type)) return undefined
  return {
    name: `fetch_sessions.${event.type}`,
    severity: SEVERITY[event.type] ?? 'INFO',
    attributes: {
      ...wordsOf(event),
      ...(event.type === 'conflict' && { [ATTEMPT]: event.attempt }),
      ...(event.type === 'destroyed-by-owner' && event.count !== undefined && { [COUNT]: event.count }),
      ...(withIds && idsOf(event)),
    },
  }
}
