import { SessionLockedError } from '../errors.js'
import type { OwnLifetime } from './lifetime.js'
import { assign } from './plain-values.js'
import type { Serializer, Values } from './serializer.js'
import type { Content } from './stored-session.js'

/**
 * One change. It can be made again, to what another request has stored. Without a key it is about the whole session.
 */
export type Change =
  /** `undefined` deletes. */
  | { readonly type: 'set'; readonly key: string; readonly value: unknown }
  | { readonly type: 'update'; readonly key: string; readonly update: (value: unknown) => unknown }
  /** Deletes all keys but these. */
  | { readonly type: 'clear'; readonly except: readonly string[] }
  /** `at`: when, in milliseconds since the epoch. */
  | { readonly type: 'owner'; readonly owner: string | undefined; readonly at: number }
  | { readonly type: 'label'; readonly label: string | undefined }
  /** `undefined`: the manager's again. */
  | { readonly type: 'lifetime'; readonly own: OwnLifetime | undefined }
  /** No change, but it can't be made once another one holds the lock. */
  | { readonly type: 'hold'; readonly by: string }
  | { readonly type: 'unlock'; readonly by: string }

/** What is stored, unpacked: the values, and the rest, whose `data` is out of date. */
export interface Unpacked {
  readonly values: Values
  readonly rest: Content
}

/**
 * Makes these changes to what another request has stored: key by key, so that what they do not touch stays.
 * @throws SessionLockedError, SessionDataError, SessionTooLargeError, or what an `update` throws
 */
export async function merge(changes: readonly Change[], stored: Content, serializer: Serializer): Promise<Content> {
  // What is stored may be more by now than may be stored.
  if (changes.length === 0) return stored
  let content: Unpacked = { values: await serializer.decode(stored.data, stored.version), rest: stored }
  for (const change of changes) content = applied(change, content, serializer)
  const { values, rest } = content
  const version = versionOf(rest, serializer)
  return { ...rest, version, data: await serializer.encode(values, version) }
}

/**
 * The rules for conflicts, key by key: applies a change to what others have stored. It may change `content` in place.
 */
export function applied(change: Change, content: Unpacked, serializer: Serializer): Unpacked {
  const { values, rest } = content
  switch (change.type) {
    case 'set':
      assign(values, change.key, serializer.copy(change.value))
      return content
    case 'update': {
      const value = change.update(serializer.copy(ownValue(values, change.key)))
      assign(values, change.key, serializer.take(change.key, value))
      return content
    }
    case 'clear': {
      const kept: Values = {}
      for (const key of change.except) assign(kept, key, ownValue(values, key))
      const isEmptied = Object.keys(kept).length === 0 && Object.keys(values).length > 0
      return { values: kept, rest: isEmptied ? { ...rest, data: serializer.nothing } : rest }
    }
    default:
      return { values, rest: appliedToRest(change, rest) }
  }
}

/**
 * The version of what is written into a session: never an older one than its data has, some of which this application may not
 * know. Where there was none, or it was emptied, all of it is in this application's form.
 */
export function versionOf({ data, version }: Content, serializer: Serializer): number {
  return data === serializer.nothing ? serializer.version : Math.max(version, serializer.version)
}

function appliedToRest(change: Exclude<Change, { type: 'set' | 'update' | 'clear' }>, rest: Content): Content {
  switch (change.type) {
    case 'owner':
      // Whose it is already, it has been since then.
      if (change.owner === rest.owner) return rest
      return { ...rest, owner: change.owner, ownerAt: change.owner === undefined ? undefined : change.at }
    case 'label':
      return { ...rest, label: change.label }
    case 'lifetime': {
      // What is noted of an old session is no lifetime, and stays.
      const old = rest.own?.old
      const own = change.own ? { ...rest.own, ...change.own } : old === undefined ? undefined : { old }
      return { ...rest, own: own && Object.keys(own).length > 0 ? own : undefined }
    }
    case 'hold':
    case 'unlock':
      if (rest.lock?.by !== change.by) throw new SessionLockedError('over')
      return change.type === 'hold' ? rest : { ...rest, lock: undefined }
  }
}

/** `undefined` where there is none: what an object inherits is no value of a session. */
export function ownValue(values: Values, key: string): unknown {
  return Object.hasOwn(values, key) ? values[key] : undefined
}
