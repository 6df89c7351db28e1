import type { SessionEvent } from '@fetch-sessions/core'
import type { Attributes } from '@opentelemetry/api'
import { ERROR_TYPE, REASON, WARNING } from './names.js'

/** What an event says in words of which there is a handful. Of an error that is its code, and no message. */
export function wordsOf(event: SessionEvent): Attributes {
  switch (event.type) {
    case 'rejected':
    case 'dropped':
      return { [REASON]: event.reason }
    case 'failed':
    case 'degraded':
      return { [ERROR_TYPE]: event.error.code }
    case 'warning':
      return { [WARNING]: event.warning }
    default:
      return {}
  }
}
