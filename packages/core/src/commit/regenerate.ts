import { randomText } from '../cookie/base64url.js'
import type { Identity } from '../cookie/cookie-format.js'
import { SessionConflictError } from '../errors.js'
import type { Sealed } from '../session/draft.js'
import { markerOf } from '../session/marker.js'
import { merge } from '../session/merge.js'
import type { Successor } from '../session/record-meta.js'
import type { Regeneration, SessionState } from '../session/session-state.js'
import { type Content, type Found, type StoredSession, storedAs } from '../session/stored-session.js'
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
 * So there is no moment in which the old id carries what was set with the new one.
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
    // Who works in `exclusive` under the old id can't go on under the new one, unless this is a rotation, or their own.
    const held = known === undefined || lock !== undefined ? content.lock : undefined
    const isSame = ownerAt === content.ownerAt && held === content.lock
    const moved = isSame ? content : { ...content, ownerAt, lock: held }
    return storedAs(context, moved, { createdAt, version, lastUse: now, cookie })
  }
  const takeBack = async (): Promise<unknown> => identity.store.delete(identity.id)

  // 1. The new record, of what this request has loaded and changed. Its cookie is made meanwhile.
  if (cookie !== undefined) context.format.prepare?.(identity)
  let session = build(sealed.content, 1)
  let isTaken = false
  try {
    let old: Identity = before
    isTaken = !(await identity.store.create(identity.id, session.record))
    if (isTaken) throw new SessionConflictError()
    for (let newest = base; ; ) {
      // 2. The old record becomes a marker.
      if (await supersede(context, old, newest, successor, grace)) return { is: 'stored', session, identity }
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
    if (!isTaken) await takeBack().catch(() => {})
    throw error
  }
}

/** Whether the old record is a marker now. */
async function supersede(
  context: CommitContext,
  { id, store }: Identity,
  { record }: StoredSession,
  successor: Successor,
  grace: number,
): Promise<boolean> {
  // What travels in a cookie leaves nothing behind but a note, if that.
  if (context.format.supersede !== undefined)
    return context.format.supersede({ id, store, isStale: false }, successor.id)
  try {
    return await store.update(id, markerOf(context, record, successor, grace))
  } catch (error) {
    // A store that failed may have written all the same: then there is no way back.
    const look = async (): Promise<Found> => reload(context, { id, store })
    const found = await look().catch(() => undefined)
    if (found?.is === 'superseded' && found.successor.id === successor.id) return true
    throw error
  }
}
