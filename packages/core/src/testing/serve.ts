import type { ReadableSession, SessionManager, WritableSession } from '../index.js'
import { visit } from './visit.js'

/** The response to a visit whose handler does this with its session. */
export function writing<Data>(
  sessions: SessionManager<Data>,
  cookie: string,
  change: (session: WritableSession<Data>) => void,
): Promise<Response> {
  return sessions.handle(visit(cookie), async (handle) => {
    change(await handle.write())
    return new Response()
  })
}

/** The response to a visit whose handler only looks at its session. */
export function reading<Data>(
  sessions: SessionManager<Data>,
  cookie: string,
  look: (session: ReadableSession<Data>) => void = () => {},
): Promise<Response> {
  return sessions.handle(visit(cookie), async (handle) => {
    look(await handle.read())
    return new Response()
  })
}

/** The `Max-Age` of a `Set-Cookie` line. */
export function maxAgeOf(line: string | undefined): number | undefined {
  const age = line?.match(/; Max-Age=([^;]*)/)?.[1]
  return age === undefined ? undefined : Number(age)
}

/** A clock that stands still until it is moved. In milliseconds; it begins at the start of 2026. */
export class Clock {
  time: number = Date.UTC(2026, 0, 1)
  readonly now = (): number => this.time

  passes(seconds: number): void {
    this.time += seconds * 1000
  }
}
