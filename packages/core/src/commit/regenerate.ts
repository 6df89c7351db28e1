import { randomText } from '../cookie/base64url.js'
import type { Identity } from '../cookie/cookie-format.js'
import { SessionConflictError } from '../errors.js'
import type { Sealed } from '../session/draft.js'
import { markerOf } from '../session/marker.js'
import { merge } from '../session/merge.js'
import type { Successor } from '../session/record-meta.js'
import type { Regeneration, SessionState } from '../session/session-state.js'
import { type Content, type Found, type StoredSession, storedAs } from '../session/stored-session.js'
import type { SessionRecord } from '../store/store.js'
import type { CommitContext } from './commit-context.js'
import { reload } from './compare-and-set.js'
import { leadsOn, livesOn } from './old-id-grace.js'

/** `superseded`: another request has rotated the id at the same moment, and this one goes on under that one's. */
export type RegenerateOutcome =
  | { readonly is: 'stored'; readonly session: StoredSession; readonly identity: Identity }
  | { readonly is: 'gone' }
  | { readonly is: 'superseded'; readonly successor: Successor }

/**
 * The new record first, then the old one becomes a marker, by compare-and-set. If that fails, the new one is taken back.
 * So there is no moment in which the old id carries what was set with the new one. Where nobody knows whether it failed,
 * and the marker leads to the new record, that one stays: nothing opens it without the marker, and it expires by itself.
 */
export async function regenerate(
  context: CommitContext,
  { identity: before, stored: base, lock }: SessionState,
  { identity: known, grace, isRestart }: Regeneration,
  sealed: Sealed,
  cookie: string | undefined,
): Promise<RegenerateOutcome> {
  const nonce = randomText()
  const identity = known ?? ((await context.format.succeed(before, nonce, 0)) as Identity)
  const now = context.now()
  // What is over in the moment in which it begins leads nowhere, whatever the clock of another server says.
  const until = grace * 1000 < 1 ? undefined : now + grace * 1000
  const successor: Successor = known === undefined ? { id: identity.id, nonce, until } : { id: identity.id }
  const createdAt = isRestart ? now : base.record.createdAt
  const build = (content: Content, version: number): StoredSession => {
    // Whom a sign-out everywhere has spared goes on under an id that it did not name.
    const at = content.owner === undefined ? undefined : context.format.ownerTime?.(content.owner)
    const ownerAt = at ?? content.ownerAt
    // Who works in `exclusive` under the old id can't go on under the new one, unless that leads there, or it is their own.
    const held = successor.until !== undefined || lock !== undefined ? content.lock : undefined
    const isSame = ownerAt === content.ownerAt && held === content.lock
    const moved = isSame ? content : { ...content, ownerAt, lock: held }
    return storedAs(context, moved, { createdAt, version, lastUse: now, cookie })
  }
  const takeBack = async (): Promise<unknown> => identity.store.delete(identity.id)

  // 1. The new record, of what this request has loaded and changed. Its cookie is made meanwhile.
  if (cookie !== undefined) context.format.prepare?.(identity)
  let session = build(sealed.content, 1)
  let isTaken = false
  let isLedTo = false
  try {
    let old: Identity = before
    isTaken = !(await identity.store.create(identity.id, session.record))
    if (isTaken) throw new SessionConflictError()
    for (let newest = base; ; ) {
      // 2. The old record becomes a marker.
      const marked = await supersede(context, old, newest, successor, grace)
      if (marked === true) return { is: 'stored', session, identity }
      if (marked !== false) {
        isLedTo = successor.until !== undefined
        throw marked.error
      }
      // 3. Another writer was faster.
      let found = await reload(context, old)
      while (found.is === 'superseded') {
        // A rotation goes on under the id that is there, if its cookie leads there, and never sends one over it.
        if (known === undefined) {
          await takeBack()
          return found
        }
        // A session of its own for each of two sign-ins, but for what was signed out since. What `exclusive` took is in the
        // other one as well.
        if (!leadsOn(context, found.successor)) {
          if (lock === undefined && (await livesOn(context, old, found.successor)))
            return { is: 'stored', session, identity }
          await takeBack()
          return { is: 'gone' }
        }
        // The session was rotated: that id ends as well, or the old cookie would lead to it, past the sign-in.
        old = { id: found.successor.id, store: before.store, isStale: false }
        found = await reload(context, old)
      }
      if (found.is !== 'session') {
        await takeBack()
        return { is: 'gone' }
      }
      // 4. What others have stored by now comes along.
      newest = found.session
      session = build(await merge(sealed.changes, newest.content, context.serializer), session.record.version + 1)
      // Whoever signed its owner out everywhere has ended it by now.
      if (!(await identity.store.update(identity.id, session.record))) return { is: 'gone' }
    }
  } catch (error) {
    // A store that failed at the create may have written all the same. What another one has is not taken back.
    if (!isTaken && !isLedTo) await takeBack().catch(() => {})
    throw error
  }
}

/** The store did not say whether it has written the marker, and may still do so. */
interface Unknown {
  readonly error: unknown
}

/** Whether the old record is a marker now. @throws what the store throws, where it is none and never will be */
async function supersede(
  context: CommitContext,
  { id, store }: Identity,
  { record }: StoredSession,
  successor: Successor,
  grace: number,
): Promise<boolean | Unknown> {
  // What travels in a cookie leaves nothing behind but a note, if that.
  if (context.format.supersede !== undefined)
    return Boolean(await context.format.supersede({ id, store, isStale: false }, successor.id))
  try {
    return Boolean(await store.update(id, markerOf(context, record, successor, grace)))
  } catch (error) {
    const look = async (): Promise<Found> => reload(context, { id, store })
    const shutOut = async (newest: SessionRecord): Promise<boolean> =>
      store.update(id, { ...newest, version: newest.version + 1 })
    for (let tries = 0; tries < 2; tries++) {
      // A store that failed may have written all the same: then there is no way back.
      const found = await look().catch(() => undefined)
      if (found?.is === 'superseded' && found.successor.id === successor.id) return true
      // Nothing is written back unseen: it might undo what another request has stored.
      if (found === undefined) return { error }
      if (found.is !== 'session' || found.session.record.version > record.version) throw error
      // It may also write later: the same record as a newer version leaves the marker no place.
      if (await shutOut(found.session.record).catch(() => false)) throw error
    }
    return { error }
  }
}
