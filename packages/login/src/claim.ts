import { followNewId } from '@fetch-sessions/core'
import { LoginError } from './errors.js'
import { waitForOthers } from './limit.js'
import { isSameSignIn, type LoginNotes, notesIn } from './notes.js'
import type { RequestContext } from './request-context.js'
import { canList, goesOn } from './user-sessions.js'

/** What is done with a session once, however often a browser asks for it at the same moment. */
export interface Task {
  /** Its call, for errors. */
  readonly what: string
  /** Who is signed in there, as far as this request knows. */
  readonly before: LoginNotes
  /**
   * Whether another request of the browser has left the session so that this one may go on in it: it must say no more than
   * what this one has proven as well.
   */
  isMeant(notes: LoginNotes): boolean
  /** Whether that one has done the same. */
  isDone(notes: LoginNotes): boolean
  /**
   * Whether this request has shown anything for it. If not, it may have come with a stolen cookie: it is led to where another
   * one has done the same, and takes nothing over.
   */
  readonly isProven: boolean
  /** Does it, in a session that no other request has. `isClaimed`: whether that is sure. */
  act(now: LoginNotes, isClaimed: boolean): Promise<void>
}

/** How often a request takes a session that others take as well. */
const MAX_ATTEMPTS = 4
/** How often it looks whether another request, which has taken it, has done the same: half a second. */
const MAX_LOOKS = 10

/**
 * Does it in a session of this request alone: `own`. Or goes on where another request of the same browser and moment has done
 * it, with the same cookie, since the browser may keep either answer: the notes there. `elsewhere`: the sign-in goes on, with
 * the cookie of another answer.
 *
 * A session that was only taken is not gone on with, but waited for: who has taken it is about to give it another id.
 * @throws LoginError, or core's SessionDestroyedError, where it goes on nowhere; and what `act` throws
 */
export async function doOnce<User>(
  context: RequestContext<User>,
  task: Task,
): Promise<'own' | 'elsewhere' | LoginNotes> {
  const { writer } = context
  // Where sessions live in their cookies, or nobody could look for the other one, each request has its own.
  if (!canList(context.account)) {
    await task.act(task.before, false)
    return 'own'
  }
  let now = task.before
  let failure: unknown
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    try {
      if (await writer.claim(now)) {
        await task.act(now, true)
        return 'own'
      }
    } catch (error) {
      if (!(await writer.isLostBy(error))) throw error
      // Somebody else has not waited for this one.
      failure = error
    }
    const found = await followTo(context, task)
    if (found === undefined) break
    if (task.isDone(found)) return found
    now = found
  }
  if (failure !== undefined) throw failure
  return waitElsewhere(context, task)
}

/**
 * Goes on where this is done. Where it is not, after a while, whoever has taken the session may have failed: then in that
 * session, to be taken from there.
 */
async function followTo<User>(context: RequestContext<User>, task: Task): Promise<LoginNotes | undefined> {
  const isMeant = (notes: LoginNotes): boolean => task.isMeant(notes) && (task.isProven || task.isDone(notes))
  let found = await follow(context, isMeant)
  const isToCome = (): boolean =>
    typeof found === 'object' ? !task.isDone(found) : found === 'elsewhere' && !task.isProven
  for (let look = 0; look < MAX_LOOKS && isToCome(); look++) {
    await waitForOthers()
    const hadOne = typeof found === 'object'
    found = await follow(context, isMeant)
    // No cookie goes out of a session that is no more.
    const isLost = hadOne && typeof found !== 'object'
    if (isLost && (await context.account.sessions.peek(await context.sessionId())) === undefined)
      await context.writer.drop()
  }
  return typeof found === 'object' ? found : undefined
}

/**
 * Goes on in the session that another request of this browser has given a new id, if there is a way. Who is signed in there.
 * What was signed out is over.
 */
async function follow<User>(
  { handle }: RequestContext<User>,
  isMeant: (notes: LoginNotes) => boolean,
): Promise<LoginNotes | 'elsewhere' | 'ended'> {
  const outcome = await followNewId(handle, isNoted(isMeant))
  return outcome === 'followed' ? (notesIn(await handle.read()) ?? 'ended') : outcome
}

/** The same for sessions. */
export function isNoted(isIt: (notes: LoginNotes) => boolean): (session: { get(key: string): unknown }) => boolean {
  return (session) => {
    const notes = notesIn(session)
    return notes !== undefined && isIt(notes)
  }
}

/** @throws LoginError where the sign-in is over */
async function waitElsewhere<User>(
  { account }: RequestContext<User>,
  { what, before, isDone }: Task,
): Promise<'elsewhere'> {
  const isIt = (notes: LoginNotes): boolean => isSameSignIn(notes, before) || isDone(notes)
  if (await goesOn(account, before.actor?.id ?? before.id, isIt)) return 'elsewhere'
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
