import { andThen, isPromise } from '../awaitable.js'
import type { Identity } from '../cookie/cookie-format.js'
import { SessionConflictError, SessionLockedError, SessionStoreError, SessionTooLargeError } from '../errors.js'
import { elapsedSince, startTime } from '../events.js'
import type { Sealed } from '../session/draft.js'
import { expiryWhenUsed, isAtAbsoluteLimit, isCookieBehind, isUseDue } from '../session/lifetime.js'
import type { MoveOutcome } from '../session/old-sessions.js'
import type { Regeneration, SessionState } from '../session/session-state.js'
import { isCookieOutdated, type StoredSession, storedAs, unstored } from '../session/stored-session.js'
import type { Awaitable } from '../store/store.js'
import type { CommitContext, PersistencePolicy } from './commit-context.js'
import { reload, writeTogether } from './compare-and-set.js'
import { endSession } from './end-session.js'
import { successorOf } from './old-id-grace.js'
import type { WriteOutcome } from './pending-write.js'
import { regenerate } from './regenerate.js'
import { askOnStoreFailure } from './store-failure.js'

/** What a commit does in the store; named as the event that tells of it. */
type Action = 'created' | 'saved' | 'regenerated' | 'touched' | 'destroyed'

/** What came of it. */
type Outcome =
  | {
      readonly is: 'stored'
      readonly session: StoredSession
      readonly identity?: Identity
      readonly wasDue?: true | undefined
    }
  | { readonly is: 'destroyed' }
  | Extract<MoveOutcome, { is: 'superseded' }>
  | Exclude<WriteOutcome, { is: 'stored' }>

/**
 * Makes the store agree with what a request did to its session. Not a promise if nothing has to be waited for.
 * `cookie`: the fingerprint of the cookie that goes out with it; `undefined`: none can be sent any more.
 * @throws SessionError if it could not be stored; what is to be stored is then still there to be saved again
 */
export function commit(
  context: CommitContext,
  state: SessionState,
  cookie: string | undefined,
  policy: PersistencePolicy,
): Awaitable<void> {
  // 1. What the request made of its session, as it is now: what comes later is the next save's.
  return andThen(state.draft.seal(), write, context, state, cookie, policy)
}

function write(
  sealed: Sealed,
  context: CommitContext,
  state: SessionState,
  cookie: string | undefined,
  policy: PersistencePolicy,
): Awaitable<void> {
  // 2. What the store has to do.
  const action = decide(context, state, sealed, cookie, policy)
  if (action === undefined) return dropSuperseded(context, state, sealed)
  // 3. Do it.
  const started = startTime(context.emit)
  const done: Done = { action, sealed, cookie, policy, started, identity: state.identity, base: state.stored }
  const isUseAlone = !sealed.isChanged && (action === 'saved' || action === 'touched')
  const outcome =
    isUseAlone && !(context.format.isShared && context.onStoreFailure === undefined)
      ? noteUse(context, action, state, sealed, cookie)
      : act(context, action, state, sealed, cookie)
  // 4. Note what came of it.
  return andThen(outcome, settle, context, state, done)
}

/** What has to be done, from the state alone. */
function decide(
  context: CommitContext,
  state: SessionState,
  { isChanged }: Sealed,
  cookie: string | undefined,
  policy: PersistencePolicy,
): Action | undefined {
  const { status, phase, isNew, draft, regeneration, stored, move, ending } = state
  if (status === 'destroyed') return (isNew && ending === undefined) || state.cookie === 'due' ? undefined : 'destroyed'
  if (status !== 'live') return undefined
  if (isNew) {
    const isWorthIt = !draft.isEmpty || policy === 'always' || move !== undefined
    return isWorthIt && phase !== 'late' ? 'created' : undefined
  }
  if (regeneration !== undefined) return 'regenerated'
  if (isChanged) return 'saved'
  // What an earlier write could not do: it sent no cookie.
  if (cookie !== undefined && (stored.due || (state.isSaved && stored.cookie !== cookie))) return 'saved'
  const isEveryUseNoted = policy !== 'changed' && !state.isSaved
  if (!isEveryUseNoted && !isUseDue(context.now(), stored)) return undefined
  const { lifetime, record } = stored
  const used = { createdAt: record.createdAt, expiresAt: expiryWhenUsed(context.now(), record.createdAt, lifetime) }
  // A touch changes neither the notes nor the version. So the notes have to be right already. Near the end, a use is
  // written: a request that finds the session over sees by the new version that it is not.
  const isTouchEnough =
    stored.idle === lifetime.idleTimeout &&
    // Where a limit that held the expiry was raised, they tell of an older use.
    record.expiresAt - stored.idle * 1000 === stored.lastUse &&
    (cookie === undefined ? !isCookieBehind(record, used, lifetime) : stored.cookie === cookie) &&
    !isAtAbsoluteLimit(used, lifetime) &&
    stored.expiresAt - context.now() >= lifetime.idleTimeout * 100
  return isTouchEnough ? 'touched' : 'saved'
}

