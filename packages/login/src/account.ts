import type { SessionData, SessionManager } from '@fetch-sessions/core'
import type { CredentialHash } from './credential.js'
import { wrong } from './errors.js'
import type { LoginEnd, LoginEvent } from './events.js'
import type { LoginNotes } from './notes.js'
import type { LoginOptions } from './options.js'

/** A login with its sessions, as they are for one `env` of the platform. */
export interface Account<User> {
  readonly options: LoginOptions<User, never, never>
  readonly sessions: SessionManager<SessionData>
  readonly hash: CredentialHash
  readonly emit: (event: LoginEvent) => void
  /** What the platform hands to a handler. */
  readonly env: never
}

/** @throws TypeError if `userId` gives no id */
export function idOf<User>({ options }: Account<User>, user: User): string {
  if (user === undefined || user === null) throw wrong('login', 'was given no user')
  const id: unknown = options.userId(user)
  if (typeof id !== 'string' || id === '') {
    throw wrong('createLogin: userId', 'must give a text that is not empty: make one of a number by String(user.id)')
  }
  return id
}

/** @throws TypeError if `credential` gives none */
export async function hashOf<User>(account: Account<User>, id: string, user: User): Promise<string> {
  return account.hash.make(id, await credentialOf(account, user))
}

/** The user of these notes, if the sign-in still holds; else why it does not. A `loadUser` that throws is an outage. */
export async function check<User>(
  account: Account<User>,
  notes: LoginNotes,
): Promise<{ readonly user: User; readonly isStale: boolean } | LoginEnd> {
  const user = await account.options.loadUser(notes.id, account.env)
  if (user === undefined || user === null) return 'unknown-user'
  if (idOf(account, user) !== notes.id) {
    throw wrong('createLogin: loadUser', 'gave another user than the one that it was asked for')
  }
  const outcome = await compare(account, notes, user)
  return outcome === 'wrong' ? 'credential' : { user, isStale: outcome === 'stale' }
}

/** Whether the credential of this user is the one of the sign-in. `stale`: by a hash that was made with an older secret. */
export async function compare<User>(
  account: Account<User>,
  { hash, id }: LoginNotes,
  user: User,
): Promise<'right' | 'stale' | 'wrong'> {
  return account.hash.check(hash, id, await credentialOf(account, user))
}

async function credentialOf<User>({ options, env }: Account<User>, user: User): Promise<string> {
  const credential: unknown = await options.credential(user, env)
  if (typeof credential !== 'string' || credential === '') {
    throw wrong(
      'createLogin: credential',
      'must give a text that is not empty: for a user without a password, take something that changes when all sessions are to end',
    )
  }
  return credential
}

/** What the user may do. */
export async function permissionsOf<User>({ options, env }: Account<User>, user: User): Promise<ReadonlySet<string>> {
  if (options.permissions === undefined) throw wrong('createLogin: permissions', 'is missing, and `can` asks for it')
  const permissions: unknown = await options.permissions(user, env)
  const isList = typeof permissions === 'object' && permissions !== null && Symbol.iterator in permissions
  if (!isList) throw wrong('createLogin: permissions', 'must give a list or a Set of texts')
  return new Set(permissions as Iterable<string>)
}

/** By the clock of the sessions, which a new one has for its `createdAt`. Milliseconds since the epoch. */
export async function timeOf({ sessions }: Pick<Account<unknown>, 'sessions'>): Promise<number> {
  return +(await sessions.open(undefined).read()).createdAt
}
