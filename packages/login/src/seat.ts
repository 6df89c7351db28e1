import { isSessionError, type SessionData, type SessionManager } from '@fetch-sessions/core'
import { LOGIN_KEY } from './notes.js'

/**
 * How long a seat is kept, in milliseconds. One that is older was left behind, by whichever server, and so was one that is
 * as far ahead: a clock was set back since.
 */
const SEAT_LIFE = 30_000

/** A place that is kept for a sign-in under way: a session of the user's that nobody has the cookie of. */
export interface Seat {
  /** The store's key. */
  readonly id: string
  give(): Promise<void>
}

/** The marks of seats that this process could not give back, since the store failed. */
const left: Set<string> = new Set()
/** How many of them it remembers. */
const MAX_LEFT = 10_000

/** @throws SessionStoreError; and TypeError where the schema of the sessions lets no seat pass */
export async function takePlace(sessions: SessionManager<SessionData>, owner: string): Promise<Seat> {
  const mark = crypto.randomUUID()
  // A store that failed may have done it all the same.
  const orLeave = <T>(doing: Promise<T>): Promise<T> =>
    doing.catch((error) => {
      leave(mark)
      throw error
    })
  const issuing = sessions.issue({ [LOGIN_KEY]: { seat: mark } }, { owner }).catch(sayWhatSeatsNeed)
  const { id } = await orLeave(issuing)
  return { id, give: async () => void (await orLeave(sessions.destroy(id))) }
}

/** A schema that refuses it refuses each sign-in. */
function sayWhatSeatsNeed(error: unknown): never {
  if (!isSessionError(error) || error.code !== 'ERR_SESSION_DATA') throw error
  throw new TypeError(
    `fetch-sessions: the schema of the sessions refuses what keeps a place for a sign-in (whenFull: 'refuse'): a session with the key "${LOGIN_KEY}" alone. So let each other key be optional, and that one anything, as in z.object({ ${LOGIN_KEY}: z.unknown().optional() })`,
    { cause: error },
  )
}

function leave(mark: string): void {
  left.add(mark)
  const [oldest] = left
  if (left.size > MAX_LEFT && oldest !== undefined) left.delete(oldest)
}

/** The mark of a seat, if this session is one. */
export function seatIn(session: { get(key: string): unknown }): string | undefined {
  const value = session.get(LOGIN_KEY)
  const mark: unknown = typeof value === 'object' && value !== null && 'seat' in value ? value.seat : undefined
  return typeof mark === 'string' ? mark : undefined
}

/**
 * Tells of a seat, of so many milliseconds, whether nobody signs in any more for whom it was kept, as it is known now: ask
 * before the sessions are listed, and what a sign-in that has left its seat has stored is among them.
 */
export function leftBehind(): (mark: string, age: number) => boolean {
  const known = new Set(left)
  return (mark, age) => known.has(mark) || Math.abs(age) >= SEAT_LIFE
}
