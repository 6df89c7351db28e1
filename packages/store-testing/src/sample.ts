import type { SessionRecord, StoredInfo } from '@fetch-sessions/core'

const HOUR = 3_600_000
const ID_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** An id as core makes them: 43 characters, never the same twice. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(43))
  return Array.from(bytes, (byte) => ID_ALPHABET[byte % ID_ALPHABET.length]).join('')
}

/** An owner that nobody else has. */
export function newOwner(): string {
  return `owner ${newId()}`
}

/** A new session's record that lives for an hour, with what `fields` says. */
export function newRecord(now: number, fields: Partial<SessionRecord> = {}): SessionRecord {
  return { data: '{"count":1}', createdAt: now, expiresAt: now + HOUR, owner: undefined, version: 1, ...fields }
}

/** What core leaves under the old id when a session gets a new one: no data, no owner, a short life. */
export function markerOf(record: SessionRecord, now: number): SessionRecord {
  return nextOf(record, { data: '', owner: undefined, expiresAt: now + 60_000, meta: 'moved' })
}

/** The record that an update of `record` writes. */
export function nextOf(record: SessionRecord, fields: Partial<SessionRecord> = {}): SessionRecord {
  return { ...record, version: record.version + 1, ...fields }
}

/** What a list says of this record. */
export function infoOf(id: string, { owner, createdAt, expiresAt, meta }: SessionRecord): StoredInfo {
  return { id, owner, createdAt, expiresAt, meta }
}
