import { followNewId, type SessionLifetime } from '@fetch-sessions/core'
import { hashOf, idOf, timeOf } from './account.js'
import type { SignInOptions } from './auth.js'
import { isNoted } from './claim.js'
import { LoginError, rejectUnknown } from './errors.js'
import { waitForOthers } from './limit.js'
import { type LoginNotes, notesIn, orderOfNow } from './notes.js'
import { namesOf } from './options.js'
import type { RequestContext } from './request-context.js'
import { keysOf, labelOf, rememberedBy, timesOf } from './sign-in-options.js'
import { listSessions, openSessions } from './user-sessions.js'
import { beginInPlace, endAboveLimit, isFull } from './within-limit.js'

/** All that a sign-in is to store, and to tell. */
interface Plan {
  readonly notes: LoginNotes
  readonly factors: readonly string[]
  readonly remembered: SessionLifetime | undefined
  readonly label: string | undefined
  readonly keep: readonly string[]
  /** The session before it. */
  readonly before: {
    readonly id: string
    readonly isNew: boolean
    readonly owner: string | undefined
    readonly userId: string | undefined
  }
}

/** `Auth.signIn` */
export async function signIn<User>(context: RequestContext<User>, user: User, options: SignInOptions): Promise<void> {
  // 1. All that can fail, before anything is changed.
  const plan = await planOf(context, user, options)
  const { notes, factors, before } = plan
  if (await isSignedInBeside(context, notes)) return leaveToOther(context, notes, user)
  // 2. The new session, if there is a place for it.
  const about = { userId: notes.id, time: notes.at }
  const signedIn = { id: notes.id, user, time: notes.at }
  let isBegun = false
  try {
    await beginInPlace(context, signedIn, before.owner === notes.id ? before.id : undefined, async () => {
      isBegun = await begin(context, plan)
    })
  } catch (error) {
    if (!isFull(error)) throw error
    // The place may be that of another click, which may still be storing what it has.
    if (notes.from !== undefined) await waitForOthers()
    if (await isSignedInBeside(context, notes)) return leaveToOther(context, notes, user)
    context.emit({ type: 'sign-in-refused', reason: 'full', ...about, sessionId: before.id })
    throw error
  }
  if (!isBegun) return goOnBeside(context, notes, user)
  context.current.set({ notes, user, actor: undefined })
  context.emit({
    type: 'signed-in',
    ...about,
    sessionId: await context.sessionId(),
    previousSessionId: before.isNew ? undefined : before.id,
    previousUserId: before.userId,
    factors,
    isRemembered: plan.remembered !== undefined,
  })
  // 3. The oldest ones above the limit.
  if (!(await endAboveLimit(context, signedIn))) return
  await giveWay(context, notes)
  throw new LoginError(
    'ERR_LOGIN_FULL',
    'newer sign-ins of the user, at the same moment, have taken all places, or a sign-out everywhere came: this one has ended again',
  )
}

/** @throws TypeError for a user or options that can't work; and what reading the session throws */
async function planOf<User>(context: RequestContext<User>, user: User, options: SignInOptions): Promise<Plan> {
  rejectUnknown('signIn', options, ['remember', 'factor', 'keep', 'label'])
  const id = idOf(context.account, user)
  const [hash, at, session] = await Promise.all([
    hashOf(context.account, id, user),
    timeOf(context.account),
    context.handle.read(),
  ])
  // `env` and the request may have become known meanwhile.
  const { account, request } = context
  const factors = options.factor === undefined ? [] : namesOf('signIn: factor', options.factor)
  const remembered = rememberedBy(options.remember)
  const order = orderOfNow()
  const keep = keysOf('signIn', options.keep)
  const label = labelOf(options.label, request, account.options.describeDevice)
  // Only a limit asks for it, and cookies are small.
  const from = session.isNew || account.options.maxSessions === undefined ? undefined : session.id
  // An id that this request has given the session itself has to be there, to be counted once.
  if (from !== undefined && (await account.sessions.peek(from)) === undefined) await context.handle.save()
  const { isNew, owner } = session
  return {
    // A remembered session is fresh by `confirm` alone.
    notes:
      remembered === undefined
        ? { id, hash, at, order, from, factors: timesOf(factors, at) }
        : { id, hash, at, order, from, factors: {}, remembered, signedInBy: factors },
    factors,
    remembered,
    label,
    keep,
    before: { id: session.id, isNew, owner, userId: notesIn(session)?.id },
  }
}

