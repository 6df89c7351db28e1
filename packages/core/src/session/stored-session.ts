import type { SessionRecord } from '../store/store.js'
import { isEqual } from './equality.js'
import {
  expiryOf,
  expiryWhenUsed,
  isAtAbsoluteLimit,
  isCookieBehind,
  type Lifetime,
  latestUse,
  type OwnLifetime,
} from './lifetime.js'
import { type Lock, metaOf, notesOf, type Successor } from './record-meta.js'
import type { Serializer } from './serializer.js'

/** What makes a session of a record, and a record of a session. */
export interface SessionRules {
  readonly serializer: Serializer
  /** For sessions that have no lifetime of their own. */
  readonly lifetime: Lifetime
  readonly now: () => number
  /** Whether to note when the owner was set. */
  readonly notesOwnerTime: boolean
}

/** What requests change of a record, as it is stored. */
export interface Content {
  readonly data: string
  /** Of the data. */
  readonly version: number
  readonly owner: string | undefined
  readonly ownerAt: number | undefined
  readonly label: string | undefined
  readonly own: OwnLifetime | undefined
  readonly lock: Lock | undefined
}

/** A record, and what core knows of it. */
export interface StoredSession {
  /** Of version 0 if it is not stored. */
  readonly record: SessionRecord
  readonly content: Content
  readonly lifetime: Lifetime
  /** When it dies: as the record says, or earlier if a limit was lowered since. Milliseconds since the epoch. */
  readonly expiresAt: number
  /** As it is noted, in milliseconds since the epoch. */
  readonly lastUse: number
  /** The idle timeout that the record's expiry was made with, in seconds. */
  readonly idle: number
  /** The fingerprint of the cookie's attributes as they were last sent. */
  readonly cookie: string | undefined
  /** The browser's cookie is out of date, by a write that could send none. */
  readonly due?: true | undefined
}

/** What a store's answer is: a session that lives, or why it is none. */
export type Found =
  | { readonly is: 'session'; readonly session: StoredSession }
  /** The marker that a session leaves under its old id. */
  | { readonly is: 'superseded'; readonly successor: Successor }
  /** It is being deleted, or was to be a moment ago. */
  | { readonly is: 'ended'; readonly record: SessionRecord }
  | { readonly is: 'unknown' | 'expired' | 'data' }

const UNKNOWN: Found = { is: 'unknown' }
const EXPIRED: Found = { is: 'expired' }
const INVALID: Found = { is: 'data' }

/** What a store's answer is. */
export function examine(rules: SessionRules, record: SessionRecord | undefined): Found {
  // Many a database says null.
  if (!record) return UNKNOWN
  const { createdAt, expiresAt, version, data, owner, meta } = record
  // Another program may have written to the store.
  const isRecord =
    typeof data === 'string' && Number.isFinite(createdAt) && Number.isFinite(expiresAt) && Number.isFinite(version)
  const notes = isRecord ? notesOf(rules, meta ?? undefined) : undefined
  if (notes === undefined) return INVALID
  const now = rules.now()
  const { ended, superseded } = notes
  if ((ended || superseded !== undefined) && now >= expiresAt) return EXPIRED
  if (ended) return { is: 'ended', record }
  if (superseded !== undefined) return { is: 'superseded', successor: superseded }
  const { own, v: dataVersion = 1, ownerAt, label, lock, used, cookie, due } = notes
  const lifetime = lifetimeOf(rules, own)
  const lastUse = used ?? expiresAt - notes.idle * 1000
  const deadline = expiryOf(record, latestUse(lastUse, expiresAt, notes.idle, lifetime), lifetime)
  if (now >= deadline) return EXPIRED
  const content = { data, version: dataVersion, owner: owner ?? undefined, ownerAt, label, own, lock }
  const { idle } = notes
  return { is: 'session', session: { record, content, lifetime, expiresAt: deadline, lastUse, idle, cookie, due } }
}

