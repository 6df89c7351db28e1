import type { SessionRecord } from '../store/store.js'
import type { Notes, Successor } from './record-meta.js'
import type { SessionRules } from './stored-session.js'

/** How long a marker stays under an old id: as long as a slow request may still come with it. Milliseconds. */
const MARKER_LIFE = 30_000

/** What is left under the old id of a session that got a new one. `grace` in seconds. */
export function markerOf(
  rules: SessionRules,
  { createdAt, version }: SessionRecord,
  successor: Successor,
  grace: number,
): SessionRecord {
  const expiresAt = rules.now() + Math.ceil(Math.max(MARKER_LIFE, grace * 1000))
  const meta = JSON.stringify({ idle: rules.lifetime.idleTimeout, superseded: successor } satisfies Notes)
  return { data: '', createdAt, expiresAt, owner: undefined, version: version + 1, meta }
}

/**
 * What is left of a session while it is being deleted. It opens no more and holds nothing, and is gone soon where nobody
 * deletes it. It is still its owner's, so that whoever signs that one out everywhere finds it.
 */
export function endedAs(
  { now }: Pick<SessionRules, 'now'>,
  { createdAt, expiresAt, owner, version }: SessionRecord,
): SessionRecord {
  const meta = JSON.stringify({ idle: 1, ended: true } satisfies Notes)
  const until = Math.min(expiresAt, now() + MARKER_LIFE)
  return { data: '', createdAt, expiresAt: until, owner, version: version + 1, meta }
}

/**
 * What says that a session of another library has moved here, or, without a successor, that it was signed out. `until`:
 * milliseconds since the epoch.
 */
export function claimOf(
  { lifetime, now }: SessionRules,
  successor: Successor | undefined,
  until: number,
): SessionRecord {
  const notes: Notes = { idle: lifetime.idleTimeout, ...(successor ? { superseded: successor } : { ended: true }) }
  const createdAt = now()
  const expiresAt = Math.ceil(Math.max(createdAt + MARKER_LIFE, until))
  return { data: '', createdAt, expiresAt, owner: undefined, version: 1, meta: JSON.stringify(notes) }
}