/**
 * `false`: another click has been faster, and this request goes on in the session of that one.
 * @throws SessionStoreError, and core's other errors of what can't be stored any more
 */
async function begin<User>({ handle, writer }: RequestContext<User>, plan: Plan): Promise<boolean> {
  const { notes, keep, label, remembered } = plan
  const session = await handle.read()
  const kept = keep.map((key) => [key, session.get(key)] as const)
  const store = (isAlone: boolean, lost: typeof kept = []): Promise<void> =>
    writer.begin(notes, keep, isAlone, (session) => {
      session.setLabel(label)
      session.setLifetime(undefined)
      if (remembered !== undefined) session.setLifetime(remembered)
      for (const [key, value] of lost) session.set(key, value)
    })
  const isAlone = notes.from !== undefined
  try {
    await store(isAlone)
    return true
  } catch (error) {
    if (!isAlone || !(await writer.isLostBy(error))) throw error
    const outcome = await followNewId(handle, isNoted(isOfClick(notes)))
    // What was signed out does not come back.
    if (outcome === 'ended') throw error
    if (outcome === 'followed') return false
    // A session of its own, with what it had seen in the one before.
    await store(false, kept)
    return true
  }
}

/** Whether a session is that of another click of the same browser, in which nothing was shown that this one does not show. */
function isOfClick({ id, hash, from, factors, signedInBy, remembered }: LoginNotes): (notes: LoginNotes) => boolean {
  const shownIn = (notes: Pick<LoginNotes, 'factors' | 'signedInBy'>): string[] => [
    ...Object.keys(notes.factors),
    ...(notes.signedInBy ?? []),
  ]
  const shown = shownIn({ factors, signedInBy })
  return (its) =>
    its.from === from &&
    its.id === id &&
    its.hash === hash &&
    its.actor === undefined &&
    (its.remembered === undefined) === (remembered === undefined) &&
    shownIn(its).every((name) => shown.includes(name))
}

/**
 * Whether another click of the same browser has signed the same user in meanwhile. Where there is a limit, a second
 * session could be the end of the first one, whose cookie may reach the browser last.
 */
async function isSignedInBeside<User>(context: RequestContext<User>, notes: LoginNotes): Promise<boolean> {
  const { id, from } = notes
  if (from === undefined || (await context.account.sessions.peek(from)) !== undefined) return false
  const { opened } = await openSessions(context.account, await listSessions(context.account, id, 'maxSessions'))
  const isIt = isOfClick(notes)
  return opened.some(({ notes }) => notes !== undefined && isIt(notes))
}

/** The other click's session goes on, with its cookie, in this answer as well if that is possible. */
async function leaveToOther<User>(context: RequestContext<User>, notes: LoginNotes, user: User): Promise<void> {
  await context.writer.drop()
  await followNewId(context.handle, isNoted(isOfClick(notes)))
  await goOnBeside(context, notes, user)
}

async function goOnBeside<User>(context: RequestContext<User>, notes: LoginNotes, user: User): Promise<void> {
  context.current.set({ notes: (await context.notes()) ?? notes, user, actor: undefined })
}

/**
 * Ends this session, in whose place others go on. That is no sign-out, and takes no cookie away: the browser may have the
 * one of a later click by now.
 */
async function giveWay<User>(context: RequestContext<User>, notes: LoginNotes): Promise<void> {
  context.current.set(undefined)
  const own = await context.sessionId()
  await waitForOthers()
  if (await context.account.sessions.destroy(own)) {
    const time = await timeOf(context.account)
    context.emit({ type: 'limit-reached', userId: notes.id, time, sessionId: own, endedSessionIds: [own] })
  }
  await context.writer.drop()
}
