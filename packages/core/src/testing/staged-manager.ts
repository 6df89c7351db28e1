import { type SessionEvent, SessionManager, type SessionOptions } from '../index.js'
import { StagedStore } from './staged-store.js'

export const secret = 'thirty-two bytes of secret, at least'

export interface Setting<Data> {
  readonly store: StagedStore
  readonly sessions: SessionManager<Data>
  readonly events: SessionEvent[]
  readonly clock: { now: number }
}

/** A manager on a store that a test can stage, with a clock that it moves, and what the listener was told. */
export function stagedManager<Data>(options: Partial<SessionOptions<Data>>): Setting<Data> {
  const events: SessionEvent[] = []
  const clock = { now: 1_800_000_000_000 }
  const store = new StagedStore()
  const onEvent = (event: SessionEvent): void => void events.push(event)
  const all = { store, secret, onEvent, now: () => clock.now, ...options } as SessionOptions<Data>
  return { store, sessions: new SessionManager<Data>(all), events, clock }
}
