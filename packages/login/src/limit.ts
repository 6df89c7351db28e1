import type { SessionInfo } from '@fetch-sessions/core'
import { type Account, timeOf } from './account.js'
import { LoginError } from './errors.js'
import { leftBehind, type Seat, takePlace } from './seat.js'
import { bySignInUntil, hasTwins, isOwnSignIn, listSessions, openSessions } from './user-sessions.js'

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
 * A place is taken before anything is done, by a session that nobody has the cookie of. Whoever comes later finds it, so of
 * two sign-ins at the same moment, on different servers, one at least sees the other.
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

/** What a sign-in has ended to stay within the limit. */
interface Ended {
  readonly endedSessionIds: readonly string[]
  /** Whether the own one is above the limit, or ended by another sign-in already. */
  readonly isOwnOver: boolean
}

/**
 * Ends the oldest sessions of a user above the limit, but not the own one. Of parallel sign-ins, the last to ask sees all,
 * and all agree on which are the newest. One that has got a new id meanwhile is looked for again.
 */
export async function endOldest<User>({ account, id, user, max, time }: SignIn<User>, own: string): Promise<Ended> {
  const endedSessionIds: string[] = []
  for (let attempt = 1; ; attempt++) {
    const infos = await listSessions(account, id, 'maxSessions')
    if (infos.length <= max) return { endedSessionIds, isOwnOver: await isGone(account, own, infos) }
    const { opened, isWhole } = await openSessions(account, infos)
    // One that is just getting another id would not be counted, or twice.
    if ((!isWhole || (hasTwins(opened) && !lasts(attempt))) && attempt < MAX_ATTEMPTS) {
      await pause(MIN_PAUSE)
      continue
    }
    const isLive = await Promise.all(opened.map((session) => isOwnSignIn(account, session, id, user)))
    const now = Math.max(time, await timeOf(account))
    const above = opened
      .filter((_, index) => isLive[index])
      .sort(bySignInUntil(now))
      .slice(max)
      .map(({ info }) => info.id)
    const others = above.filter((each) => each !== own)
    const isEnded = await Promise.all(others.map((each) => account.sessions.destroy(each)))
    endedSessionIds.push(...others.filter((_, index) => isEnded[index]))
    if (!isEnded.includes(false) || attempt >= MAX_ATTEMPTS) {
      return { endedSessionIds, isOwnOver: above.includes(own) || (await isGone(account, own, infos)) }
    }
  }
}

/** Whether what is still there twice is two sessions: one that is just getting another id is so for a moment. */
function lasts(attempt: number): boolean {
  return attempt > MAX_ATTEMPTS / 2
}

/** Whether another sign-in has ended this session. A list that is behind may not have it yet. */
async function isGone<User>({ sessions }: Account<User>, id: string, infos: readonly SessionInfo[]): Promise<boolean> {
  return !infos.some((info) => info.id === id) && (await sessions.peek(id)) === undefined
}

/** How long sign-ins that are on the list already are given to be stored, in milliseconds. */
const TIME_TO_STORE = 50

/**
 * Lets sign-ins of the same browser and moment finish. One that is on the list may still have to look whether the one before
 * it lives: it takes what is gone for a sign-out, which it must not survive.
 */
export function waitForOthers(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, TIME_TO_STORE))
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
      room = await look(signIn, seat.id, replaced, lasts(attempt))
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
  areTwinsTwo: boolean,
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
  if (!isWhole || (hasTwins(opened) && !areTwinsTwo)) return 'in turn'
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

/** How long a turn is waited for, in milliseconds: a store may never answer. The places are kept without it as well. */
const MAX_TURN = 5000

/** Fulfilled when this is settled, or has had its time. */
async function over(turn: Promise<unknown> | undefined): Promise<void> {
  if (turn === undefined) return
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, MAX_TURN)
  })
  const settled = (): void => {}
  await Promise.race([turn.then(settled, settled), late])
  clearTimeout(timer)
}

/** The sign-ins of one user follow one another within this process, which saves them tries. */
async function inTurn<User, R>({ account, id }: SignIn<User>, work: () => Promise<R>): Promise<R> {
  // On Workers, a request must not wait for another one's promise: it would never be settled, or only with luck.
  if ('WebSocketPair' in globalThis) return work()
  const queue = queues.get(account.sessions) ?? new Map<string, Promise<unknown>>()
  queues.set(account.sessions, queue)
  const turn = over(queue.get(id)).then(work)
  queue.set(id, turn)
  try {
    return await turn
  } finally {
    if (queue.get(id) === turn) queue.delete(id)
  }
}
