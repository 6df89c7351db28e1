import { andThen, isPromise } from '../awaitable.js'
import type { Awaitable } from '../store/store.js'
import { RequestSession, type ToSave } from './request-session.js'
import { addToHeaders, type HeaderFields, type ResponseNeeds } from './response.js'
import type { SessionHandle } from './session-handle.js'

/**
 * For adapters of frameworks whose response is no `Response`: `commitHeaders`, which is no promise where there is nothing
 * to wait for, writes to any kind of headers, and tells `onEvent` of a failure.
 *
 * `save`: all; a `sign-out` alone, for a request that failed; nothing, where saving has failed already.
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

/** For the same adapters: whether a session that nobody has asked for has to be committed all the same. */
export function isDueUnused<Data>(handle: SessionHandle<Data>): boolean {
  return requestSession(handle).isDueUnused
}

/** For the same adapters: tells `onEvent` of an error that ended a request, if it is one of a session. */
export function tellFailure<Data>(handle: SessionHandle<Data>, error: unknown): void {
  requestSession(handle).tellFailure(error)
}

/**
 * For the same adapters: the client has gone, and nobody may ever send the response that a sign-out would wait for. From
 * now on a `destroy()` is stored at once; if that fails, `onEvent` is told (`dropped`). All else waits for a commit.
 */
export function signOutAtOnce<Data>(handle: SessionHandle<Data>): void {
  requestSession(handle).signOutAtOnce()
}

function requestSession<Data>(handle: SessionHandle<Data>): RequestSession<Data> {
  if (handle instanceof RequestSession) return handle
  throw new TypeError('fetch-sessions: this is no handle of a session: give what open() or begin() returns')
}
