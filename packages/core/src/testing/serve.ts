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

/** The response to a visit whose handler destroys its session. */
export function signOut<Data>(sessions: SessionManager<Data>, cookie: string): Promise<Response> {
  return sessions.handle(visit(cookie), async (handle) => {
    ;(await handle.write()).destroy()
    return new Response('bye')
  })
}

/** The response to a visit whose handler gives its session another id. */
export function regenerate<Data>(sessions: SessionManager<Data>, cookie: string): Promise<Response> {
  return writing(sessions, cookie, (session) => void session.regenerate())
}
