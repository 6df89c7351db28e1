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
  /** Grows with each step-up: of two at the same moment, each of which has got a session, the later one's goes on. */
  readonly turn?: number | undefined
  /** "Remember me": the lifetime that was asked for. */
  readonly remembered?: SessionLifetime | undefined
  /** When each factor was shown last. */
  readonly factors: Readonly<Record<string, number>>
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

function isNotes(value: unknown): value is LoginNotes {
  if (!isObject(value)) return false
  const { id, hash, at, order, factors, remembered, turn } = value
  return (
    [id, hash].every((text) => typeof text === 'string' && text !== '') &&
    [at, order].every(Number.isFinite) &&
    isObject(factors) &&
    Object.values(factors).every(Number.isFinite) &&
    (remembered === undefined || isObject(remembered)) &&
    (turn === undefined || Number.isFinite(turn))
  )
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

let newest = 0

/**
 * Grows with each sign-in, also within a millisecond or where the clock of the sessions stands still; of several servers
 * as their own clocks do.
 */
export function orderOfNow(): number {
  newest = Math.max(newest + 0.001, (performance.timeOrigin || 0) + performance.now())
  return newest
}
