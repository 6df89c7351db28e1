import type { SessionHandle, SessionManager } from '@fetch-sessions/core'
import type { NodeRequest } from './node-request.js'
import { RequestSessions } from './request-sessions.js'
import { nearestState } from './request-state.js'

/** By the name of the property. With functions of its own, each request would be a class of its own to the engine. */
const PROPERTIES: Map<string, PropertyDescriptor> = new Map()

/**
 * Shows the handle of a manager's session as a property of the request.
 * @throws TypeError if there is another one of that name
 */
export function showSession(
  request: NodeRequest,
  as: string,
  manager: SessionManager<never>,
  sessions: RequestSessions,
): void {
  const known = sessions.managerNamed(as)
  if (known === manager) return
  // Behind a router with a manager of its own, the rest of the application would go on with that one's sessions.
  if (known !== undefined) throw isOfAnother(as)
  if (as in request) throw isTaken(as)
  sessions.name(as, manager)
  // Where the request has the state of another one (a proxy, what inherits from it), the property has to know whose it is.
  const isOwn = nearestState(request)?.of === request
  Object.defineProperty(request, as, isOwn ? propertyOf(as) : newProperty(() => sessions.named(as), as))
}

function propertyOf(as: string): PropertyDescriptor {
  const known = PROPERTIES.get(as)
  if (known !== undefined) return known
  const property = newProperty(function (this: NodeRequest) {
    return RequestSessions.near(this, as)?.named(as)
  }, as)
  PROPERTIES.set(as, property)
  return property
}

function newProperty(get: () => SessionHandle<never> | undefined, as: string): PropertyDescriptor {
  return { configurable: true, enumerable: true, get, set: () => refuseAssignment(as) }
}

export function isTaken(as: string): TypeError {
  return new TypeError(
    `fetch-sessions: requests have a "${as}" already, of something else: take that away, or give the option "as" another name`,
  )
}

export function isOfAnother(as: string): TypeError {
  return new TypeError(
    `fetch-sessions: "${as}" of the request is the session of another manager already: give one of them another name, such as { as: 'admin' }`,
  )
}

/** What those write who come from express-session. */
export function refuseAssignment(as: string): never {
  throw new TypeError(
    `fetch-sessions: "${as}" of a request can not be assigned to. To end a session: (await request.${as}.write()).destroy()`,
  )
}
