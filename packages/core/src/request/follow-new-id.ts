import { reload } from '../commit/compare-and-set.js'
import { type Followed, livesOn, successorOf } from '../commit/old-id-grace.js'
import type { SessionContext } from '../context.js'
import type { Identity } from '../cookie/cookie-format.js'
import { startTime } from '../events.js'
import { type ReadableSession, ReadableView } from '../session/session.js'
import type { SessionState } from '../session/session-state.js'
import { unpack } from './load-outcome.js'

/**
 * Where the session of a request is by now. `followed`: the request goes on in it. `elsewhere`: it lives on, but the request
 * does not. `ended`: there is none any more.
 */
export type FollowOutcome = 'followed' | 'elsewhere' | 'ended'

/** How long after it was loaded a session is followed, in milliseconds: two clicks are at one moment. */
const MAX_AGE = 10_000

/**
 * Goes on in the session of this request, under whichever id it is by now, if it is the one that is meant. What the request
 * has changed in a session of which it knows that it is lost is dropped.
 * @throws SessionStoreError, and SessionDataError as for a session that is loaded
 */
export async function followNewId<Data>(
  context: SessionContext,
  state: SessionState,
  loadedAt: number,
  isMeant: (session: ReadableSession<Data>) => boolean,
): Promise<FollowOutcome> {
  const { identity: before, status } = state
  const isThere = (): boolean => state.phase === 'open' && state.status === status && state.identity === before
  // Whoever holds a request back waits for what it may be led to.
  if (context.now() - loadedAt > MAX_AGE) return 'elsewhere'
  // What lives in its cookie has no other one. What this request itself has ended is not to be found again.
  if (!context.format.isShared || !isThere() || (status !== 'live' && status !== 'superseded')) return 'elsewhere'
  const followed = await newestOf(context, before)
  if (typeof followed === 'string') return followed
  const { identity, session } = followed
  const opened = await unpack(context, identity, session, 'open', startTime(context.emit))
  if (opened === 'none' || !isMeant(new ReadableView<Data>(context, opened)) || !isThere()) return 'elsewhere'
  if (status === 'superseded') await state.draft.rollBack()
  await state.draft.rebase(session.content)
  const { move, ending } = opened
  // An own new id that is due holds for that session alone.
  const regeneration = identity.id === before.id ? state.regeneration : undefined
  // The answer of a request that fails brings the cookie as well: the one that came leads nowhere.
  Object.assign(state, { identity, stored: session, status: 'live', cookie: 'due', isSaved: true })
  Object.assign(state, { move, ending, regeneration })
  return 'followed'
}

async function newestOf(context: SessionContext, before: Identity): Promise<Followed | 'elsewhere' | 'ended'> {
  const found = await reload(context, before)
  if (found.is === 'session') return { identity: before, session: found.session }
  if (found.is !== 'superseded') return 'ended'
  const followed = await successorOf(context, before, found.successor, true)
  return followed ?? ((await livesOn(context, before, found.successor)) ? 'elsewhere' : 'ended')
}
