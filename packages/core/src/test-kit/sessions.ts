import type { ReadableSession } from '../session/session.js'

/** What of a `SessionManager` looks at a visitor's session. */
export interface SessionReader<Data> {
  read(cookie: string): Promise<ReadableSession<Data>>
}

/** What of a `SessionManager` makes a session without a request. */
export interface SessionIssuer<Data> {
  issue(
    data: Partial<Data>,
    options?: { owner?: string },
  ): Promise<{ readonly cookie: string; readonly setCookie: string }>
}
