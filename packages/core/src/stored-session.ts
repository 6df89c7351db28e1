import type { Identity } from './carrier.js'
import type { SessionContext } from './context.js'
import type { Content } from './draft.js'
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
  const answer = callStore('load', () => store.load(id))
  const record = isPromise(answer) ? await answer : answer
  if (record === undefined) return 'unknown'
  try {
    const { createdAt, expiresAt, version, data, meta } = record
    // Another program may have written to the store.
    if (typeof data !== 'string' || ![createdAt, expiresAt, version].every(Number.isFinite)) return 'data'
    const { idle, own } = parseMeta(meta) ?? { idle: undefined, own: undefined }
    const lifetime = { ...context.lifetime, ...own }
    const deadline = expiryOf(record, lifetime, idle ?? lifetime.idleTimeout)
    return context.now() < deadline ? { record, expiresAt: deadline, lifetime, own } : 'expired'
  } catch {
    return 'data'
  }
}

/** The next version of a session, as it is to be stored when it is used now. */
export function nextVersion(
  context: SessionContext,
  content: Content,
  createdAt: number,
  version: number,
): StoredSession {
  const { data, owner, own } = content
  const lifetime = { ...context.lifetime, ...own }
  const expiresAt = expiryWhenUsed(context.now(), createdAt, lifetime)
  const meta = formatMeta(lifetime, own)
  return { record: { data, createdAt, expiresAt, owner, version, meta }, expiresAt, lifetime, own }
}
