import type { SessionHandle, SessionManager } from '@fetch-sessions/core'
import type { RequestSessions } from './request-sessions.js'

/**
 * Shows the handle of a manager's session as a property of the request.
 * @throws TypeError if there is another one of that name
 */
export function showSession(
  request: object,
  as: string,
  manager: SessionManager<never>,
  sessions: RequestSessions,
): void {
  const isThere = sessions.has(as)
  sessions.name(as, manager)
  if (isThere) return
  if (as in request) throw isTaken(as)
  Object.defineProperty(request, as, {
    configurable: true,
    enumerable: true,
    get: (): SessionHandle<never> | undefined => sessions.named(as),
    set: () => refuseAssignment(as),
  })
}

export function isTaken(as: string): TypeError {
  return new TypeError(
    `fetch-sessions: requests have a "${as}" already, of something else: take that away, or give the option "as" another name`,
  )
}

/** What those write who come from express-session. */
export function refuseAssignment(as: string): never {
  throw new TypeError(
    `fetch-sessions: "${as}" of a request can not be assigned to. To end a session: (await request.${as}.write()).destroy()`,
  )
}
