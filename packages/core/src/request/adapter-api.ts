import { andThen, isPromise } from '../awaitable.js'
import { isObject } from '../session/plain-values.js'
import type { ReadableSession } from '../session/session.js'
import type { Awaitable } from '../store/store.js'
import type { FollowOutcome } from './follow-new-id.js'
import type { RequestSession, ToSave } from './request-session.js'
import { addToHeaders, type HeaderFields, type ResponseNeeds } from './response.js'
import type { SessionHandle } from './session-handle-type.js'

export { trimBlanks } from '../cookie/cookie-header.js'
export { checkPropertyName, rejectUnknown } from '../option-error.js'
export { shareHandles } from './handle-registry.js'

/**
 * For adapters of frameworks whose response is no `Response`: does what `commitHeaders` does, and tells `onEvent` of a
 * failure. It returns no promise where there is nothing to wait for.
 *
 * `save`: `all`; `sign-out` for a request that failed; `nothing` if saving has failed already.
 *
 * @throws SessionError if it could not be stored: do not send the response then
 */
export function completeHeaders<Data>(
  handle: SessionHandle<Data>,
  headers: HeaderFields,
  { save = 'all' }: { save?: ToSave } = {},
): Awaitable<void> {
  const session = requestSession(handle)
  const fail = (error: unknown): never => {
    session.tellFailure(error)
    throw error
  }
  const add = (needs: ResponseNeeds | undefined): void => {
    if (needs !== undefined) addToHeaders(headers, needs)
  }
  try {
    const completed = andThen(session.commit(save, headers), add)
    return isPromise(completed) ? completed.catch(fail) : completed
  } catch (error) {
    return fail(error)
  }
}

/** For the same adapters: whether a session has to be committed although nobody has asked for it. */
export function isDueUnused<Data>(handle: SessionHandle<Data>): boolean {
  return requestSession(handle).isDueUnused
}

/** For the same adapters: tells `onEvent` of an error that ended a request, if it is one of a session. */
export function tellFailure<Data>(handle: SessionHandle<Data>, error: unknown): void {
  // No error of ours may hide this one.
  ;(handle as Partial<RequestSession<Data>>).tellFailure?.(error)
}

/**
 * For the same adapters: the client has gone, and a response may never be sent. A sign-out must not wait for it. From
 * now on a `destroy()` is stored at once. If that fails, `onEvent` is told (`dropped`). All else waits for a commit.
 * Resolves when a sign-out that was there is stored.
 */
export function signOutAtOnce<Data>(handle: SessionHandle<Data>): Awaitable<void> {
  return requestSession(handle).signOutAtOnce()
}

/**
 * For `@fetch-sessions/login`, and nobody else: another request of the same browser has given the session of this one a new
 * id at this moment, by `regenerate({ grace })`, and this one goes on in it. Its answer repeats the cookie of the other one's:
 * the browser may keep either. What it has changed in a session of which it knows that it is lost is dropped.
 *
 * **Only for who has just proven who they are**, as by a password, within this request: this follows also where the grace of
 * the old cookie is over, or never was. A stolen cookie alone must not lead on. `isMeant`: whether the session that was found
 * says no more than what was proven, or, where nothing was, than what this request has asked for as well. A request that came
 * when its cookie was an old one already is never led on, nor one that has loaded its session more than ten seconds ago.
 *
 * `followed`: also where the session has no other id. `elsewhere`: it lives on, but it is not meant, no cookie can be made for
 * it (a `regenerate()` without `grace`), it is in its cookie, or the response is committed. `ended`: it lives no more.
 *
 * @throws SessionStoreError, and SessionDataError as for a session that is loaded
 */
export async function followNewId<Data>(
  handle: SessionHandle<Data>,
  isMeant: (session: ReadableSession<Data>) => boolean,
): Promise<FollowOutcome> {
  // A handle of another release may not know how.
  return (await (handle as Partial<RequestSession<Data>>).followNewId?.(isMeant)) ?? 'elsewhere'
}

/** For the same adapters: whether this is a session's handle, be it of another copy of this package or a test's own. */
export function isHandle<Data>(value: unknown): value is SessionHandle<Data> {
  return isObject(value) && 'read' in value && 'write' in value
}

/** By a method of its own: a handle of another copy of this package has another class. */
function requestSession<Data>(handle: SessionHandle<Data>): RequestSession<Data> {
  if (typeof (handle as RequestSession<Data> | undefined)?.signOutAtOnce === 'function')
    return handle as RequestSession<Data>
  throw new TypeError('fetch-sessions: this is no handle of a session: give what open() or begin() returns')
}
