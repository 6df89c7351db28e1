import type { Identity } from '../cookie/cookie-format.js'
import { examine, type Found, markerOf, type StoredSession } from '../session/stored-session.js'
import type { CommitContext } from './commit-context.js'
import { backOff, MAX_ATTEMPTS, reload } from './compare-and-set.js'

/** `gone`: others have ended it before. `superseded`: it has a new id, to which the old one does not lead. */
export type Ending = 'destroyed' | 'gone' | 'superseded'

/**
 * Ends a session. A plain `delete` could hit the marker of a session that got a new id meanwhile: it would go on under
 * that, although this sign-out came with a cookie that leads there. So the record is emptied by compare-and-set, and then
 * deleted. `base`: the session as it is known.
 */
export async function endSession(
  context: CommitContext,
  identity: Pick<Identity, 'id' | 'store'>,
  base?: StoredSession,
): Promise<Ending> {
  let { id } = identity
  const { store } = identity
  const canCompare = context.format.isShared && context.isAtomic
  let found: Found = base ? { is: 'session', session: base } : examine(context, await store.load(id))
  for (let lost = 1; canCompare && lost <= MAX_ATTEMPTS; lost++) {
    if (found.is === 'superseded') {
      const { successor } = found
      if (!leadsOn(context, successor)) return 'superseded'
      id = successor.id
    } else if (found.is !== 'session') {
      return 'gone'
    } else if (await store.update(id, markerOf(context, found.session.record, { id }, 0))) {
      break
    }
    await backOff(lost)
    found = await reload(context, { id, store, isStale: false })
  }
  return (await store.delete(id)) ? 'destroyed' : 'gone'
}

/** Whether the old cookie still leads to the session that took over. */
export function leadsOn({ now }: Pick<CommitContext, 'now'>, successor: { until?: number | undefined }): boolean {
  return successor.until !== undefined && now() < successor.until
}
