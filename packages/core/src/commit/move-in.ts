import type { Identity } from '../cookie/cookie-format.js'
import { isSessionError, SessionConflictError } from '../errors.js'
import { claimOf } from '../session/marker.js'
import type { Move, MoveOutcome, OldSession, OldSessions } from '../session/old-sessions.js'
import type { Successor } from '../session/record-meta.js'
import type { StoredSession } from '../session/stored-session.js'
import type { Awaitable } from '../store/store.js'
import { guardCall } from '../store/store-guard.js'
import type { CommitContext } from './commit-context.js'
import { reload } from './compare-and-set.js'
import { endSession } from './end-session.js'
import { leadsOn } from './old-id-grace.js'

/** Leads nowhere. */
const NOWHERE: Successor = { id: '' }

/**
 * Stores a session that another library's has brought. The new record first, then the note that the old one has moved,
 * which the store takes once, and then the old one is ended. Whoever comes too late takes its own record back. So an
 * old session moves once, and there is no moment in which its visitor has none. Where others may not see the note, or there
 * is none, they find the old one itself, and it is ended later (`BroughtOldSessions.stay`).
 */
export async function moveIn(
  context: CommitContext,
  { id, store }: Identity,
  move: Move,
  session: StoredSession,
): Promise<MoveOutcome> {
  const { old, claim, nonce, grace, isKept } = move
  const hasOld = session.content.own?.old
  const takeBack = async (): Promise<unknown> => store.delete(id)
  if (!(await store.create(id, session.record))) throw new SessionConflictError()
  if (claim !== undefined) {
    const until = hasOld ?? context.now() + grace * 1000
    const successor: Successor = nonce === undefined || grace === 0 ? { id } : { id, nonce, until }
    try {
      const isFirst = await put(context, claim, successor, isKept ? until : Math.max(until, old.expiresAt))
      if (!isFirst) {
        const found = await reload(context, claim)
        await takeBack()
        return { is: 'superseded', successor: found.is === 'superseded' ? found.successor : NOWHERE, via: claim }
      }
    } catch (error) {
      await takeBack().catch(() => {})
      throw error
    }
  }
  if (hasOld === undefined) {
    try {
      await askOld(context, `end of ${old.from}`, () => old.end())
    } catch (error) {
      // The visitor has moved all the same, and the old cookie is removed: nobody tries again. As long as the note lives, it
      // opens nothing here; where nothing can be noted, it can be brought in again.
      context.emit?.({ type: 'dropped', id, reason: 'store', error })
    }
  }
  return { is: 'stored', session }
}

/**
 * A sign-out ends the old sessions whose cookies the request still brings, wherever they are kept. It also ends a
 * session that took over from one while the request was at work. `current`: the session of the request, which ends
 * anyway.
 *
 * @throws SessionStoreError if one could not be ended: signing out must not fail open
 */
export async function endOldSessions(
  context: CommitContext,
  oldSessions: OldSessions,
  header: string,
  current: { readonly id: string; readonly move: Move | undefined },
): Promise<void> {
  if (oldSessions.cookies(header).length === 0) return
  for (const old of await askOld(context, 'find', () => oldSessions.find(header, true))) {
    if ('reason' in old) continue
    await endClaimed(context, old, current)
    await askOld(context, `end of ${old.from}`, () => old.end())
  }
}

/**
 * Under whose id it is noted that an old session has moved. `undefined` if nothing can be noted: its cookie may be that of
 * other visitors as well, or ours live in their cookies.
 */
export async function claimOn({ format }: CommitContext, { key }: OldSession): Promise<Identity | undefined> {
  return key === undefined ? undefined : format.claim?.(key)
}

/** Sees to it that nobody brings the old session in, if that can be noted. */
async function endClaimed(
  context: CommitContext,
  old: OldSession,
  { id, move }: { readonly id: string; readonly move: Move | undefined },
): Promise<void> {
  const claim = await claimOn(context, old)
  const { key, expiresAt } = old
  if (claim === undefined || (await put(context, claim, undefined, expiresAt))) return
  const found = await reload(context, claim)
  if (found.is === 'ended') return
  const successor = found.is === 'superseded' ? found.successor : undefined
  if (successor && successor.id !== id && (move?.old.key === key || leadsOn(context, successor))) {
    await endSession(context, { id: successor.id, store: claim.store })
  }
  // The note of a move may be shorter than the life of the old cookie.
  const record = await claim.store.load(claim.id)
  const note = record && { ...claimOf(context, undefined, expiresAt), version: record.version + 1 }
  if (!(note && (await claim.store.update(claim.id, note)))) await put(context, claim, undefined, expiresAt)
}

/** Calls what another library's sessions are read with. @throws SessionStoreError for what is no `SessionError` */
export function askOld<T>({ storeTimeout }: CommitContext, name: string, call: () => Awaitable<T>): Promise<T> {
  return guardCall(name, storeTimeout, call, isSessionError)
}

/** Notes it once. An expired note that the store still has is replaced, which one of several requests can do. */
async function put(
  context: CommitContext,
  { id, store }: Identity,
  successor: Successor | undefined,
  until: number,
): Promise<boolean> {
  const record = claimOf(context, successor, until)
  if (await store.create(id, record)) return true
  const before = await store.load(id)
  if (before && before.expiresAt > context.now()) return false
  if (before && (await store.update(id, { ...record, version: before.version + 1 }))) return true
  return store.create(id, record)
}
