import type { SessionLifetime } from '@fetch-sessions/core'

/** The key of the session under which it is noted who is signed in. */
export const LOGIN_KEY = '$login'

/** What of a sign-in can be proven again. Times are milliseconds since the epoch. */
export interface LoginNotes {
  /** The user's. */
  readonly id: string
  /** The MAC of the user's credential, as it was at the sign-in. */
  readonly hash: string
  /** When the user signed in. */
  readonly at: number
  /** Tells apart those who signed in at the same time (`orderOfNow`). */
  readonly order: number
  /** The id of the session in whose place it began: what tells another click of the same browser. */
  readonly from?: string | undefined
  /** "Remember me": the lifetime that was asked for. */
  readonly remembered?: SessionLifetime | undefined
  /** Of who acts as a user: the lifetime of the session of before, to come back to. */
  readonly lifetime?: SessionLifetime | undefined
  /** When each factor was shown last. */
  readonly factors: Readonly<Record<string, number>>
  /** By what a remembered session was signed in, which makes nothing fresh. */
  readonly signedInBy?: readonly string[] | undefined
  /** When it was found over, if it was, by a request that has left the session to a change of the credential under way. */
  readonly overAt?: number | undefined
  /** When the credential was hashed anew, if it was. */
  readonly rehashedAt?: number | undefined
  /** Who acts as this user. */
  readonly actor?: LoginNotes | undefined
}

/** The notes in a session, or nothing if there are none, or something else is in their place. */
export function notesIn(session: { get(key: string): unknown }): LoginNotes | undefined {
  const value = session.get(LOGIN_KEY)
  return isNotes(value) && (value.actor === undefined || isNotes(value.actor)) ? value : undefined
}

/** Whether these are notes of one and the same sign-in, whatever was confirmed or hashed anew since. */
export function isSameSignIn(a: LoginNotes | undefined, b: LoginNotes): boolean {
  const isSame = a !== undefined && a.id === b.id && a.at === b.at && a.order === b.order
  return isSame && (b.actor === undefined ? a.actor === undefined : isSameSignIn(a.actor, b.actor))
}

/** When this factor was shown last, if it was. */
export function timeIn(factors: LoginNotes['factors'], name: string): number | undefined {
  return Object.hasOwn(factors, name) ? factors[name] : undefined
}

/**
 * Whether in a session nothing was shown that these notes do not know, but for `proven`: whoever goes on there from them gains
 * nothing.
 */
export function hasShownNoMore(its: LoginNotes, known: LoginNotes, proven: readonly string[] = []): boolean {
  return Object.keys(its.factors).every(
    (name) => proven.includes(name) || timeIn(its.factors, name) === timeIn(known.factors, name),
  )
}

/** The same for a sign-in as long as it lasts, whatever ids its session has. Useless as a cookie, and fit for a URL. */
export function deviceIdOf({ at, order }: LoginNotes): string {
  return `${at}-${order}`.replaceAll('.', '_')
}

function isNotes(value: unknown): value is LoginNotes {
  if (!isObject(value)) return false
  const { id, hash, at, order, from, factors, remembered, lifetime, signedInBy, overAt, rehashedAt } = value
  return (
    [id, hash].every((text) => typeof text === 'string' && text !== '') &&
    [at, order].every(Number.isFinite) &&
    isObject(factors) &&
    Object.values(factors).every(Number.isFinite) &&
    (remembered === undefined || isObject(remembered)) &&
    (lifetime === undefined || isObject(lifetime)) &&
    (from === undefined || typeof from === 'string') &&
    (signedInBy === undefined || Array.isArray(signedInBy)) &&
    (overAt === undefined || Number.isFinite(overAt)) &&
    (rehashedAt === undefined || Number.isFinite(rehashedAt))
  )
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

let newest = 0

/**
 * Grows with each sign-in, also within a millisecond or where the clock of the sessions stands still; of several servers
 * as their own clocks do, to the millisecond. A random part of one tells them apart, since the clocks of some stand still
 * for as long.
 */
export function orderOfNow(): number {
  newest = Math.max(newest + 0.001, (performance.timeOrigin || 0) + performance.now() + Math.random())
  return newest
}
