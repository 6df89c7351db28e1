import type { OldSessionsOf } from './context.js'
import { invalidOption } from './option-error.js'
import { BroughtOldSessions } from './request/brought-old-sessions.js'
import { loadOldSession } from './request/load-old-session.js'
import type { MovesIn, OldSessions } from './session/old-sessions.js'

/**
 * Old sessions as `SessionManager.startFrom` takes them. What brings them in comes with this function, so that applications
 * without such visitors do not bundle it. `movingIn` of `@fetch-sessions/migrate` calls it.
 *
 * @example
 * ```ts
 * const sessions = new SessionManager({ store, secret }).startFrom(movesIn(oldSessions))
 * ```
 *
 * @throws TypeError if these are no old sessions
 */
export function movesIn(oldSessions: OldSessions): MovesIn {
  if (![oldSessions?.find, oldSessions?.cookies].every((method) => typeof method === 'function')) {
    throw invalidOption('movesIn', 'takes old sessions: see movingIn of @fetch-sessions/migrate')
  }
  const made: OldSessionsOf = {
    cookies: (header) => oldSessions.cookies(header),
    load: (context, header, phase) => loadOldSession(context, oldSessions, header, phase),
    ofRequest: (context, cookies) => new BroughtOldSessions(context, oldSessions, cookies),
  }
  return made
}
