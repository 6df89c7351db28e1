import { timeOf } from './account.js'
import { demandDone, doOnce } from './claim.js'
import { LoginError, rejectUnknown } from './errors.js'
import {
  endOfImpersonation,
  type ImpersonateOptions,
  notesOfImpersonation,
  secondsOf,
  setLifetimeOfBefore,
} from './impersonation.js'
import { hasShownNoMore, isSameSignIn, type LoginNotes } from './notes.js'
import type { RequestContext } from './request-context.js'
import { keysOf } from './sign-in-options.js'
import { beginInPlace, endAboveLimit, isFull } from './within-limit.js'

/** `Auth.impersonate` */
export async function impersonate<User>(
  context: RequestContext<User>,
  user: User,
  options: ImpersonateOptions,
): Promise<void> {
  const seconds = secondsOf(options)
  const current = await context.required('impersonate')
  const { lifetime = {} } = await context.handle.read()
  const notes = await notesOfImpersonation(context.account, { ...current.notes, lifetime }, user)
  const time = await timeOf(context.account)
  const keep = keysOf('impersonate', options.keep)
  const { notes: before } = current
  const isActing = (its: LoginNotes): boolean => its.id === notes.id && isSameSignIn(its.actor, before)
  const outcome = await doOnce(context, {
    what: 'impersonate',
    before,
    isProven: false,
    // What another tab has shown meanwhile, this request has not.
    isMeant: (its) => hasShownNoMore(its.actor ?? its, before),
    isDone: isActing,
    act: (now, isClaimed) =>
      context.writer.goOnAs(now, notes, { keep, isClaimed }, (session) => {
        session.setLifetime(undefined)
        session.setLifetime({
          absoluteTimeout: endOfImpersonation(session.createdAt, time, seconds),
          persistent: false,
        })
      }),
  })
  if (outcome === 'elsewhere') await demandDone(context, 'impersonate', before.id, isActing)
  context.current.set({ notes: typeof outcome === 'object' ? outcome : notes, user, actor: current.user })
  if (outcome !== 'own') return
  const about = await context.about(notes)
  context.emit({ type: 'impersonation-started', seconds, ...about, actorId: before.id })
}

/** `Auth.stopImpersonating` */
export async function stopImpersonating<User>(
  context: RequestContext<User>,
  options: { keep?: readonly string[] },
): Promise<User | undefined> {
  rejectUnknown('stopImpersonating', options, ['keep'])
  const keep = keysOf('stopImpersonating', options.keep)
  const current = await context.current.get()
  const actorNotes = current?.notes.actor
  // Whoever may not come back has been signed out by now.
  if (current === undefined || actorNotes === undefined) return current?.user
  const { lifetime: _, ...notes } = actorNotes
  const back = { notes, user: current.actor as User, actor: undefined }
  const isBack = (its: LoginNotes): boolean => isSameSignIn(its, notes)
  const about = await context.about(current.notes)
  const actor = { id: notes.id, user: back.user, time: about.time }
  let isOver = false
  const act = async (now: LoginNotes, isClaimed: boolean): Promise<void> => {
    about.sessionId = await context.sessionId()
    const comeBack = (): Promise<void> =>
      context.writer.goOnAs(now, notes, { keep, isClaimed }, (session) => {
        isOver = !setLifetimeOfBefore(session, actorNotes, about.time)
        if (isOver) throw new LoginError('ERR_LOGIN_REQUIRED', 'stopImpersonating: the session of before is over')
      })
    // The actor's place may be another session's by now: an impersonation counts for nobody.
    await beginInPlace(context, actor, about.sessionId, comeBack).catch((error) => {
      isOver ||= isFull(error)
      if (!isOver) throw error
    })
  }
  const outcome = await doOnce(context, {
    what: 'stopImpersonating',
    before: current.notes,
    isProven: false,
    isMeant: (its) => hasShownNoMore(its, notes),
    isDone: isBack,
    act,
  })
  if (outcome !== 'own') {
    if (outcome === 'elsewhere') await demandDone(context, 'stopImpersonating', notes.id, isBack)
    context.current.set(outcome === 'elsewhere' ? back : { ...back, notes: outcome })
    return back.user
  }
  if (isOver) {
    await context.destroy()
    context.emit({ type: 'ended', reason: 'actor', ...about })
    return undefined
  }
  context.current.set(back)
  about.sessionId = await context.sessionId()
  context.emit({ type: 'impersonation-ended', ...about, actorId: notes.id })
  if (await endAboveLimit(context, actor)) await context.destroy()
  return (await context.current.get())?.user
}
