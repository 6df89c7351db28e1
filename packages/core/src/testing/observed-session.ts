import { type PersistencePolicy, SessionManager } from '../index.js'
import { Clock } from './clock.js'
import { secret } from './secret.js'
import { StagedStore } from './staged-store.js'

export interface Customer {
  user: string
  cart: { items: string[] }
  count: number
}

export interface StoredSession {
  readonly store: StagedStore
  readonly clock: Clock
  readonly sessions: SessionManager<Customer>
  readonly cookie: string
  readonly id: string
}

/** A session that is stored, its cookie, and a store that notes what is asked of it from here on. */
export async function storedSession(persistence: PersistencePolicy = 'changed'): Promise<StoredSession> {
  const store = new StagedStore()
  const clock = new Clock()
  const sessions = new SessionManager<Customer>({ store, secret, persistence, now: clock.now })
  const { cookie, id } = await sessions.issue({ user: 'ada', cart: { items: ['tea'] } })
  store.forget()
  return { store, clock, sessions, cookie, id }
}
