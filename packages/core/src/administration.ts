// What is done to stored sessions without a request: by an operator, a job, a page of a user's devices.
import { edit, find } from './commit/edit-by-id.js'
import { endSession } from './commit/end-session.js'
import type { SessionContext } from './context.js'
import type { Identity } from './cookie/cookie-format.js'
import { isId } from './cookie/note-id.js'
import { SessionError } from './errors.js'
import { elapsedSince, startTime } from './events.js'
import { invalidOption, rejectUnknown } from './option-error.js'
import { checkOwner } from './session/session.js'
import { type SessionInfo, sessionInfo } from './session/session-info.js'
import type { SessionState } from './session/session-state.js'
import type { SessionStore } from './store/store.js'

type StoreCapability = 'list' | 'listByOwner' | 'deleteByOwner' | 'deleteExpired' | 'clear'

/** What not every store can do. `exclusive`: it compares and sets, which a cookie can't. */
export type Capability = StoreCapability | 'exclusive'

/** How many expired records are removed at once when nothing else is said, and how many sessions a page lists. */
const DEFAULT_SWEEP = 1000
const DEFAULT_PAGE = 100

/** Whether there was such a session. */
export async function destroyById(context: SessionContext, id: string): Promise<boolean> {
  if (!isIdGiven(id)) return false
  const { format, emit } = context
  const started = startTime(emit)
  const store = storeWith(context, 'delete')
  const isDestroyed = format.isShared
    ? (await endSession(context, { id, store })) === 'destroyed'
    : await store.delete(id)
  if (isDestroyed) emit?.({ type: 'destroyed', id, duration: elapsedSince(started) })
  return isDestroyed
}

/** `undefined` if it is gone. */
export async function findById(context: SessionContext, id: string): Promise<SessionState | undefined> {
  const identity = identityOf(context, id)
  return identity && find(context, identity)
}

/** Whether there is such a session. */
export async function editById(
  context: SessionContext,
  id: string,
  change: (state: SessionState) => void,
): Promise<boolean> {
  const identity = identityOf(context, id)
  return identity !== undefined && edit(context, identity, change)
}

export async function listPage(
  context: SessionContext,
  options: { cursor?: string | undefined; limit?: number | undefined },
): Promise<{ sessions: SessionInfo[]; cursor: string | undefined }> {
  rejectUnknown('list: ', options, ['cursor', 'limit'])
  const { cursor, limit = DEFAULT_PAGE } = options
  checkLimit(limit)
  if (cursor !== undefined && typeof cursor !== 'string') throw invalidOption('cursor', 'must be a string')
  const page = await capability(context, 'list')(cursor, limit, context.now())
  return { sessions: page.entries.flatMap((entry) => sessionInfo(context, entry)), cursor: page.cursor }
}

export async function listByOwner(context: SessionContext, owner: string): Promise<SessionInfo[]> {
  checkOwner(owner, Infinity)
  const entries = await capability(context, 'listByOwner')(owner)
  return entries.flatMap((entry) => sessionInfo(context, entry))
}

/** How many; `undefined` where they are in their cookies. */
export async function destroyByOwner(
  context: SessionContext,
  owner: string,
  options: { except?: string | undefined },
): Promise<number | undefined> {
  checkOwner(owner, Infinity)
  rejectUnknown('destroyByOwner: ', options, ['except'])
  const { except } = options
  if (except !== undefined) isIdGiven(except)
  const { emit, format } = context
  const started = startTime(emit)
  const deleted = await capability(context, 'deleteByOwner')(owner, except)
  const count = format.isShared ? deleted : undefined
  const spared = except !== undefined && { except }
  emit?.({ type: 'destroyed-by-owner', owner, ...spared, count, duration: elapsedSince(started) })
  return count
}

export async function deleteExpired(context: SessionContext, limit: number = DEFAULT_SWEEP): Promise<number> {
  checkLimit(limit)
  return capability(context, 'deleteExpired')(context.now(), limit)
}

export async function clear(context: SessionContext): Promise<void> {
  const started = startTime(context.emit)
  await capability(context, 'clear')()
  context.emit?.({ type: 'cleared', duration: elapsedSince(started) })
}

export function supports({ format, isAtomic }: SessionContext, what: Capability): boolean {
  return what === 'exclusive' ? format.isShared && isAtomic : format.store?.[what] !== undefined
}

function checkLimit(limit: unknown): void {
  if (!Number.isInteger(limit) || (limit as number) < 1) throw invalidOption('limit', 'must be a whole number above 0')
}

/** @throws TypeError for what is no text, such as a session: it would be looked for nowhere, and nobody would know */
function isIdGiven(id: unknown): id is string {
  if (typeof id !== 'string') throw invalidOption('id', 'must be a string: session.id')
  return isId(id)
}

/** `undefined` for what is no id at all. */
function identityOf(context: SessionContext, id: string): Identity | undefined {
  const store = storeWith(context, 'load')
  if (!context.format.isShared) throw unsupported('load')
  return isIdGiven(id) ? { id, store, isStale: false } : undefined
}

/** @throws SessionError if it has no such method */
function storeWith({ format: { store } }: SessionContext, name: keyof SessionStore): SessionStore {
  if (store?.[name] === undefined) throw unsupported(name)
  return store
}

function capability<K extends StoreCapability>(context: SessionContext, name: K): NonNullable<SessionStore[K]> {
  const store = storeWith(context, name)
  return (store[name] as (...args: unknown[]) => unknown).bind(store) as NonNullable<SessionStore[K]>
}

function unsupported(name: string): SessionError {
  return new SessionError('ERR_SESSION_UNSUPPORTED', `The session store does not support "${name}"`)
}
