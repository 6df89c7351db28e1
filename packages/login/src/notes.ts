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

function isNotes(value: unknown): value is LoginNotes {
  if (!isObject(value)) return false
  const { id, hash, at, factors, remembered } = value
  return (
    [id, hash].every((text) => typeof text === 'string' && text !== '') &&
    Number.isFinite(at) &&
    isObject(factors) &&
    Object.values(factors).every(Number.isFinite) &&
    (remembered === undefined || isObject(remembered))
  )
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
