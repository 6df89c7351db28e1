import type { SessionStore } from '@fetch-sessions/core'
import type { LoginEvent } from '@fetch-sessions/login'
import type { Context } from 'hono'
import type { Users } from './users.js'

/** What differs by where the application runs. */
export interface Platform {
  secret: string
  /** Where the sessions are kept. */
  store: SessionStore
  users: Users
  passwords: Passwords
  tries: Tries
  /** The address of who asks, which nobody can make up. */
  addressOf(c: Context): string
  /** Whether cookies are for https alone. */
  secure: boolean
  /** For an audit log. Events have ids, and no secret. */
  audit?: (event: LoginEvent) => void
}

/** Hashes passwords slowly, on purpose. */
export interface Passwords {
  hash(password: string): Promise<string>
  verify(hash: string, password: string): Promise<boolean>
}

/** How often passwords may be tried. */
export interface Tries {
  /**
   * Counts one more try from this address, and with this name there. Tells how many seconds to wait if those were too
   * many, else `undefined`.
   */
  count(address: string, name: string): Promise<number | undefined>
  /** Forgets the tries with this name: the last one was right. */
  forget(address: string, name: string): Promise<void>
}
