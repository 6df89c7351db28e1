import { MemoryStore, type SessionEvent, SessionManager } from '../index.js'
import { secret } from './secret.js'
import { visit } from './visit.js'

export interface Visits {
  visits: number
}

export function manager(events: SessionEvent[] = []): SessionManager<Visits> {
  return new SessionManager<Visits>({ store: new MemoryStore(), secret, onEvent: (event) => events.push(event) })
}

/** What comes out when the handler writes to a new session and returns this response. */
export function writing(response: Response, sessions: SessionManager<Visits> = manager()): Promise<Response> {
  return sessions.handle(visit(), async (handle) => {
    ;(await handle.write()).set('visits', 1)
    return response
  })
}

/** What comes out when the handler reads a session, which changes nothing, and returns this response. */
export function reading(response: Response, sessions: SessionManager<Visits> = manager()): Promise<Response> {
  return sessions.handle(visit(), async (handle) => {
    await handle.read()
    return response
  })
}
