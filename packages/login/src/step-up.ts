import { timeOf } from './account.js'
import type { FreshOptions } from './auth.js'
import { doOnce } from './claim.js'
import { checkSeconds, LoginError, rejectUnknown } from './errors.js'
import { hasShownNoMore, isSameSignIn, type LoginNotes, timeIn } from './notes.js'
import { namesOf, type OneOrMore } from './options.js'
import type { RequestContext } from './request-context.js'
import { timesOf } from './sign-in-options.js'

/**
 * How far ahead of the clock a fresh time may be, in milliseconds, since the clocks of servers differ. What is further ahead
 * was noted before a clock was set back.
 */
const MAX_AHEAD = 60_000

/** `Auth.confirm` */
export async function confirm<User>(context: RequestContext<User>, factor: OneOrMore): Promise<void> {
  const factors = namesOf('confirm: factor', factor)
  const current = await context.required('confirm')
  if (current.notes.actor !== undefined) {
    throw new LoginError('ERR_LOGIN_IMPERSONATING', 'confirm: who acts as a user can not confirm to be that user')
  }
  const { notes: before } = current
  const shown = timesOf(factors, await timeOf(context.account))
  const withShown = (now: LoginNotes): LoginNotes => ({ ...now, factors: { ...now.factors, ...shown } })
  let notes = withShown(before)
  const outcome = await doOnce(context, {
    what: 'confirm',
    before,
    isProven: true,
    isMeant: (its) => isSameSignIn(its, before) && hasShownNoMore(its, before, factors),
    isDone: (its) => isSameSignIn(its, before) && factors.every((name) => isLater(its.factors, before.factors, name)),
    act: async (now, isClaimed) => {
      notes = withShown(now)
      await context.writer.goOn(now, notes, isClaimed)
    },
  })
  if (typeof outcome === 'object') notes = outcome
  context.current.set({ ...current, notes })
  if (outcome === 'own') context.emit({ type: 'confirmed', factors, ...(await context.about(notes)) })
}

/** Whether a factor was shown since. */
function isLater(now: LoginNotes['factors'], before: LoginNotes['factors'], name: string): boolean {
  const time = timeIn(now, name)
  return time !== undefined && time > (timeIn(before, name) ?? Number.NEGATIVE_INFINITY)
}

/** `Auth.isFresh` */
export async function isFresh<User>(
  context: RequestContext<User>,
  seconds: number,
  factor: string | undefined,
  options: FreshOptions,
): Promise<boolean> {
  checkSeconds('isFresh: seconds', seconds)
  rejectUnknown('isFresh', options, ['proven'])
  const { proven = false } = options
  if (factor !== undefined) namesOf('isFresh: factor', factor)
  const current = await context.current.get()
  if (current === undefined || current.notes.actor !== undefined) return false
  if (proven && (await context.current.deviceState()) !== 'proven') return false
  const { factors, remembered, at } = current.notes
  const shown = Object.entries(factors).filter(([name]) => factor === undefined || name === factor)
  const times = shown.map(([, time]) => time)
  if (factor === undefined && remembered === undefined) times.push(at)
  const now = await timeOf(context.account)
  return times.some((time) => now - time <= seconds * 1000 && time - now <= MAX_AHEAD)
}

/** Whether the user has shown this factor at any time in this session, a remembered sign-in included. */
export async function hasShown<User>({ current }: RequestContext<User>, factor: string): Promise<boolean> {
  const { factors, signedInBy = [], actor } = (await current.get())?.notes ?? { factors: {} }
  return actor === undefined && (Object.hasOwn(factors, factor) || signedInBy.includes(factor))
}
