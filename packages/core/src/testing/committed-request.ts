import { MemoryStore, type SessionEvent, type SessionHandle, SessionManager, type WritableSession } from '../index.js'
import { Clock } from './clock.js'
import { secret } from './secret.js'
import { visit } from './visit.js'

export interface Data {
  visits: number
  cart: { items: string[] }
  note: string
}

export interface Setting {
  readonly store: MemoryStore
  readonly sessions: SessionManager<Data>
  readonly events: SessionEvent[]
  readonly clock: Clock
}

export function setUp(): Setting {
  const events: SessionEvent[] = []
  const clock = new Clock()
  const store = new MemoryStore()
  const sessions = new SessionManager<Data>({
    store,
    secret,
    idleTimeout: 60,
    now: clock.now,
    onEvent: (event) => events.push(event),
  })
  return { store, sessions, events, clock }
}

/** A request whose response is committed, and the handle that its handler had. */
export async function committed(
  { sessions }: Setting,
  cookie: string,
  handler: (handle: SessionHandle<Data>) => Promise<void> = async () => {},
): Promise<{ handle: SessionHandle<Data>; response: Response; request: Request }> {
  const request = visit(cookie)
  let handle: SessionHandle<Data> | undefined
  const response = await sessions.handle(request, async (given) => {
    handle = given
    await handler(given)
    return new Response()
  })
  return { handle: handle as SessionHandle<Data>, response, request }
}

/** All that can change a session, by name. */
export const changes: [string, (session: WritableSession<Data>) => unknown][] = [
  ['set', (session) => session.set('visits', 2)],
  ['set to undefined', (session) => session.set('visits', undefined as unknown as number)],
  ['update', (session) => session.update('visits', (n = 0) => n + 1)],
  ['delete', (session) => session.delete('visits')],
  ['take', (session) => session.take('visits')],
  ['clear', (session) => session.clear()],
  ['regenerate', (session) => session.regenerate()],
  ['destroy', (session) => session.destroy()],
  ['setOwner', (session) => session.setOwner('ada')],
  ['setLifetime', (session) => session.setLifetime({ idleTimeout: 5 })],
]
