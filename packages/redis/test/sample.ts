import type { SessionRecord } from '@fetch-sessions/core'

/** An id as core makes them. */
export function newId(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url')
}

/** A record that lives for an hour. */
export function newRecord(fields: Partial<SessionRecord> = {}): SessionRecord {
  const now = Date.now()
  return { data: '{"count":1}', createdAt: now, expiresAt: now + 3_600_000, owner: undefined, version: 1, ...fields }
}
