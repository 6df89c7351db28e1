import type { SessionContext } from '../context.js'
import type { SessionRecord } from '../store/store.js'
import type { Content } from './draft.js'
import { expiryOf, expiryWhenUsed, formatMeta, type Lifetime, type Notes, type OwnLifetime } from './lifetime.js'

/** A record, and how long its session lives. */
export interface StoredSession {
  readonly record: SessionRecord
  /** When it dies: as the record says, or earlier if a limit was lowered since. Milliseconds since the epoch. */
  readonly expiresAt: number
  readonly lifetime: Lifetime
  readonly own: OwnLifetime | undefined
}

/** Why there is no session to go on with. */
export type Miss = 'unknown' | 'expired' | 'data'

/** As it is known from a record without notes, which another program wrote. */
const NO_NOTES: Partial<Notes> = {}

/** The session of what a store answered, if it is one that lives. */
export function examine(context: SessionContext, record: SessionRecord | undefined): StoredSession | Miss {
  // Many a database says null.
  if (!record) return 'unknown'
  try {
    const { createdAt, expiresAt, version, data, meta } = record
    // Another program may have written to the store.
    if (
      typeof data !== 'string' ||
      !(Number.isFinite(createdAt) && Number.isFinite(expiresAt) && Number.isFinite(version))
    )
      return 'data'
    // Most records have the usual notes, which need no reading.
    const { idle, own } = meta === undefined || meta === context.meta ? NO_NOTES : (JSON.parse(meta) as Notes)
    const lifetime = lifetimeOf(context, own)
    const deadline = expiryOf(record, lifetime, idle ?? lifetime.idleTimeout)
    return context.now() < deadline ? { record, expiresAt: deadline, lifetime, own } : 'expired'
  } catch {
    return 'data'
  }
}

/** What of a record a request may change. */
export function contentOf({ record: { data, owner }, own }: StoredSession): Content {
  return { data, owner, own }
}

/** The next version of a session, as it is to be stored when it is used now. */
export function nextVersion(
  context: SessionContext,
  { data, owner, own }: Content,
  createdAt: number,
  version: number,
): StoredSession {
  const lifetime = lifetimeOf(context, own)
  const expiresAt = expiryWhenUsed(context.now(), createdAt, lifetime)
  return {
    record: { data, createdAt, expiresAt, owner, version, meta: metaOf(context, own) },
    expiresAt,
    lifetime,
    own,
  }
}

/** What is noted with a record that is written now. */
export function metaOf(context: SessionContext, own: OwnLifetime | undefined): string {
  return own === undefined ? context.meta : formatMeta(lifetimeOf(context, own), own)
}

function lifetimeOf({ lifetime }: SessionContext, own: OwnLifetime | undefined): Lifetime {
  return own === undefined ? lifetime : { ...lifetime, ...own }
}
