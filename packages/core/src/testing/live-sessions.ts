import type { SessionManager, SessionRecord } from '../index.js'

/** How many sessions live in the store of this manager. What marks a superseded id is none. */
export async function liveSessions<Data>(sessions: SessionManager<Data>): Promise<number> {
  return (await sessions.list()).sessions.length
}

/** Whether this is what a session leaves under its old id: a record without data and owner. */
export function isMarker(record: SessionRecord | undefined): boolean {
  return record?.data === '' && record.owner === undefined && record.meta?.includes('"superseded"') === true
}
