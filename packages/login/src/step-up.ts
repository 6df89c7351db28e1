import { timeOf } from './account.js'
import type { FreshOptions } from './auth.js'
import { claim } from './claim.js'
import { checkSeconds, LoginError, rejectUnknown } from './errors.js'
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
  const time = await timeOf(context.account)
  const notes = { ...current.notes, factors: { ...current.notes.factors, ...timesOf(factors, time) } }
  const isOwn = await claim(context, 'confirm', current.notes)
  if (isOwn) await context.writer.goOn(current.notes, notes)
  context.current.set({ ...current, notes })
  if (isOwn) context.emit({ type: 'confirmed', factors, ...(await context.about(notes)) })
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