function act(
  context: CommitContext,
  action: Action,
  state: SessionState,
  sealed: Sealed,
  cookie: string | undefined,
): Awaitable<Outcome> {
  const { identity, stored: base, regeneration, move, ending } = state
  switch (action) {
    case 'created': {
      const { createdAt } = base.record
      const session = storedAs(context, sealed.content, { createdAt, version: 1, lastUse: context.now(), cookie })
      const creating: Awaitable<Outcome> =
        move === undefined ? create(identity, session) : move.store(identity, session)
      if (isPromise(creating)) context.format.prepare?.(identity)
      return creating
    }
    case 'touched':
      return touch(context, identity, base)
    case 'destroyed':
      // One that this request has loaded is never superseded: what took over ends.
      return endSession(
        context,
        ending?.identity ?? identity,
        ending ? { is: 'ended', record: ending.record } : { is: 'session', session: base },
      ).then((is) => ({ is: is === 'gone' ? 'gone' : 'destroyed' }))
    case 'regenerated':
      return regeneration
        ? regenerate(context, state, regeneration, asHolder(context, state, sealed), cookie)
        : { is: 'gone' }
    case 'saved': {
      const write = { sealed: asHolder(context, state, sealed), base, cookie }
      if (!context.format.isShared || context.queue === undefined) {
        // What travels in a cookie is written by its own request only.
        return andThen(writeTogether(context, identity, [write]), ({ outcomes }) => outcomes[0] as WriteOutcome)
      }
      return context.queue.submit(identity.id, write, (batch, newest) =>
        writeTogether(context, identity, batch, newest),
      )
    }
  }
}

/**
 * Where the cookie has no room for the note of a use, the one that came is still good. So is a session whose store takes
 * no writes, if `onStoreFailure` says so.
 */
async function noteUse(
  context: CommitContext,
  action: Action,
  state: SessionState,
  sealed: Sealed,
  cookie: string | undefined,
): Promise<Outcome> {
  const session = state.stored
  try {
    const outcome = await act(context, action, state, sealed, cookie)
    if (outcome.is === 'failed') throw outcome.error
    return outcome
  } catch (error) {
    if (!(error instanceof SessionTooLargeError)) {
      // Asked whether anybody listens or not.
      const failure = askOnStoreFailure(context, error)
      context.emit?.({ type: 'degraded', error: failure })
    }
    return { is: 'newer', session }
  }
}

/** What an `exclusive` saves is saved only as long as it holds the session. @throws SessionLockedError after that */
function asHolder({ now }: CommitContext, { lock }: SessionState, sealed: Sealed): Sealed {
  if (lock === undefined) return sealed
  if (now() >= lock.until) throw new SessionLockedError('over')
  return { ...sealed, changes: [{ type: 'hold', by: lock.by }, ...sealed.changes] }
}

/** Writes a new record. An existing one is never overwritten. */
function create({ id, store }: Identity, session: StoredSession): Awaitable<Outcome> {
  return andThen(store.create(id, session.record), (isCreated) => {
    if (isCreated === undefined) throw new SessionStoreError('create', new TypeError('it must answer true or false'))
    if (!isCreated) throw new SessionConflictError()
    return { is: 'stored', session }
  })
}

/**
 * Notes a use. Where another request was faster, it is decided again by what that has stored: it may have shortened the
 * lifetime, or noted a use itself.
 */
function touch(context: CommitContext, identity: Identity, session: StoredSession, attempt = 1): Awaitable<Outcome> {
  const now = context.now()
  const { record, lifetime } = session
  const expiresAt = expiryWhenUsed(now, record.createdAt, lifetime)
  const touching = now < session.expiresAt && identity.store.touch(identity.id, expiresAt, record.version)
  return andThen(touching, (isTouched) => {
    if (isTouched)
      return { is: 'stored', session: { ...session, record: { ...record, expiresAt }, expiresAt, lastUse: now } }
    return andThen(reload(context, identity), (found): Awaitable<Outcome> => {
      if (found.is === 'superseded') return found
      if (found.is !== 'session') return { is: 'gone' }
      const isDue = isUseDue(context.now(), found.session)
      return isDue && attempt < 4
        ? touch(context, identity, found.session, attempt + 1)
        : { is: 'newer', session: found.session }
    })
  })
}

