import type { Identity } from './carrier.js'
import type { SessionContext } from './context.js'
import { cookieValues } from './cookie-header.js'
import { SessionDataError } from './errors.js'
import type { RejectionReason } from './events.js'
import { expiryWhenUsed } from './lifetime.js'
import { lookUp, type StoredSession } from './lookup.js'
import type { Serializer, Values } from './serializer.js'
import { SessionState } from './session-state.js'
import { callStore, isPromise } from './store-call.js'
import { WorkingValues } from './working-values.js'

/** How many cookies of one name are verified: a thousand forged ones must not cost a thousand times the crypto. */
const MAX_CANDIDATES = 8

/**
 * The session of a request: the one that its cookie opens, or a new, empty one. An id that the client chose is never
 * taken over. `late`: the response is committed already.
 *
 * @throws SessionStoreError if the store fails: an outage is not a missing session
 */
export async function loadSession(context: SessionContext, request: Request, late: boolean): Promise<SessionState> {
  const identity = await identify(context, request)
  const state = identity === undefined ? undefined : await loadStored(context, identity, late)
  return state ?? newSession(context, await context.carrier.issue(), late)
}

/** The same session once more, after its response was committed. */
export async function reloadSession(context: SessionContext, identity: Identity): Promise<SessionState> {
  return (await loadStored(context, identity, true)) ?? newSession(context, identity, true)
}

/** Whether the request brought a cookie of this name, good or bad. */
export function hasCookie({ cookie }: SessionContext, request: Request): boolean {
  return cookieValues(request.headers.get('cookie') ?? '', cookie.name).length > 0
}

/** The first cookie that verifies (cookie tossing: a neighbour host may have planted others). */
async function identify({ carrier, cookie, emit }: SessionContext, request: Request): Promise<Identity | undefined> {
  const header = request.headers.get('cookie')
  if (header === null) return undefined
  const values = [...new Set(cookieValues(header, cookie.name))]
  const candidates = values.filter((value) => carrier.isWellFormed(value)).slice(0, MAX_CANDIDATES)
  if (candidates.length < values.length) emit({ type: 'rejected', reason: 'malformed' })
  let first: Identity | undefined
  for (const value of candidates) {
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
  late: boolean,
): Promise<SessionState | undefined> {
  const { id, store } = identity
  const started = performance.now()
  const found = await lookUp(context, identity)
  const duration = performance.now() - started
  const reject = (reason: RejectionReason): undefined =>
    context.emit({ type: 'rejected', reason, id, duration }) as undefined
  if (found === 'data') return rejectData(context, new SessionDataError('is not a record of this library'), reject)
  if (found === 'expired') await callStore(store, 'delete', (it) => it.delete(id))
  if (typeof found === 'string') return reject(found)
  let values: Values
  try {
    const decoded = context.serializer.decode(found.record.data)
    values = isPromise(decoded) ? await decoded : decoded
  } catch (error) {
    return rejectData(context, error, reject)
  }
  context.emit({ type: 'loaded', id, duration })
  return stateOf(identity, found, values, context.serializer, late)
}

function rejectData(context: SessionContext, error: unknown, reject: (reason: 'data') => undefined): undefined {
  if (context.onInvalidData === 'throw') throw error
  return reject('data')
}

function stateOf(
  identity: Identity,
  stored: StoredSession,
  values: Values,
  serializer: Serializer,
  late: boolean,
): SessionState {
  const { record, expiresAt } = stored
  return new SessionState(
    identity,
    stored,
    new WorkingValues(values, serializer),
    { createdAt: record.createdAt, expiresAt },
    late,
  )
}

/** A session that is not stored. It will be when there is something in it. */
export function newSession(
  { serializer, lifetime, now }: SessionContext,
  identity: Identity,
  late: boolean,
): SessionState {
  const createdAt = now()
  const expiresAt = expiryWhenUsed(createdAt, createdAt, lifetime)
  return new SessionState(identity, undefined, new WorkingValues(new Map(), serializer), { createdAt, expiresAt }, late)
}
