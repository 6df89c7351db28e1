import type { Identity } from './carrier.js'
import type { SessionContext } from './context.js'
import { cookieValues } from './cookie-header.js'
import { Draft } from './draft.js'
import { SessionDataError } from './errors.js'
import { SessionState } from './session-state.js'
import { isPromise } from './store-guard.js'
import { lookUp, nextVersion } from './stored-session.js'

/** How many cookies of one name are verified: a thousand forged ones must not cost a thousand times the crypto. */
const MAX_CANDIDATES = 8

/**
 * The session of a request: the one that its cookie opens, or a new, empty one. An id that the client chose is never
 * taken over. `committed`: the response is committed already, and this is the session that it left behind.
 *
 * @throws SessionStoreError if the store fails: an outage is not a missing session
 */
export async function loadSession(
  context: SessionContext,
  request: Request,
  committed: { readonly identity: Identity | undefined } | undefined,
): Promise<SessionState> {
  const isLate = committed !== undefined
  const identity = committed?.identity ?? (await identify(context, request))
  const state = identity && (await loadStored(context, identity, isLate))
  const session = state ?? (await newSession(context, isLate))
  // A session that lives in its cookie can't be changed without sending one.
  session.isClosed = isLate && context.carrier.store === undefined
  return session
}

/** All values that the request brought for our cookie's name, good or bad. */
export function requestCookies({ cookie }: SessionContext, request: Request): string[] {
  return cookieValues(request.headers.get('cookie') ?? '', cookie.name)
}

/** The first cookie that verifies (cookie tossing: a neighbour host may have planted others). */
async function identify(context: SessionContext, request: Request): Promise<Identity | undefined> {
  const { carrier, emit } = context
  let first: Identity | undefined
  let verified = 0
  let isMalformed = false
  for (const value of new Set(requestCookies(context, request))) {
    if (verified === MAX_CANDIDATES) break
    const answer = carrier.verify(value)
    const found = isPromise(answer) ? await answer : answer
    if (found === 'malformed') isMalformed = true
    else verified++
    if (found === 'signature') emit({ type: 'rejected', reason: found })
    if (typeof found === 'string') continue
    if (first === undefined) first = found
    else emit({ type: 'rejected', reason: 'duplicate', id: found.id })
  }
  if (isMalformed) emit({ type: 'rejected', reason: 'malformed' })
  return first
}

async function loadStored(
  context: SessionContext,
  identity: Identity,
  isLate: boolean,
): Promise<SessionState | undefined> {
  const { emit, serializer, onInvalidData } = context
  const { id, store } = identity
  const started = performance.now()
  const answer = lookUp(context, identity)
  const found = isPromise(answer) ? await answer : answer
  const duration = performance.now() - started
  try {
    if (found === 'data') throw new SessionDataError('is not what this library stores')
    if (typeof found === 'object') {
      const { record, own } = found
      const values = serializer.decode(record.data)
      const draft = new Draft(isPromise(values) ? await values : values, { owner: record.owner, own }, serializer)
      emit({ type: 'loaded', id, duration })
      return new SessionState(identity, found, draft, isLate)
    }
  } catch (error) {
    if (onInvalidData === 'throw') throw error
  }
  const reason = typeof found === 'object' ? 'data' : found
  if (reason === 'expired') await store.delete(id)
  emit({ type: 'rejected', reason, id, duration })
  return undefined
}

/** A session that is not stored. It will be when there is something in it. */
export async function newSession(context: SessionContext, isLate: boolean): Promise<SessionState> {
  const { carrier, serializer, now } = context
  const content = { data: serializer.nothing, owner: undefined, own: undefined }
  const identity = carrier.issue()
  return new SessionState(
    isPromise(identity) ? await identity : identity,
    nextVersion(context, content, now(), 0),
    new Draft(new Map(), content, serializer),
    isLate,
  )
}
