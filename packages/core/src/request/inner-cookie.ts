import { reload } from '../commit/compare-and-set.js'
import { endSession } from '../commit/end-session.js'
import type { SessionContext } from '../context.js'
import type { Identity } from '../cookie/cookie-format.js'
import { twoManagers } from '../option-error.js'
import type { Draft } from '../session/draft.js'
import { type Change, ownValue } from '../session/merge.js'
import type { SessionState } from '../session/session-state.js'
import type { StoredSession } from '../session/stored-session.js'
import type { HeaderFields } from './response.js'
import { verifyCookies } from './verify-cookies.js'

/** A session as the request has found it. */
export interface Loaded {
  /** `undefined`: it was new. */
  readonly id: string | undefined
  readonly stored: StoredSession
}

/** Who has put a cookie on these headers, the last one. Of a copy of them nobody knows. */
const origins: WeakMap<HeaderFields, SessionContext> = new WeakMap()

/** Remembers who has put a cookie on the headers of a response. */
export function noteCookie(headers: HeaderFields, context: SessionContext): void {
  origins.set(headers, context)
}

/**
 * An inner handler, with a Request of its own, has put our cookie on the response (`line` of `headers`). The browser will
 * come back with that one. So the changes of this request are made to the session of that cookie.
 *
 * @throws TypeError if it is the cookie of another manager
 */
export async function followInnerCookie(
  context: SessionContext,
  state: SessionState,
  loaded: Loaded | undefined,
  line: string,
  headers: HeaderFields,
): Promise<void> {
  const value = line.slice(line.indexOf('=') + 1).split(';')[0] as string
  if (value === '') return followSignOut(context, state)
  const identity = await identityOf(context, value)
  // The browser would come back with a cookie that nobody here knows.
  if (identity === undefined) throw twoManagers(context.cookie.name)
  const isSame = identity.id === state.identity.id
  // A session that lives in its cookie has been changed in two cookies.
  if (isSame && context.format.isShared) return
  const found = await reload(context, identity)
  if (found.is !== 'session') {
    // Gone meanwhile, or never there: with the same secret, the cookie of another manager verifies here as well.
    const origin = origins.get(headers) ?? context
    const theirs = origin !== context && (await identityOf(origin, value))
    if (theirs && (await reload(origin, theirs)).is === 'session') throw twoManagers(context.cookie.name)
    return
  }
  if (state.status === 'destroyed') {
    await endSession(context, identity, found)
    return
  }
  // One that others had ended has dropped its changes by now. One that has a new id goes on here: the inner handler may have
  // given it that.
  if (state.status !== 'live' && state.status !== 'superseded') return
  // What was saved under an id that the browser will never know is a change as well.
  const isSavedApart =
    state.isSaved && state.status === 'live' && !(context.format.isShared && state.identity.id === loaded?.id)
  const saved = isSavedApart ? await changesSince(context, state.draft, loaded) : []
  const { identity: left, stored } = state
  state.status = 'live'
  state.identity = identity
  state.stored = found.session
  state.move = undefined
  // A rotation has been carried out in there; a change of privileges has to be here as well.
  if (state.regeneration?.identity === undefined) state.regeneration = undefined
  state.cookie = undefined
  await state.draft.rebase(found.session.content)
  for (const change of saved) {
    if (change.type === 'set') state.draft.set(change.key, change.value)
    else state.draft.make(change)
  }
  if (isSavedApart && context.format.isShared) await endSession(context, left, { is: 'session', session: stored })
}

async function identityOf(context: SessionContext, value: string): Promise<Identity | undefined> {
  const [identity] = await verifyCookies({ ...context, emit: undefined }, [value])
  return identity
}

/**
 * An inner handler has signed the visitor out. A session that lives in its cookie would come back with what this one
 * has changed of it.
 */
async function followSignOut({ emit }: SessionContext, state: SessionState): Promise<void> {
  if (state.isNew || state.status !== 'live') return
  const { isChanged } = await state.draft.seal()
  if (isChanged) emit?.({ type: 'dropped', id: state.identity.id, reason: 'gone' })
  state.end('gone')
}

/** What is different from what the request has found, whether it is saved or not. */
async function changesSince(
  { serializer, now }: SessionContext,
  draft: Draft,
  loaded: Loaded | undefined,
): Promise<Change[]> {
  const content = loaded?.id === undefined ? undefined : loaded.stored.content
  const before = content === undefined ? {} : await serializer.decode(content.data, content.version)
  const keys = new Set([...draft.keys, ...Object.keys(before)])
  const changes: Change[] = [...keys]
    .map((key) => ({ type: 'set' as const, key, value: draft.peek(key) }))
    .filter(({ key, value }) => !serializer.isEqual(value, ownValue(before, key)))
  const { owner, label, own } = draft
  if (owner !== content?.owner) changes.push({ type: 'owner', owner, at: now() })
  if (label !== content?.label) changes.push({ type: 'label', label })
  if (!serializer.isEqual(own, content?.own)) changes.push({ type: 'lifetime', own })
  return changes
}
