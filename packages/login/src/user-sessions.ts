import { isSessionError, type SessionInfo } from '@fetch-sessions/core'
import { type Account, compare } from './account.js'
import { LoginError } from './errors.js'
import { isSameSignIn, type LoginNotes, notesIn } from './notes.js'
import { seatIn } from './seat.js'

/** A session of a user, and who is signed in there. `notes` is left out of one that has none. */
export interface UserSession {
  readonly info: SessionInfo
  readonly notes: LoginNotes | undefined
  /** The mark of a seat, if it is no session but a place that is kept for one. */
  readonly seat: string | undefined
}

/** Whether the store can list a user's sessions. A manager of an earlier release does not tell. */
export function canList<User>({ sessions }: Account<User>): boolean {
  return sessions.supports?.('listByOwner') ?? false
}

/** What the store holds of a user. */
export async function listSessions<User>(account: Account<User>, owner: string, what: string): Promise<SessionInfo[]> {
  return supported(what, 'lists the sessions of an owner', () => account.sessions.listByOwner(owner))
}

/** The same with the notes of each. `isWhole`: none has ended, or got another id, since they were listed. */
export async function openSessions<User>(
  account: Account<User>,
  infos: readonly SessionInfo[],
): Promise<{ readonly opened: UserSession[]; readonly isWhole: boolean }> {
  const opened = (await Promise.all(infos.map((info) => open(account, info)))).filter((one) => one !== undefined)
  return { opened, isWhole: opened.length === infos.length }
}

/** Whether this is the user's own sign-in, and not over: neither an impersonation nor one with an older credential. */
export async function isOwnSignIn<User>(
  account: Account<User>,
  { notes }: UserSession,
  id: string,
  user: User,
): Promise<boolean> {
  if (notes === undefined || notes.id !== id || notes.actor !== undefined) return false
  return (await compare(account, notes, user)) !== 'wrong'
}

/** Whether a sign-in is there twice, as in the moment in which its session gets a new id. */
export function hasTwins(sessions: readonly UserSession[]): boolean {
  return sessions.some(
    ({ notes }, index) =>
      notes !== undefined && sessions.slice(index + 1).some((other) => isSameSignIn(other.notes, notes)),
  )
}

/** The newest sign-in first, the same for everybody. */
export function bySignIn(a: UserSession, b: UserSession): number {
  return (
    b.info.createdAt - a.info.createdAt ||
    (b.notes?.order ?? 0) - (a.notes?.order ?? 0) ||
    (a.info.id < b.info.id ? -1 : 1)
  )
}

/** By how much the clocks of servers may differ on which a user signs in at the same moment, in milliseconds. */
const MAX_SKEW = 1000

/**
 * The same, but what is further ahead of `now` than clocks may differ comes last: it can't be newer than a sign-in that
 * happens now. The clock was set back since, or another server's is wrong.
 */
export function bySignInUntil(now: number): (a: UserSession, b: UserSession) => number {
  const isAhead = ({ info }: UserSession): number => Number(info.createdAt > now + MAX_SKEW)
  return (a, b) => isAhead(a) - isAhead(b) || bySignIn(a, b)
}

/** Whether a sign-in goes on in a session of this owner. `isIt`: as who it may. */
export async function goesOn<User>(
  account: Account<User>,
  owner: string,
  isIt: (notes: LoginNotes) => boolean,
): Promise<boolean> {
  for (let list = 0; list < MAX_LISTS; list++) {
    const { opened, isWhole } = await openSessions(account, await listSessions(account, owner, 'confirm'))
    if (opened.some(({ notes }) => notes !== undefined && isIt(notes))) return true
    // One that has just got another id is listed under that next time.
    if (isWhole) break
  }
  return false
}

/** How often the sessions of a user are listed again, where they have got new ids since. */
export const MAX_LISTS = 20

/** @throws LoginError where the store can't do that */
export async function supported<T>(what: string, does: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (!isUnsupported(error)) throw error
    throw new LoginError(
      'ERR_LOGIN_UNSUPPORTED',
      `${what} needs a session store that ${does}, which this one can't: take one with an owner index (docs/stores.md)`,
      { cause: error },
    )
  }
}

export function isUnsupported(error: unknown): boolean {
  return (
    (isSessionError(error) && error.code === 'ERR_SESSION_UNSUPPORTED') ||
    (error instanceof LoginError && error.code === 'ERR_LOGIN_UNSUPPORTED')
  )
}

async function open<User>(account: Account<User>, info: SessionInfo): Promise<UserSession | undefined> {
  try {
    const session = await account.sessions.peek(info.id)
    return session && { info, notes: notesIn(session), seat: seatIn(session) }
  } catch (error) {
    // What can't be read is nobody's sign-in.
    if (isSessionError(error) && error.code === 'ERR_SESSION_DATA') return { info, notes: undefined, seat: undefined }
    throw error
  }
}
