import type { ReadableSession, SessionHandle, SessionManager, WritableSession } from '@fetch-sessions/core'

/** What a session of these applications holds. */
export interface Data {
  count: number
  user: string
}

/** What a session says of its visitor, as a text. */
export function describe(session: ReadableSession<Data> | WritableSession<Data>): string

/** What Hono gives to a handler, as far as the pages of these applications need it. */
interface Context {
  readonly var: { readonly session: SessionHandle<Data> }
  text(text: string): Response
  redirect(location: string, status: 303): Response
}

interface HonoApp {
  get(path: string, handler: (c: Context) => Response | Promise<Response>): unknown
  post(path: string, handler: (c: Context) => Response | Promise<Response>): unknown
}

/** The pages that all these applications have, for those that are made with Hono. A page that is there already stays. */
export function addPages(app: HonoApp): void

/**
 * A body that comes in two parts: the count, and, once another request has changed it, the new one. It notes in the
 * session that the visitor has seen it: a change after the headers are gone.
 */
export function live(
  sessions: SessionManager<Data>,
  handle: SessionHandle<Data>,
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>>