/** A session that is not stored yet. Its record has no notes: those are made when it is stored. */
export function unstored(rules: SessionRules): StoredSession {
  const { lifetime, serializer } = rules
  const { nothing: data, version } = serializer
  const content = {
    data,
    version,
    owner: undefined,
    ownerAt: undefined,
    label: undefined,
    own: undefined,
    lock: undefined,
  }
  const now = rules.now()
  const expiresAt = expiryWhenUsed(now, now, lifetime)
  const record = { data, createdAt: now, expiresAt, owner: undefined, version: 0, meta: undefined }
  return {
    record,
    content,
    lifetime,
    expiresAt,
    lastUse: now,
    idle: lifetime.idleTimeout,
    cookie: undefined,
    due: undefined,
  }
}

/** What of a session is the same before and after its content changes. Times are milliseconds since the epoch. */
export interface Frame {
  readonly createdAt: number
  /** Of the record. */
  readonly version: number
  readonly lastUse: number
  readonly cookie: string | undefined
  readonly due?: true | undefined
}

/** A session with this content, as it is to be stored. */
export function storedAs(rules: SessionRules, content: Content, frame: Frame): StoredSession {
  const lifetime = lifetimeOf(rules, content.own)
  const expiresAt = expiryWhenUsed(frame.lastUse, frame.createdAt, lifetime)
  const isHeld = isAtAbsoluteLimit({ createdAt: frame.createdAt, expiresAt }, lifetime)
  return packed(rules, content, frame, { lifetime, expiresAt, idle: lifetime.idleTimeout, tellsUse: !isHeld })
}

/**
 * The next version of a session, with other content. It is no use of it: its expiry stays where it is, whatever the
 * timeouts are by now, unless its own lifetime is another.
 */
export function unmoved(rules: SessionRules, base: StoredSession, content: Content): StoredSession {
  const { record, lastUse, cookie, due, idle, lifetime } = base
  const { createdAt, version, expiresAt } = record
  const frame = { createdAt, version: version + 1, lastUse, cookie, due }
  if (!isEqual(content.own, base.content.own)) {
    const latest = latestUse(lastUse, expiresAt, idle, lifetimeOf(rules, content.own))
    return storedAs(rules, content, { ...frame, lastUse: Math.min(rules.now(), latest), due: true })
  }
  const tellsUse = expiresAt - idle * 1000 === lastUse
  const session = packed(rules, content, frame, { lifetime, expiresAt, idle, tellsUse })
  return { ...session, expiresAt: base.expiresAt }
}

interface Expiry extends Pick<StoredSession, 'lifetime' | 'expiresAt' | 'idle'> {
  /** Whether it tells when the session was last used. */
  readonly tellsUse: boolean
}

function packed(
  rules: SessionRules,
  content: Content,
  { createdAt, version, lastUse, cookie, due }: Frame,
  { lifetime, expiresAt, idle, tellsUse }: Expiry,
): StoredSession {
  const { data, owner, own, label, lock } = content
  const meta = metaOf({
    idle,
    own,
    used: tellsUse ? undefined : lastUse,
    cookie,
    due,
    label,
    v: content.version === 1 ? undefined : content.version,
    lock,
    ownerAt: rules.notesOwnerTime ? content.ownerAt : undefined,
  })
  const record = { data, createdAt, expiresAt, owner, version, meta }
  return { record, content, lifetime, expiresAt, lastUse, idle, cookie, due }
}

/** Whether the cookie that the browser has got for `before` does not fit `after`. */
export function isCookieOutdated(before: StoredSession, { record, content, cookie, lifetime }: StoredSession): boolean {
  return (
    before.cookie !== cookie ||
    !isEqual(before.content.own, content.own) ||
    (lifetime.persistent && isCookieBehind(before.record, record, lifetime))
  )
}

export function lifetimeOf({ lifetime }: Pick<SessionRules, 'lifetime'>, own: OwnLifetime | undefined): Lifetime {
  return own === undefined ? lifetime : { ...lifetime, ...own }
}
