import { type SessionEvent, SessionManager, type SessionOptions } from '../index.js'
import { Clock } from './clock.js'
import { secret } from './secret.js'
import { StagedStore } from './staged-store.js'

export interface Setting<Data> {
  readonly store: StagedStore
  readonly sessions: SessionManager<Data>
  readonly events: SessionEvent[]
  readonly clock: Clock
}

/** A manager on a store that a test can stage, with a clock that it moves, and what the listener was told. */
export function stagedManager<Data>(options: Partial<SessionOptions<Data>> = {}): Setting<Data> {
  const events: SessionEvent[] = []
  const clock = new Clock()
  const store = new StagedStore()
  const onEvent = (event: SessionEvent): void => void events.push(event)
  const all = { store, secret, onEvent, now: clock.now, ...options } as SessionOptions<Data>
  return { store, sessions: new SessionManager<Data>(all), events, clock }
}
