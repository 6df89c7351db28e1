import type { SessionData, SessionManager } from '@fetch-sessions/core'
import { LOGIN_KEY } from './notes.js'

/** How long the seat of another server is kept, in milliseconds. One that is older was left behind. */
const SEAT_LIFE = 30_000

/** A place that is kept for a sign-in under way: a session of the user's that nobody has the cookie of. */
export interface Seat {
  /** The store's key. */
  readonly id: string
  give(): Promise<void>
}

/** The seats of this process that are in use: one that is not has been left behind by a store that failed. */
const inUse: Set<string> = new Set()
let thisProcess: string | undefined
let taken = 0

/** @throws SessionStoreError */
export async function takePlace(sessions: SessionManager<SessionData>, owner: string): Promise<Seat> {
  // Not before a request: Workers have no random numbers until there is one.
  thisProcess ??= crypto.randomUUID()
  const mark = `${thisProcess} ${++taken}`
  inUse.add(mark)
  try {
    const { id } = await sessions.issue({ [LOGIN_KEY]: { seat: mark } }, { owner })
    const give = async (): Promise<void> => {
      inUse.delete(mark)
      await sessions.destroy(id)
    }
    return { id, give }
  } catch (error) {
    // A store that failed may have written all the same.
    inUse.delete(mark)
    throw error
  }
}

/** The mark of a seat, if this session is one. */
export function seatIn(session: { get(key: string): unknown }): string | undefined {
  const value = session.get(LOGIN_KEY)
  const mark: unknown = typeof value === 'object' && value !== null && 'seat' in value ? value.seat : undefined
  return typeof mark === 'string' ? mark : undefined
}

/** Whether nobody signs in any more for whom this seat was kept. `age` in milliseconds. */
export function isLeftBehind(mark: string, age: number): boolean {
  const isOwn = thisProcess !== undefined && mark.startsWith(`${thisProcess} `)
  return isOwn ? !inUse.has(mark) : age >= SEAT_LIFE
}
