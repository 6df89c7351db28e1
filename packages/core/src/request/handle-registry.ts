import type { SessionContext } from '../context.js'
import { twoManagers } from '../option-error.js'
import { RequestSession } from './request-session.js'

/** Under which a request carries its handles. Shared by all copies of this package. */
const HANDLES: unique symbol = Symbol.for('fetch-sessions.handles') as never

interface Entry {
  readonly context: SessionContext
  readonly handle: RequestSession<unknown>
}

/**
 * The handle of a request: a new one, or the one that it has. It is found through a proxy of the request as well, but
 * nothing that only inherits from the request, or was given other cookies, is served by it.
 *
 * @throws TypeError if another manager with the same cookie name is at work on the request
 */
export function handleOf<Data>(context: SessionContext, request: Request): RequestSession<Data> {
  return knownHandle(context, request) ?? add(context, request, entriesOf(request))
}

/** The handle that a request has, if it has one. */
export function knownHandle<Data>(context: SessionContext, request: Request): RequestSession<Data> | undefined {
  for (const entry of entriesOf(request)) {
    if (entry.context === context && entry.handle.belongsTo(request)) return entry.handle as RequestSession<Data>
  }
  return undefined
}

/** The same for who begins to handle a request: one that was handled before, or has failed, starts anew. */
export function beginHandle<Data>(context: SessionContext, request: Request): RequestSession<Data> {
  const handle = handleOf<Data>(context, request)
  // Of a failed attempt that nobody has committed, nothing is left to do.
  if (handle.hasFailed && !handle.isManaged) handle.isOver = true
  return handle.isOver ? add(context, request, entriesOf(request)) : handle
}

/**
 * The handles that were opened with this very request and are not committed, the newest first. There are several if its
 * cookies were changed in between.
 */
export function openHandles<Data>(context: SessionContext, request: Request): RequestSession<Data>[] {
  return entriesOf(request)
    .filter((entry) => entry.context === context && !entry.handle.isOver && entry.handle.request() === request)
    .map((entry) => entry.handle as RequestSession<Data>)
}

/** Whether a request has more than one handle, of whichever manager. */
export function hasSeveralHandles(request: Request): boolean {
  return entriesOf(request).length > 1
}

/** Forgets the handle, so that the same request can be handled again. */
export function forgetHandle<Data>(request: Request, handle: RequestSession<Data>): void {
  const entries = entriesOf(request)
  const index = entries.findIndex((entry) => entry.handle === handle)
  if (index >= 0) entries.splice(index, 1)
}

function add<Data>(context: SessionContext, request: Request, entries: Entry[]): RequestSession<Data> {
  const { name } = context.cookie
  const rival = entries.find((entry) => entry.context !== context && entry.context.cookie.name === name)
  if (rival !== undefined && !rival.handle.isOver) {
    throw twoManagers(name)
  }
  const handle = new RequestSession<Data>(context, request)
  // The newest comes first.
  entries.unshift({ context, handle: handle as RequestSession<unknown> })
  return handle
}

function entriesOf(request: Request): Entry[] {
  const carrying = request as Request & { [HANDLES]?: Entry[] }
  const known = carrying[HANDLES]
  // What only inherits from a request has none of its own.
  if (known !== undefined && Object.hasOwn(carrying, HANDLES)) return known
  const entries: Entry[] = []
  carrying[HANDLES] = entries
  return entries
}
