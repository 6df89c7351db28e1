import { LoginError } from './errors.js'
import { endOldest, signInOrRefuse } from './limit.js'
import type { RequestContext } from './request-context.js'

/** Who begins a session, and when. */
export interface SignedIn<User> {
  readonly id: string
  readonly user: User
  readonly time: number
}

/**
 * Begins a session of this user, if there is a place for one more. `replaced`: the one that makes room for it.
 * @throws LoginError if there is no place, and `whenFull` refuses; and what `begin` throws
 */
export async function beginInPlace<User>(
  { account }: RequestContext<User>,
  { id, user, time }: SignedIn<User>,
  replaced: string | undefined,
  begin: () => Promise<void>,
): Promise<void> {
  const { maxSessions: max, whenFull } = account.options
  if (max === undefined || whenFull !== 'refuse') return begin()
  return signInOrRefuse({ account, id, user, max, time }, replaced, begin)
}

/**
 * Ends the user's oldest sessions above the limit, once the own one has begun. Whether that is above it as well: newer
 * sign-ins, at the same moment, have taken all places.
 * @throws SessionStoreError where they could not be ended: nobody is signed in then
 */
export async function endAboveLimit<User>(
  context: RequestContext<User>,
  { id, user, time }: SignedIn<User>,
): Promise<boolean> {
  const { maxSessions: max, whenFull } = context.account.options
  if (max === undefined || whenFull === 'refuse') return false
  const own = await context.sessionId()
  try {
    const { endedSessionIds, isOwnOver } = await endOldest({ account: context.account, id, user, max, time }, own)
    if (endedSessionIds.length > 0) {
      context.emit({ type: 'limit-reached', userId: id, time, sessionId: own, endedSessionIds })
    }
    return isOwnOver
  } catch (error) {
    // A sign-in that fails signs nobody in: it would be one above the limit.
    await context.destroy().then(
      () => context.emit({ type: 'signed-out', from: 'here', userId: id, time, sessionId: own }),
      () => {},
    )
    throw error
  }
}

/** Whether this says that there is no place. */
export function isFull(error: unknown): boolean {
  return error instanceof LoginError && error.code === 'ERR_LOGIN_FULL'
}
