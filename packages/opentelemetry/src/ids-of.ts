import type { SessionEvent } from '@fetch-sessions/core'
import type { Attributes } from '@opentelemetry/api'
import { SESSION_ID, SESSION_PREVIOUS_ID } from './names.js'

/** The ids that an event names. */
export function idsOf(event: SessionEvent): Attributes {
  return {
    ...('id' in event && event.id !== undefined && { [SESSION_ID]: event.id }),
    ...('previousId' in event && { [SESSION_PREVIOUS_ID]: event.previousId }),
  }
}

/** The ids of the session that the request is in, which a rejected cookie is not about. */
export function currentIdsOf(event: SessionEvent): Attributes {
  return event.type === 'rejected' || event.type === 'dropped' ? {} : idsOf(event)
}
