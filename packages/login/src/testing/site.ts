import {
  type CookieStore,
  MemoryStore,
  SessionManager,
  type SessionOptions,
  type SessionStore,
} from '@fetch-sessions/core'
import { type Auth, createLogin, type Login, type LoginEvent, type LoginOptions } from '../index.js'
import { Browser } from './browser.js'

/** More than 32 bytes, and no key of anybody's. */
export const secret = 'a secret of the tests of login, which is long enough'

export interface User {
  readonly id: string
  passwordHash: string
  permissions?: string[]
}

export interface Data {
  cart: string[]
  note: string
}

type Manager = SessionManager<Data>

export interface SiteOptions extends Partial<Omit<LoginOptions<User, unknown, Manager>, 'sessions'>> {
  store?: SessionStore | CookieStore
  session?: Partial<SessionOptions<Data>>
}

/** What the tests visit: users, their sessions, a clock that stands still, and what was told to the listener. */
export interface Site {
  readonly users: Map<string, User>
  readonly sessions: Manager
  readonly login: Login<User, unknown, Manager>
  readonly events: LoginEvent[]
  /** Whom `loadUser` was asked for. */
  readonly loaded: string[]
  readonly store: SessionStore | CookieStore
  /** Lets so many seconds go by. */
  wait(seconds: number): void
  browser(): Browser<User>
  /** The types of the events since the last call. */
  told(): string[]
}

export function site({ store = new MemoryStore(), session = {}, ...options }: SiteOptions = {}): Site {
  let now = Date.UTC(2030, 0, 1)
  const users = new Map<string, User>()
  for (const id of ['ada', 'bob', 'cid']) users.set(id, { id, passwordHash: `hash of ${id}`, permissions: [] })
  const sessions: Manager = new SessionManager<Data>({ store, secret, now: () => now, ...session })
  const events: LoginEvent[] = []
  const loaded: string[] = []
  const login = createLogin<User, unknown, Manager>({
    sessions,
    secret,
    userId: (user) => user.id,
    loadUser: async (id) => {
      loaded.push(id)
      return users.get(id)
    },
    credential: (user) => user.passwordHash,
    permissions: (user) => user.permissions ?? [],
    onEvent: (event) => events.push(event),
    ...options,
  })
  const of = (request: Request): Auth<User> => login.of(request) as Auth<User>
  return {
    users,
    sessions,
    login,
    events,
    loaded,
    store,
    wait: (seconds) => {
      now += seconds * 1000
    },
    browser: () => new Browser((request, handler) => sessions.handle(request, handler), of),
    told: () => events.splice(0).map(({ type }) => type),
  }
}

/** The user of this id. */
export function userOf({ users }: Site, id: string): User {
  return users.get(id) as User
}
