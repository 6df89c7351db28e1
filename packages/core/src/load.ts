import { andThen, isPromise } from './awaitable.js'
import type { Identity, Rejected } from './carrier.js'
import type { SessionContext } from './context.js'
import { cookieValues } from './cookie-header.js'
import { Draft } from './draft.js'
import { SessionDataError } from './errors.js'
import { stopwatch } from './events.js'
import type { Values } from './serializer.js'
import { SessionState } from './session-state.js'
import type { Awaitable } from './store.js'
import { contentOf, lookUp, type Miss, nextVersion } from './stored-session.js'

/** How many cookies of one name are verified: a thousand forged ones must not cost a thousand times the crypto. */
const MAX_CANDIDATES = 8

/**
 * The session of a request: the one that its cookie opens, or a new, empty one. An id that the client chose is never
 * taken over. `committed`: the response is committed already, and this is the session that it left behind.
 *
 * @throws SessionStoreError if the store fails: an outage is not a missing session
 */
export function loadSession(
  context: SessionContext,
  request: Request,
  committed: { readonly identity: Identity | undefined } | undefined,
): Awaitable<SessionState> {
  const isLate = committed !== undefined
  const identity = committed?.identity ?? identify(context, request)
  const stored = andThen(identity, (identity) => identity && loadStored(context, identity, isLate))
  return andThen(stored, (stored) => stored ?? newSession(context, isLate))
}

/** All values that the request brought for our cookie's name, good or bad. */
export function requestCookies({ cookie }: SessionContext, request: Request): string[] {
  return cookieValues(request.headers.get('cookie') ?? '', cookie.name)
}

/** The first cookie that verifies (cookie tossing: a neighbour host may have planted others). */
function identify(context: SessionContext, request: Request): Awaitable<Identity | undefined> {
  const { carrier, emit } = context
  let first: Identity | undefined
  let verified = 0
  let isMalformed = false
  const judge = (found: Identity | Rejected): void => {
    if (found === 'malformed') isMalformed = true
    else verified++
    if (found === 'signature') emit?.({ type: 'rejected', reason: found })
    if (typeof found === 'string') return
    if (first === undefined) first = found
    else emit?.({ type: 'rejected', reason: 'duplicate', id: found.id })
  }
  const values = requestCookies(context, request)
  let progress: Awaitable<void> | undefined
  for (const value of values.length > 1 ? new Set(values) : values) {
    const verify = (): Awaitable<void> =>
      verified === MAX_CANDIDATES ? undefined : andThen(carrier.verify(value), judge)
    progress = andThen(progress, verify)
  }
  return andThen(progress, () => {
    if (isMalformed) emit?.({ type: 'rejected', reason: 'malformed' })
    return first
  })
}

function loadStored(context: SessionContext, identity: Identity, isLate: boolean): Awaitable<SessionState | undefined> {
  const { emit, serializer } = context
  const { id, store } = identity
  const started = stopwatch(emit)
  return andThen(lookUp(context, identity), (found) => {
    const duration = stopwatch(emit) - started
    const reject = (reason: Miss): undefined => emit?.({ type: 'rejected', reason, id, duration }) as undefined
    const refuse = (error: unknown): undefined => {
      if (context.onInvalidData === 'throw') throw error
      return reject('data')
    }
    if (found === 'data') return refuse(new SessionDataError('is not what this library stores'))
    if (found === 'expired') return andThen(store.delete(id), () => reject(found))
    if (found === 'unknown') return reject(found)
    const open = (values: Values): SessionState => {
      emit?.({ type: 'loaded', id, duration })
      return new SessionState(identity, found, new Draft(values, contentOf(found), serializer), isLate)
    }
    try {
      const values = serializer.decode(found.record.data)
      return isPromise(values) ? values.then(open, refuse) : open(values)
    } catch (error) {
      return refuse(error)
    }
  })
}

/** A session that is not stored. It will be when there is something in it. */
export function newSession(context: SessionContext, isLate: boolean): Awaitable<SessionState> {
  const { carrier, serializer, now } = context
  const content = { data: serializer.nothing, owner: undefined, own: undefined }
  const unborn = nextVersion(context, content, now(), 0)
  return andThen(
    carrier.issue(),
    (identity) => new SessionState(identity, unborn, new Draft({}, content, serializer), isLate),
  )
}
