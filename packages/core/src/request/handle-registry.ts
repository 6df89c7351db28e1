import type { SessionContext } from '../context.js'
import { twoManagers } from '../option-error.js'
import { RequestSession } from './request-session.js'

/** Under which a request carries its handles. Shared by all copies of this package. */
const HANDLES: unique symbol = Symbol.for('fetch-sessions.handles') as never

/**
 * Each handle knows the one before it. This is an object since a proxy of the request may refuse a second property, and of a
 * class (`benchmarks/README.md`, "What lives too long").
 */
class Handles {
  newest: RequestSession<unknown> | undefined = undefined
}

/**
 * Of requests that take no property: frozen ones, and proxies that refuse it. Each of these stands for itself alone, not for
 * what it is a proxy of.
 */
let apart: WeakMap<Request, Handles> | undefined

/**
 * The handle of a request: the one that it has, or a new one. A proxy of the request has the same handle. An object
 * that only inherits from the request does not, and neither does one with other cookies.
 *
 * @throws TypeError if another manager with the same cookie name is at work on the request
 */
export function handleOf<Data>(context: SessionContext, request: Request): RequestSession<Data> {
  return knownHandle(context, request) ?? add(context, request)
}

/** The handle that a request has, if it has one. */
export function knownHandle<Data>(context: SessionContext, request: Request): RequestSession<Data> | undefined {
  for (let handle = handlesOf(request)?.newest; handle !== undefined; handle = handle.earlier) {
    if (handle.isOf(context) && handle.belongsTo(request)) return handle as RequestSession<Data>
  }
  return undefined
}

/**
 * The handle for whoever begins to handle a request. A request that was handled before, or has failed, gets a new one.
 */
export function beginHandle<Data>(context: SessionContext, request: Request): RequestSession<Data> {
  const handle = handleOf<Data>(context, request)
  // Of a failed attempt that nobody has committed, nothing is left to do.
  if (handle.hasFailed && !handle.isManaged && !handle.isOver) handle.abandon()
  const begun = handle.isOver ? add<Data>(context, request) : handle
  begun.isBegun = true
  return begun
}

/**
 * The handles that were opened with this very request and are not committed, the newest first. There are several if its
 * cookies were changed in between.
 */
export function openHandles<Data>(context: SessionContext, request: Request): RequestSession<Data>[] {
  const open: RequestSession<Data>[] = []
  for (let handle = handlesOf(request)?.newest; handle !== undefined; handle = handle.earlier) {
    const isOpen = handle.isOf(context) && !handle.isOver && handle.request() === request
    if (isOpen) open.push(handle as RequestSession<Data>)
  }
  return open
}

/** Forgets the handle, so that the same request can be handled again. */
export function forgetHandle<Data>(request: Request, forgotten: RequestSession<Data>): void {
  const handles = handlesOf(request)
  if (handles?.newest === forgotten) handles.newest = forgotten.earlier
  for (let handle = handles?.newest; handle !== undefined; handle = handle.earlier) {
    if (handle.earlier === forgotten) handle.earlier = forgotten.earlier
  }
}

/**
 * For adapters whose request is no `Request`: from now on both objects, which stand for the same request, have the same
 * handles. `to` has none yet.
 */
export function shareHandles(from: Request, to: Request): void {
  put(to, handlesOf(from) ?? carry(from))
}

function add<Data>(context: SessionContext, request: Request): RequestSession<Data> {
  const handles = handlesOf(request) ?? carry(request)
  const added = new RequestSession<Data>(context, request)
  for (let handle = handles.newest; handle !== undefined; handle = handle.earlier) {
    if (!handle.isOver && !handle.isOf(context) && handle.cookieName === context.cookie.name) {
      throw twoManagers(context.cookie.name)
    }
    // From now on nobody finds it. One Request may be handled thousands of times, as a constant of a test is.
    if (handle.isOver && handle.isOf(context) && handle.belongsTo(request)) forgetHandle(request, handle)
  }
  if (handles.newest !== undefined) handles.newest.isFollowed = true
  added.earlier = handles.newest
  handles.newest = added as RequestSession<unknown>
  return added
}

function handlesOf(request: Request): Handles | undefined {
  const known = (request as Request & { [HANDLES]?: Handles })[HANDLES]
  // What only inherits from a request has none of its own.
  return known !== undefined && Object.hasOwn(request, HANDLES) ? known : apart?.get(request)
}

function carry(request: Request): Handles {
  const handles = new Handles()
  put(request, handles)
  return handles
}

function put(request: Request, handles: Handles): void {
  try {
    ;(request as Request & { [HANDLES]?: Handles })[HANDLES] = handles
  } catch {}
  if (Object.hasOwn(request, HANDLES)) return
  apart ??= new WeakMap()
  apart.set(request, handles)
}
