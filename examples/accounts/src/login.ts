import { browserName } from '@fetch-sessions/example-shared/browser-name'
import { createLogin, type Login } from '@fetch-sessions/login'
import type { Platform } from './platform.js'
import type { AccountSessions } from './sessions.js'
import type { User } from './users.js'

/** Who is signed in, of the application's users. */
export function accountLogin(
  sessions: AccountSessions,
  { secret, users, audit }: Platform,
): Login<User, unknown, AccountSessions> {
  return createLogin({
    sessions,
    secret,
    userId: (user: User) => user.id,
    loadUser: (id) => users.byId(id),
    // With a new password, the sessions of the old one are over.
    credential: (user) => user.passwordHash,
    permissions: (user) => (user.isAdmin ? ['impersonate'] : []),
    maxSessions: 5,
    whenFull: 'oldest-out',
    describeDevice: (request) => ({ label: browserName(request.headers.get('User-Agent') ?? undefined) }),
    ...(audit && { onEvent: audit }),
  })
}
