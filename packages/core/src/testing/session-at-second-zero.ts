import { type CookieOptions, type SessionEvent, SessionManager } from '../index.js'
import { Clock } from './clock.js'
import { sessionCookies } from './response-cookies.js'
import { secret } from './secret.js'
import { reading, writing } from './serve.js'
import { StagedStore } from './staged-store.js'
import { visit } from './visit.js'

export interface Counter {
  count: number
}

export interface Times {
  idleTimeout?: number
  absoluteTimeout?: number
  cookie?: CookieOptions
}

export interface SessionAtSecondZero {
  readonly store: StagedStore
  readonly clock: Clock
  readonly sessions: SessionManager<Counter>
  readonly events: SessionEvent[]
  managerOf(other: Times): SessionManager<Counter>
  readonly id: string
  readonly cookie: string
  readonly setCookie: string
  /** Goes to this second after the start. */
  at(seconds: number): void
  isAlive(manager?: SessionManager<Counter>): Promise<boolean>
  /** The second after the start at which the store says that the record dies. */
  deadline(): Promise<number>
  /** What a visit that reads gets as session cookies. */
  read(manager?: SessionManager<Counter>): Promise<string[]>
  /** What a visit that counts gets as session cookies. */
  count(manager?: SessionManager<Counter>): Promise<string[]>
}

/** A session at second 0, idle for 1000 s and 10 000 s old at most unless the test says otherwise. */
export async function sessionAtSecondZero(times: Times = {}): Promise<SessionAtSecondZero> {
  const store = new StagedStore()
  const clock = new Clock()
  const events: SessionEvent[] = []
  const start = clock.time
  const managerOf = (other: Times) =>
    new SessionManager<Counter>({
      store,
      secret,
      now: clock.now,
      idleTimeout: 1000,
      absoluteTimeout: 10_000,
      onEvent: (event) => events.push(event),
      ...other,
    })
  const sessions = managerOf(times)
  const issued = await sessions.issue({ count: 0 })
  store.forget()
  events.length = 0
  return {
    store,
    clock,
    sessions,
    events,
    managerOf,
    ...issued,
    at: (seconds: number) => {
      clock.time = start + seconds * 1000
    },
    isAlive: async (manager = sessions) => !(await manager.read(visit(issued.cookie))).isNew,
    deadline: async () => (((await store.memory.load(issued.id))?.expiresAt ?? Number.NaN) - start) / 1000,
    read: async (manager = sessions) => sessionCookies(await reading(manager, issued.cookie)),
    count: async (manager = sessions) =>
      sessionCookies(await writing(manager, issued.cookie, (session) => session.update('count', (n = 0) => n + 1))),
  }
}
