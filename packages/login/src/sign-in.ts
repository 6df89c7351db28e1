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
  /** What of it there was when it was planned. */
  readonly kept: readonly (readonly [key: string, value: unknown])[]
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
  const place = await placeOf(context, notes)
  if (place === 'taken by a click') return leaveToOther(context, notes, user)
  // An id that this request has given the session itself has to be there, to be counted once.
  if (place === 'empty') await context.handle.save()
  // 2. The new session, if there is a place for it.
  const about = { userId: notes.id, time: notes.at }
  const signedIn = { id: notes.id, user, time: notes.at }
  let beginning = 'lost' as Beginning
  try {
    await beginInPlace(context, signedIn, before.owner === notes.id ? before.id : undefined, async () => {
      beginning = await begin(context, plan)
    })
    // The one before goes on under another id, and keeps its place.
    if (beginning === 'lost')
      await beginInPlace(context, signedIn, undefined, () => store(context, plan, 'of what it saw'))
  } catch (error) {
    if (!isFull(error)) throw error
    // The place may be that of another click, which may still be storing what it has.
    if (notes.from !== undefined) await waitForOthers()
    if ((await placeOf(context, notes)) === 'taken by a click') return leaveToOther(context, notes, user)
    context.emit({ type: 'sign-in-refused', reason: 'full', ...about, sessionId: before.id })
    throw error
  }
  if (beginning === 'beside') return goOnBeside(context, notes, user)
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
    kept: keep.map((key) => [key, session.get(key)]),
    before: { id: session.id, isNew, owner, userId: notesIn(session)?.id },
  }
}

/**
 * `own`: the session is this request's. `beside`: another click has been faster, and this request goes on in the session of that
 * one. `lost`: another request has given the session a new id, and this one goes on nowhere.
 */
type Beginning = 'own' | 'beside' | 'lost'

/** @throws SessionStoreError, and core's other errors of what can't be stored any more */
async function begin<User>(context: RequestContext<User>, plan: Plan): Promise<Beginning> {
  const { notes } = plan
  try {
    await store(context, plan, notes.from === undefined ? 'in any case' : 'as the only one')
    return 'own'
  } catch (error) {
    if (notes.from === undefined || !(await context.writer.isLostBy(error))) throw error
    const outcome = await followNewId(context.handle, isNoted(isOfClick(notes)))
    // What was signed out does not come back.
    if (outcome === 'ended') throw error
    return outcome === 'followed' ? 'beside' : 'lost'
  }
}

/** `as the only one`: if no other request of the session is faster. `of what it saw`: where the one before is lost. */
async function store<User>(
  { writer }: RequestContext<User>,
  { notes, keep, kept, label, remembered }: Plan,
  how: 'as the only one' | 'in any case' | 'of what it saw',
): Promise<void> {
  await writer.begin(notes, keep, how === 'as the only one', (session) => {
    session.setLabel(label)
    session.setLifetime(undefined)
    if (remembered !== undefined) session.setLifetime(remembered)
    if (how === 'of what it saw') for (const [key, value] of kept) session.set(key, value)
  })
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
 * Who has the place of the session before by now: still that one, where it matters; another click of the same browser, which has
 * signed the same user in meanwhile; or nobody. Where there is a limit, a second session could be the end of the first one, whose
 * cookie may reach the browser last.
 */
async function placeOf<User>(
  { account }: RequestContext<User>,
  notes: LoginNotes,
): Promise<'as it was' | 'taken by a click' | 'empty'> {
  const { id, from } = notes
  if (from === undefined || (await account.sessions.peek(from)) !== undefined) return 'as it was'
  const { opened } = await openSessions(account, await listSessions(account, id, 'maxSessions'))
  const isIt = isOfClick(notes)
  return opened.some(({ notes }) => notes !== undefined && isIt(notes)) ? 'taken by a click' : 'empty'
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
