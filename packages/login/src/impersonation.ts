import type { SessionData, WritableSession } from '@fetch-sessions/core'
import { type Account, hashOf, idOf, timeOf } from './account.js'
import { checkSeconds, LoginError, rejectUnknown, wrong } from './errors.js'
import type { LoginNotes } from './notes.js'

export interface ImpersonateOptions {
  /** After so many seconds nobody is signed in any more. Default 3600. */
  seconds?: number
  /** Keys of the session that stay. The actor's own data is not the user's, so by default none does. */
  keep?: readonly string[]
}

/** The longest lifetime that core takes, in seconds. */
const LONGEST = 34_560_000

/** What is noted of somebody who acts as another user. */
export async function notesOfImpersonation<User>(
  account: Account<User>,
  actor: LoginNotes,
  user: User,
): Promise<LoginNotes> {
  if (actor.actor !== undefined) {
    throw new LoginError('ERR_LOGIN_IMPERSONATING', 'impersonate: this session acts as another user already')
  }
  const id = idOf(account, user)
  if (id === actor.id) throw wrong('impersonate', 'was given the user who is signed in')
  const [hash, at] = await Promise.all([hashOf(account, id, user), timeOf(account)])
  return { id, hash, at, order: actor.order, factors: {}, actor }
}

/** @throws TypeError */
export function secondsOf(options: ImpersonateOptions): number {
  rejectUnknown('impersonate', options, ['seconds', 'keep'])
  const { seconds = 3600 } = options
  checkSeconds('impersonate: seconds', seconds)
  return seconds
}

/** From the session's creation, which stays the actor's sign-in: so coming back moves no limit. In seconds. */
export function endOfImpersonation(createdAt: Date, now: number, seconds: number): number {
  return Math.min(LONGEST, Math.max(0, now - +createdAt) / 1000 + seconds)
}

/** Gives back the lifetime that the session of the actor had. Whether there is time left of it: it may have had less. */
export function setLifetimeOfBefore(session: WritableSession<SessionData>, actor: LoginNotes, now: number): boolean {
  const { lifetime = actor.remembered } = actor
  session.setLifetime(undefined)
  if (lifetime !== undefined && Object.keys(lifetime).length > 0) session.setLifetime(lifetime)
  return +session.expiresAt > now
}
