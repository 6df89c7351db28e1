import { SessionManager } from '@fetch-sessions/core'
import type { Flash } from './pages/layout.js'
import type { Platform } from './platform.js'

/** What the application keeps in a session, beside who is signed in. */
export interface Data {
  flash: Flash
}

export type AccountSessions = SessionManager<Data>

const HOUR = 3600

export function accountSessions({ store, secret, secure }: Platform): AccountSessions {
  return new SessionManager<Data>({
    store,
    secret,
    idleTimeout: HOUR,
    absoluteTimeout: 12 * HOUR,
    // The browser forgets the cookie when it closes, unless the visitor ticks "remember me".
    cookie: { persistent: false, secure },
  })
}
