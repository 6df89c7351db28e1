import type { SessionData, SessionInfo, WritableSession } from '@fetch-sessions/core'
import { type Account, timeOf } from './account.js'
import { LoginError } from './errors.js'
import { isSameSignIn, type LoginNotes } from './notes.js'
import { leftBehind, type Seat, takePlace } from './seat.js'
import { bySignInUntil, isOwnSignIn, listSessions, openSessions, type UserSession } from './user-sessions.js'

/** How often a sign-in asks again while others are under way. */
const MAX_ATTEMPTS = 20
/** How long it waits from one time to the next at most, in milliseconds: with a seat, and without one. */
const MIN_PAUSE = 10
const MAX_PAUSE = 300

/** What a sign-in is about. */
interface SignIn<User> {
  readonly account: Account<User>
  readonly id: string
  readonly user: User
  readonly max: number
  readonly time: number
}

/** Sign-ins of one user under way in this process: they follow one another, so that none is refused for another. */
const queues: WeakMap<object, Map<string, Promise<unknown>>> = new WeakMap()

/**
 * Does a sign-in that is refused where the user has as many sessions as there may be. `replaced`: the user's own session
 * that goes on as the new one.
 *
 * A place is taken before anything is done, by a session that nobody has the cookie of. Whoever comes later finds it, so of two sign-ins at the same moment, on different servers, one at least sees the other.
 *
 * @throws LoginError if there is no place
 */
export async function signInOrRefuse<User, R>(
  signIn: SignIn<User>,
  replaced: string | undefined,
  work: () => Promise<R>,
): Promise<R> {
  return inTurn(signIn, async () => {
    const seat = await takeSeat(signIn, replaced)
    try {
      return await work()
    } finally {
      // One that stays is known for left behind. Who is signed in by now is not told otherwise for it.
      await seat.give().catch(() => {})
    }
  })
}

/**
 * Ends the oldest sessions of a user above the limit, and tells which. Of parallel sign-ins, the last to ask sees all, and
 * all agree on which are the newest.
 */
export async function endOldest<User>({ account, id, user, max, time }: SignIn<User>, own: string): Promise<string[]> {
  for (let attempt = 1; ; attempt++) {
    const infos = await listSessions(account, id, 'maxSessions')
    if (infos.length <= max) return []
    const { opened, isWhole } = await openSessions(account, infos)
    // One that has got another id in between would not be counted.
    if (!isWhole && attempt < MAX_ATTEMPTS) continue
    const isLive = await Promise.all(opened.map((session) => isOwnSignIn(account, session, id, user)))
    const now = Math.max(time, await timeOf(account))
    const ended = opened
      .filter((_, index) => isLive[index])
      .sort(bySignInUntil(now))
      .slice(max)
      .map(({ info }) => info.id)
    await Promise.all(ended.map((each) => each !== own && account.sessions.destroy(each)))
    return ended
  }
}

/**
 * Ends what is a second session of one and the same sign-in, as two step-ups at the same moment make it: the latest goes
 * on. Whether the own one is not it.
 */
export async function endTwins<User>(account: Account<User>, own: string, notes: LoginNotes): Promise<boolean> {
  for (let attempt = 1; ; attempt++) {
    const infos = await listSessions(account, notes.id, 'maxSessions')
    const { opened, isWhole } = await openSessions(account, infos)
    if (!isWhole && attempt < MAX_ATTEMPTS) continue
    const turnOf = ({ notes }: UserSession): number => notes?.turn ?? 0
    const [latest, ...others] = opened
      .filter((session) => isSameSignIn(session.notes, notes))
      .sort((a, b) => turnOf(b) - turnOf(a) || (a.info.id < b.info.id ? -1 : 1))
    await Promise.all(others.map(({ info: { id } }) => id !== own && account.sessions.edit(id, leaveNothing)))
    return latest !== undefined && latest.info.id !== own
  }
}

/** How long a step-up gives others to be stored that are on the list already, in milliseconds. */
const TIME_TO_STORE = 50

/**
 * Lets step-ups of the same moment finish. One that is on the list may still have to look whether those before it live, or
 * were signed out.
 */
export function othersStored(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, TIME_TO_STORE))
}

