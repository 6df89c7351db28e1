import type { ReadableSession, SessionHandle, SessionManager, WritableSession } from '@fetch-sessions/core'

/** What a session of these applications holds. */
export interface Data {
  count: number
  user: string
}

/** What a session says of its visitor, as a text. */
export function describe(session: ReadableSession<Data> | WritableSession<Data>): string

/**
 * A body that comes in two parts: the count, and, once another request has changed it, the new one. It notes in the
 * session that the visitor has seen it: a change after the headers are gone.
 */
export function live(
  sessions: SessionManager<Data>,
  handle: SessionHandle<Data>,
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>>
