import type { Identity } from './carrier.js'
import type { SessionContext } from './context.js'
import { expiryOf, expiryWhenUsed, formatMeta, type Lifetime, type OwnLifetime, parseMeta } from './lifetime.js'
import type { SessionRecord } from './store.js'
import { callStore, isPromise } from './store-call.js'

/** A record, and how long its session lives. */
export interface StoredSession {
  readonly record: SessionRecord
  /** When it dies: as the record says, or earlier if a limit was lowered since. Milliseconds since the epoch. */
  readonly expiresAt: number
  readonly lifetime: Lifetime
  readonly own: OwnLifetime | undefined
}

/** Loads a live record; `unknown`, `expired` and `data` say why there is none to go on with. */
export async function lookUp(
  context: SessionContext,
  { id, store }: Identity,
): Promise<StoredSession | 'unknown' | 'expired' | 'data'> {
  const answer = callStore(store, 'load', (it) => it.load(id))
  const record = isPromise(answer) ? await answer : answer
  if (record === undefined || record === null) return 'unknown'
  if (!isRecord(record)) return 'data'
  try {
    const notes = parseMeta(record.meta)
    const own = notes?.own
    const lifetime = { ...context.lifetime, ...own }
    const expiresAt = expiryOf(record, lifetime, notes?.idle ?? lifetime.idleTimeout)
    return context.now() < expiresAt ? { record, expiresAt, lifetime, own } : 'expired'
  } catch {
    return 'data'
  }
}

/** A session as it is to be stored when it is used now. */
export function storedSession(
  context: SessionContext,
  record: Pick<SessionRecord, 'data' | 'owner' | 'createdAt' | 'version'>,
  own: OwnLifetime | undefined,
): StoredSession {
  const lifetime = { ...context.lifetime, ...own }
  const expiresAt = expiryWhenUsed(context.now(), record.createdAt, lifetime)
  return { record: { ...record, expiresAt, meta: formatMeta(lifetime, own) }, expiresAt, lifetime, own }
}

/** Whether this is what a store was given; another program may have written to it. */
function isRecord(record: SessionRecord): boolean {
  const { data, createdAt, expiresAt, version } = record
  return typeof data === 'string' && [createdAt, expiresAt, version].every(Number.isFinite)
}
