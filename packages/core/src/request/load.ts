import { andThen, isPromise } from '../awaitable.js'
import type { SessionContext } from '../context.js'
import type { Identity } from '../cookie/cookie-format.js'
import { cookieValues } from '../cookie/cookie-header.js'
import { SessionDataError } from '../errors.js'
import { stopwatch } from '../events.js'
import { Draft } from '../session/draft.js'
import type { Values } from '../session/serializer.js'
import { SessionState } from '../session/session-state.js'
import { examine, type Miss, nextVersion } from '../session/stored-session.js'
import type { Awaitable, SessionRecord } from '../store/store.js'

/** How many cookies of one name are verified: a thousand forged ones must not cost a thousand times the crypto. */
const MAX_CANDIDATES = 8

/**
 * The session of a request: the one that its cookie opens, or a new, empty one. An id that the client chose is never
 * taken over. `isLate`: the response is committed already, and has left this session behind, if any.
 *
 * @throws SessionStoreError if the store fails: an outage is not a missing session
 */
export function loadSession(
  context: SessionContext,
  request: Request,
  isLate: boolean,
  left: Identity | undefined,
): Awaitable<SessionState> {
  return andThen(left ?? identify(context, request), (identity) => load(context, identity, isLate))
}

/** All values that the request brought for our cookie's name, good or bad. */
export function requestCookies({ cookie }: SessionContext, request: Request): string[] {
  return cookieValues(request.headers.get('cookie') ?? '', cookie.name)
}

/** Whose cookie it is. Nothing is waited for where the answer is known. */
function identify(context: SessionContext, request: Request): Awaitable<Identity | undefined> {
  const { carrier, emit } = context
  const values = requestCookies(context, request)
  if (values.length > 1) return identifyFirst(context, new Set(values))
  if (values.length === 0) return undefined
  return andThen(carrier.verify(values[0] as string), (found) =>
    typeof found === 'string' ? (emit?.({ type: 'rejected', reason: found }) as undefined) : found,
  )
}

/** The first cookie that verifies (cookie tossing: a neighbour host may have planted others). */
async function identifyFirst(
  { carrier, emit }: SessionContext,
  values: ReadonlySet<string>,
): Promise<Identity | undefined> {
  let first: Identity | undefined
  let candidates = 0
  let isMalformed = false
  for (const value of values) {
    if (candidates === MAX_CANDIDATES) break
    const found = await carrier.verify(value)
    if (found === 'malformed') {
      isMalformed = true
      continue
    }
    candidates++
    if (found === 'signature') emit?.({ type: 'rejected', reason: found })
    else if (first === undefined) first = found
    else emit?.({ type: 'rejected', reason: 'duplicate', id: found.id })
  }
  if (isMalformed) emit?.({ type: 'rejected', reason: 'malformed' })
  return first
}

function load(context: SessionContext, identity: Identity | undefined, isLate: boolean): Awaitable<SessionState> {
  if (identity === undefined) return newSession(context, isLate)
  const started = stopwatch(context.emit)
  return andThen(identity.store.load(identity.id), (record) => open(context, identity, record, started, isLate))
}

/** Makes a session of the store's answer, or begins a new one. */
function open(
  context: SessionContext,
  identity: Identity,
  record: SessionRecord | undefined,
  started: number,
  isLate: boolean,
): Awaitable<SessionState> {
  const { emit, serializer } = context
  const { id, store } = identity
  const duration = stopwatch(emit) - started
  const reject = (reason: Miss): Awaitable<SessionState> => {
    emit?.({ type: 'rejected', reason, id, duration })
    return newSession(context, isLate)
  }
  const refuse = (error: unknown): Awaitable<SessionState> => {
    if (context.onInvalidData === 'throw') throw error
    return reject('data')
  }
  const found = examine(context, record)
  if (found === 'data') return refuse(new SessionDataError('is not what this library stores'))
  if (found === 'expired') return andThen(store.delete(id), () => reject(found))
  if (found === 'unknown') return reject(found)
  const admit = (values: Values): SessionState => {
    emit?.({ type: 'loaded', id, duration })
    return new SessionState(identity, found, new Draft(values, found.record.owner, found.own, serializer), isLate)
  }
  try {
    const values = serializer.decode(found.record.data)
    return isPromise(values) ? values.then(admit, refuse) : admit(values)
  } catch (error) {
    return refuse(error)
  }
}

/** A session that is not stored. It will be when there is something in it. */
export function newSession(context: SessionContext, isLate: boolean): Awaitable<SessionState> {
  const { carrier, serializer, now } = context
  const unborn = nextVersion(context, { data: serializer.nothing, owner: undefined, own: undefined }, now(), 0)
  const begin = (identity: Identity): SessionState =>
    new SessionState(identity, unborn, new Draft({}, undefined, undefined, serializer), isLate)
  return andThen(carrier.issue(), begin)
}
