import type { Identity } from '../cookie/cookie-format.js'
import type { Successor } from '../session/record-meta.js'
import type { StoredSession } from '../session/stored-session.js'
import type { CommitContext } from './commit-context.js'
import { reload } from './compare-and-set.js'

/** How many rotations an old cookie is followed through. */
const MAX_ROTATIONS = 8

/** A session, and under whose cookie. */
export interface Followed {
  readonly identity: Identity
  readonly session: StoredSession
}

/** Whether the old cookie still leads to the session that took over: within the grace of a rotation, and never without. */
export function leadsOn({ now }: Pick<CommitContext, 'now'>, { until }: Successor): boolean {
  return until !== undefined && now() < until
}

/**
 * The session to which an old cookie leads during the grace after a rotation. `undefined` if there is no such way: without
 * `grace`, after it, or if that session has ended. `isProven`: for who does not come by the old cookie alone, a grace is never
 * over.
 */
export async function successorOf(
  context: CommitContext,
  old: Identity,
  successor: Successor,
  isProven = false,
): Promise<Followed | undefined> {
  let from = old
  let next = successor
  for (let rotation = 0; rotation < MAX_ROTATIONS; rotation++) {
    const identity = isProven || leadsOn(context, next) ? await identify(context, from, next) : undefined
    if (identity === undefined) return undefined
    const found = await reload(context, identity)
    if (found.is === 'session') return { identity, session: found.session }
    if (found.is !== 'superseded') return undefined
    from = identity
    next = found.successor
  }
  return undefined
}

/** Whether a superseded session goes on, under whichever id by now. What was signed out meanwhile must not come back. */
export async function livesOn(context: CommitContext, old: Identity, successor: Successor): Promise<boolean> {
  let next = successor
  for (let rotation = 0; rotation < MAX_ROTATIONS; rotation++) {
    const found = await reload(context, { id: next.id, store: old.store })
    if (found.is !== 'superseded') return found.is === 'session'
    next = found.successor
  }
  return true
}

/** Made with whichever secret it was made with: it may have been replaced since. */
async function identify(
  { format }: CommitContext,
  old: Identity,
  { id, nonce }: Successor,
): Promise<Identity | undefined> {
  for (let secret = 0; nonce !== undefined && secret < format.secrets; secret++) {
    const identity = await format.succeed(old, nonce, secret)
    if (identity?.id === id) return identity
  }
  return undefined
}