/** One write that was tried. */
interface Done {
  readonly action: Action
  readonly sealed: Sealed
  readonly cookie: string | undefined
  readonly policy: PersistencePolicy
  readonly started: number
  /** Of the session, when it began. */
  readonly identity: Identity
  readonly base: StoredSession
}

/** Brings the state up to what the store holds, and tells the listener. */
function settle(outcome: Outcome, context: CommitContext, state: SessionState, done: Done): Awaitable<void> {
  const { emit } = context
  const { action, sealed, started } = done
  const { identity: before, move } = state
  switch (outcome.is) {
    case 'failed':
      throw outcome.error
    case 'destroyed':
      state.cookie = 'due'
      return emit?.({ type: 'destroyed', id: before.id, duration: elapsedSince(started) })
    case 'gone':
      // A session that another request has ended: whoever signs out wants its cookie gone all the same.
      if (action === 'destroyed') state.cookie = 'due'
      else state.end('gone')
      return emit?.({ type: 'dropped', reason: 'gone', id: before.id, duration: elapsedSince(started) })
    case 'superseded':
      // What another library's session had brought is not this request's own change.
      return andThen(successorOf(context, 'via' in outcome ? outcome.via : before, outcome.successor), (successor) => {
        state.move = undefined
        const isPrivileged = move !== undefined && move.nonce === undefined
        const next = isPrivileged ? { identity: before, grace: 0, isRestart: true } : undefined
        if (successor !== undefined) return follow(context, state, done, successor, next)
        state.end('gone')
        // From here on it is an empty session, from which a new one can begin.
        state.status = 'superseded'
        state.stored = unstored(context)
        emit?.({ type: 'dropped', reason: 'superseded', id: before.id, duration: elapsedSince(started) })
        return andThen(state.draft.rollBack(), () => state.draft.rebase(state.stored.content))
      })
    case 'newer':
      // The other one's answer brings the cookie, but may not arrive.
      if (before.isStale || isCookieOutdated(done.base, outcome.session)) state.cookie ??= 'refresh'
      state.stored = outcome.session
      return state.draft.rebase(outcome.session.content, sealed)
    case 'stored':
      return andThen(state.draft.accept(sealed, outcome.session.content), noteStored, context, state, done, outcome)
  }
}

function noteStored(
  _accepted: unknown,
  context: CommitContext,
  state: SessionState,
  { action, sealed, started, identity: before, base }: Done,
  { session, identity = before, wasDue }: Extract<Outcome, { is: 'stored' }>,
): void {
  const { move } = state
  // One that was new got another id while it was stored.
  if (state.identity !== before) state.regeneration = { identity: state.identity, grace: 0, isRestart: false }
  else if (action === 'regenerated') state.regeneration = undefined
  state.stored = session
  state.identity = identity
  state.isSaved = true
  state.move = undefined
  // What this request has stored since is what it would end.
  state.ending = undefined
  // A request may have destroyed it meanwhile: then the removal of its cookie is due, once it is carried out.
  const isAnother = identity !== before || base.record.version === 0
  const isOutdated =
    wasDue || !context.format.isShared || before.isStale || isAnother || isCookieOutdated(base, session)
  if (state.status === 'live' && isOutdated) {
    state.cookie = sealed.isChanged || isAnother ? 'due' : (state.cookie ?? 'refresh')
  }
  const { emit } = context
  if (emit === undefined) return
  const { id } = identity
  const duration = startTime(emit) - started
  emit(
    action === 'regenerated' ? { type: action, id, previousId: before.id, duration } : { type: action, id, duration },
  )
  if (move !== undefined) emit({ type: 'moved-in', id, from: move.old.from })
}

/** Goes on under the id that another request has rotated to. `next`: the new id that is due there. */
function follow(
  context: CommitContext,
  state: SessionState,
  { cookie, policy }: Done,
  { identity, session }: { identity: Identity; session: StoredSession },
  next: Regeneration | undefined,
): Awaitable<void> {
  state.identity = identity
  state.stored = session
  state.regeneration = next
  state.cookie = 'due'
  return andThen(state.draft.rebase(session.content), () => commit(context, state, cookie, policy))
}

/** What was changed of a session that has a new id by now goes nowhere. */
function dropSuperseded({ emit }: CommitContext, { status, identity }: SessionState, { isChanged }: Sealed): void {
  if (status === 'superseded' && isChanged)
    emit?.({ type: 'dropped', reason: 'superseded', id: identity.id, duration: 0 })
}
