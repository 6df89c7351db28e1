import { LoginError } from './errors.js'
import { waitForOthers } from './limit.js'
import { isSameSignIn, type LoginNotes } from './notes.js'
import type { RequestContext } from './request-context.js'
import { canList, goesOn } from './user-sessions.js'

/**
 * Takes the session for this request alone, or gives way to another one of the same browser and moment, with whose cookie
 * the sign-in goes on: `false`. `isAlso`: as who else it may go on there.
 * @throws LoginError where it goes on nowhere
 */
export async function claim<User>(
  context: RequestContext<User>,
  what: string,
  before: LoginNotes,
  isAlso: (notes: LoginNotes) => boolean = () => false,
): Promise<boolean> {
  // Where sessions live in their cookies, or nobody could look for the other one, each request has its own.
  if (!canList(context.account) || (await context.writer.claim(before))) return true
  const isIt = (notes: LoginNotes): boolean => isSameSignIn(notes, before) || isAlso(notes)
  if (await goesOn(context.account, before.actor?.id ?? before.id, isIt)) return false
  throw new LoginError('ERR_LOGIN_REQUIRED', `${what}: the sign-in of this session has ended meanwhile`)
}

/**
 * Another request has taken this session, which need not be one that does the same. `isIt`: whether that is done in a session
 * of this owner.
 * @throws LoginError where it has not
 */
export async function demandDone<User>(
  context: RequestContext<User>,
  what: string,
  owner: string,
  isIt: (notes: LoginNotes) => boolean,
): Promise<void> {
  const isDone = (): Promise<boolean> => goesOn(context.account, owner, isIt)
  if (await isDone()) return
  await waitForOthers()
  if (await isDone()) return
  throw new LoginError(
    'ERR_LOGIN_REQUIRED',
    `${what}: another request has given the session a new id, or ended it, at this moment: try again`,
  )
}
