import type { Identity } from './carrier.js'
import type { SessionContext } from './context.js'
import { cookieValues } from './cookie-header.js'
import { Draft } from './draft.js'
import { SessionDataError } from './errors.js'
import { SessionState } from './session-state.js'
import { callStore, isPromise } from './store-call.js'
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
  const session = state ?? newSession(context, await context.carrier.issue(), isLate)
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
  const values = [...new Set(requestCookies(context, request))]
  const candidates = values.filter((value) => carrier.isWellFormed(value))
  if (candidates.length < values.length) emit({ type: 'rejected', reason: 'malformed' })
  let first: Identity | undefined
  for (const value of candidates.slice(0, MAX_CANDIDATES)) {
    const answer = carrier.verify(value)
    const identity = isPromise(answer) ? await answer : answer
    if (identity === undefined) emit({ type: 'rejected', reason: 'signature' })
    else if (first === undefined) first = identity
    else emit({ type: 'rejected', reason: 'duplicate', id: identity.id })
  }
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
  const found = await lookUp(context, identity)
  const duration = performance.now() - started
  try {
    if (found === 'data') throw new SessionDataError('is not what this library stores')
    if (typeof found !== 'string') {
      const { record, own } = found
      const draft = new Draft(await serializer.decode(record.data), { owner: record.owner, own }, serializer)
      emit({ type: 'loaded', id, duration })
      return new SessionState(identity, found, draft, isLate)
    }
  } catch (error) {
    if (onInvalidData === 'throw') throw error
  }
  const reason = typeof found === 'string' ? found : 'data'
  if (reason === 'expired') await callStore('delete', () => store.delete(id))
  emit({ type: 'rejected', reason, id, duration })
  return undefined
}

/** A session that is not stored. It will be when there is something in it. */
export function newSession(context: SessionContext, identity: Identity, isLate: boolean): SessionState {
  const content = { data: '', owner: undefined, own: undefined }
  const unborn = nextVersion(context, content, context.now(), 0)
  return new SessionState(identity, unborn, new Draft(new Map(), content, context.serializer), isLate)
}
