import { timeOf } from './account.js'
import { claim, demandDone } from './claim.js'
import { LoginError, rejectUnknown } from './errors.js'
import {
  endOfImpersonation,
  type ImpersonateOptions,
  notesOfImpersonation,
  secondsOf,
  setLifetimeOfBefore,
} from './impersonation.js'
import { isSameSignIn, type LoginNotes } from './notes.js'
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
  const isActing = (its: LoginNotes): boolean => its.id === notes.id && isSameSignIn(its.actor, current.notes)
  const isOwn = await claim(context, 'impersonate', current.notes, isActing)
  if (isOwn) {
    await context.writer.goOnAs(current.notes, notes, keep, (session) => {
      session.setLifetime(undefined)
      session.setLifetime({
        absoluteTimeout: endOfImpersonation(session.createdAt, time, seconds),
        persistent: false,
      })
    })
  } else await demandDone(context, 'impersonate', current.notes.id, isActing)
  context.current.set({ notes, user, actor: current.user })
  if (!isOwn) return
  const about = await context.about(notes)
  context.emit({ type: 'impersonation-started', seconds, ...about, actorId: current.notes.id })
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
  if (!(await claim(context, 'stopImpersonating', current.notes, isBack))) {
    await demandDone(context, 'stopImpersonating', notes.id, isBack)
    context.current.set(back)
    return back.user
  }
  const about = await context.about(current.notes)
  const actor = { id: notes.id, user: back.user, time: about.time }
  let isOver = false
  const comeBack = (): Promise<void> =>
    context.writer.goOnAs(current.notes, notes, keep, (session) => {
      isOver = !setLifetimeOfBefore(session, actorNotes, about.time)
      if (isOver) throw new LoginError('ERR_LOGIN_REQUIRED', 'stopImpersonating: the session of before is over')
    })
  // The actor's place may be another session's by now: an impersonation counts for nobody.
  await beginInPlace(context, actor, about.sessionId, comeBack).catch((error) => {
    isOver ||= isFull(error)
    if (!isOver) throw error
  })
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
