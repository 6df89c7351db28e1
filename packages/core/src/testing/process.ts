import { type SessionEvent, SessionManager, type SessionOptions } from '../index.js'
import { secret } from './secret.js'
import type { StagedStore } from './staged-store.js'
import { visit } from './visit.js'

/** What a session counts, by key. */
export type Counts = Record<string, number>

export interface Process {
  readonly sessions: SessionManager<Counts>
  readonly events: SessionEvent[]
}

/** A manager as each of several processes has its own, on a store that they share. */
export function processOn(store: StagedStore, options: Partial<SessionOptions<Counts>> = {}): Process {
  const events: SessionEvent[] = []
  const onEvent = (event: SessionEvent): void => void events.push(event)
  return { sessions: new SessionManager<Counts>({ store, secret, onEvent, ...options }), events }
}

/** A visit that adds one to a key. */
export function increment(sessions: SessionManager<Counts>, cookie: string, key = 'visits'): Promise<Response> {
  return sessions.handle(visit(cookie), async (handle) => {
    ;(await handle.write()).update(key, (n = 0) => n + 1)
    return new Response()
  })
}

export function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index))
}
