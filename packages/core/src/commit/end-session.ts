import { andThen } from '../awaitable.js'
import type { Identity } from '../cookie/cookie-format.js'
import { endedAs } from '../session/marker.js'
import type { Found } from '../session/stored-session.js'
import type { Awaitable, SessionRecord } from '../store/store.js'
import type { CommitContext } from './commit-context.js'
import { backOff, MAX_ATTEMPTS, reload } from './compare-and-set.js'
import { leadsOn } from './old-id-grace.js'

/** `gone`: others have ended it before. `superseded`: it has a new id, to which the old one does not lead. */
export type Ending = 'destroyed' | 'gone' | 'superseded'

/**
 * Ends a session. If it got a new id meanwhile, a plain `delete` would only remove the marker under the old id, and the
 * session would go on. So the record is closed by compare-and-set first, and then deleted.
 *
 * `loaded`: what the request has found of it. If the session has got a new id since, the one under that id ends: a
 * sign-out must not fail open.
 */
export async function endSession(
  context: CommitContext,
  { id, store }: Pick<Identity, 'id' | 'store'>,
  loaded?: Found,
): Promise<Ending> {
  if (!context.format.isShared) return (await store.delete(id)) ? 'destroyed' : 'gone'
  let target = id
  // Where the store can't compare and set, nobody can be kept from going on. But who did so before this is looked at.
  let found = (context.isAtomic && loaded) || (await reload(context, { id, store }))
  for (let lost = 1; lost <= MAX_ATTEMPTS; lost++) {
    if (found.is === 'superseded') {
      if (loaded === undefined && !leadsOn(context, found.successor)) return 'superseded'
      target = found.successor.id
    } else if (!context.isAtomic) {
      break
    } else if (found.is === 'session' || found.is === 'ended') {
      // Also where another request is about to end it: that one opens it again if it fails.
      const record = found.is === 'session' ? found.session.record : found.record
      const closed = endedAs(context, record)
      if (await store.update(target, closed)) {
        const ending = await remove(store, target, record, closed)
        return found.is === 'session' ? ending : 'gone'
      }
    } else {
      // What is over here may live at a server whose limits are others.
      const record = found.is === 'unknown' ? undefined : await store.load(target)
      if (!record || (await removeExpired(context, { id: target, store }, record))) return 'gone'
    }
    await backOff(lost)
    found = await reload(context, { id: target, store })
  }
  return (await store.delete(target)) ? 'destroyed' : 'gone'
}

/**
 * Removes the record of a session that is over. It is closed first, since a writer who came just in time may be about
 * to extend it. `false` if it can't be: that one was faster, or it is gone.
 */
export function removeExpired(
  { format, isAtomic }: Pick<CommitContext, 'format' | 'isAtomic'>,
  { id, store }: Pick<Identity, 'id' | 'store'>,
  record: SessionRecord,
): Awaitable<boolean> {
  // What is over in its cookie needs no note.
  if (!format.isShared) return true
  // Over for those as well whose clock or limits are others.
  const closed = { ...record, expiresAt: record.createdAt, version: record.version + 1 }
  const isClosed = !isAtomic || store.update(id, closed)
  return andThen(isClosed, (isClosed) => isClosed && andThen(store.delete(id), () => true))
}

/** If the store fails, the session is as it was, so that it can be ended again. */
async function remove(
  store: Identity['store'],
  id: string,
  record: SessionRecord,
  { version }: SessionRecord,
): Promise<Ending> {
  try {
    return (await store.delete(id)) ? 'destroyed' : 'gone'
  } catch (error) {
    const restore = async (): Promise<unknown> => store.update(id, { ...record, version: version + 1 })
    await restore().catch(() => {})
    throw error
  }
}