/** For how many seconds what was left empty stays: longer than a step-up of the same moment takes. */
const EMPTY_LIFE = 60

/**
 * Nobody is signed in here any more. It is not destroyed, or a step-up that is still under way would take that for a
 * sign-out, which it must not survive.
 */
function leaveNothing(session: WritableSession<SessionData>): void {
  session.clear()
  session.setOwner(undefined)
  session.setLabel(undefined)
  session.setLifetime({ idleTimeout: EMPTY_LIFE })
}

/**
 * A seat is taken while the others, seats included, leave room for it. So however many come at once, on however many
 * servers, there are never too many: whoever took a seat last sees all the others. Where there is no room for all seats,
 * those behind give theirs up and come again, so that those in front get in.
 */
async function takeSeat<User>(signIn: SignIn<User>, replaced: string | undefined): Promise<Seat> {
  const { sessions } = signIn.account
  let seat: Seat | undefined
  let room: Room = 'in turn'
  try {
    for (let attempt = 1; attempt <= MAX_ATTEMPTS && room !== 'none'; attempt++) {
      seat ??= await takePlace(sessions, signIn.id)
      room = await look(signIn, seat.id, replaced)
      if (room === 'enough') return seat
      if (room === 'for others') {
        await seat.give()
        seat = undefined
      }
      if (room !== 'none') await pause(seat === undefined ? Math.min(MAX_PAUSE, 10 * 2 ** attempt) : MIN_PAUSE)
    }
  } catch (error) {
    await seat?.give().catch(() => {})
    throw error
  }
  await seat?.give()
  throw new LoginError(
    'ERR_LOGIN_FULL',
    room === 'none'
      ? `The user has ${signIn.max} sessions, and may have no more: sign out elsewhere`
      : `The user is signing in elsewhere at this moment, and may have ${signIn.max} sessions: try again in half a minute`,
  )
}

type Room = 'enough' | 'none' | 'for others' | 'in turn'

/** `in turn`: once those behind have given up their seats. */
async function look<User>(
  { account, id, user, max, time }: SignIn<User>,
  seat: string,
  replaced: string | undefined,
): Promise<Room> {
  const isLeftBehind = leftBehind()
  // A list may be read record by record, while a seat becomes a session. Of two lists, one at least has either.
  const known = new Map<string, SessionInfo>()
  for (let i = 0; i < 2; i++) {
    for (const info of await listSessions(account, id, 'maxSessions')) known.set(info.id, info)
  }
  const own = known.get(seat)
  const others = [...known.values()].filter((info) => info.id !== seat && info.id !== replaced)
  if (others.length < max) return 'enough'
  const { opened, isWhole } = await openSessions(account, others)
  if (!isWhole) return 'in turn'
  let signedIn = 0
  const seats: SessionInfo[] = []
  for (const session of opened) {
    if (session.seat !== undefined) {
      if (isLeftBehind(session.seat, time - session.info.createdAt)) await account.sessions.destroy(session.info.id)
      else seats.push(session.info)
    } else if (await isOwnSignIn(account, session, id, user)) signedIn++
  }
  if (signedIn >= max) return 'none'
  if (signedIn + seats.length < max) return 'enough'
  const ahead = seats.filter((other) => own === undefined || isBefore(other, own))
  return signedIn + ahead.length < max ? 'in turn' : 'for others'
}

/** Which of two seats was taken first, the same for everybody. */
function isBefore(a: SessionInfo, b: SessionInfo): boolean {
  return a.createdAt === b.createdAt ? a.id < b.id : a.createdAt < b.createdAt
}

/** Up to so many milliseconds. */
function pause(longest: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.random() * longest))
}

async function inTurn<User, R>({ account, id }: SignIn<User>, work: () => Promise<R>): Promise<R> {
  // On Workers, a request must not wait for another one's promise: it would never be settled, or only with luck.
  if ('WebSocketPair' in globalThis) return work()
  const queue = queues.get(account.sessions) ?? new Map<string, Promise<unknown>>()
  queues.set(account.sessions, queue)
  const before = queue.get(id) ?? Promise.resolve()
  const turn = before.then(work, work)
  queue.set(id, turn)
  try {
    return await turn
  } finally {
    if (queue.get(id) === turn) queue.delete(id)
  }
}
