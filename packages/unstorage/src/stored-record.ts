import type { SessionRecord } from '@fetch-sessions/core'

/** What is stored: the record, and whose it is, since a driver may give what another call asked for. */
export interface StoredSession extends SessionRecord {
  id: string
}

/** What the storage gave for an id. */
export type Found =
  | { state: 'session'; record: SessionRecord }
  | { state: 'missing' }
  /** What another process is in the middle of writing, or did not come to write: an empty or a cut text. */
  | { state: 'broken' }
  /** Something that no store has written. */
  | { state: 'foreign' }

/**
 * What a value is.
 *
 * @throws the value if it is an error: the `fs` driver returns what it could not read as one, rather than throwing
 * @throws Error if it is the session of another id
 */
export function foundIn(value: unknown, id: string): Found {
  // By its brand: in Jest an error of `node:fs` is of another class.
  if (Object.prototype.toString.call(value) === '[object Error]') throw value
  if (value === null || value === undefined) return { state: 'missing' }
  if (typeof value === 'string') return { state: isCut(value) ? 'broken' : 'foreign' }
  if (!isStored(value)) return { state: 'foreign' }
  if (value.id !== id) {
    throw new Error(
      'fetch-sessions: unstorageStore: the driver gave the session of another id, so it was not believed. Give the store a storage, and the ' +
        'driver a client, of its own',
    )
  }
  const { data, createdAt, expiresAt, owner, version, meta } = value
  const record = { data, createdAt, expiresAt, owner, version }
  return { state: 'session', record: meta === undefined ? record : { ...record, meta } }
}

/** unstorage hands out as a text what it can't parse. After a crash a file may be full of NUL characters. */
function isCut(text: string): boolean {
  return /^[\s\0]*({|$)/.test(text)
}

/** JSON has no `undefined`: an owner of `undefined` comes back as a missing one. */
function isStored(value: unknown): value is StoredSession {
  const { id, data, version, createdAt, expiresAt } = value as Partial<StoredSession>
  return (
    typeof id === 'string' &&
    typeof data === 'string' &&
    [version, createdAt, expiresAt].every((number) => typeof number === 'number')
  )
}
