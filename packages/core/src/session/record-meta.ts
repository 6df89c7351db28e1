import type { Lifetime, OwnLifetime } from './lifetime.js'
import { isPlainObject } from './plain-values.js'

/**
 * What core notes in a record's `meta`, as JSON. Times are milliseconds since the epoch, timeouts seconds.
 */
export interface Notes {
  /** The idle timeout that the record's `expiresAt` was made with. */
  readonly idle: number
  /** The session's own lifetime. */
  readonly own?: OwnLifetime | undefined
  /** When it was last used, where `expiresAt` does not tell: the absolute limit holds it. */
  readonly used?: number | undefined
  /** With which attributes the cookie was last sent (`CookiePlace.fingerprint`). */
  readonly cookie?: string | undefined
  /** That cookie is out of date, by a write that could send none: the next response has to bring it. */
  readonly due?: true | undefined
  readonly label?: string | undefined
  /** The version of the data. Left out: 1. */
  readonly v?: number | undefined
  /** Who works in `exclusive` on it. */
  readonly lock?: Lock | undefined
  /** When its owner was set. Only noted where sessions live in their cookies: `revocations` ask for it, maybe later. */
  readonly ownerAt?: number | undefined
  /** The session is being deleted, and opens no more. */
  readonly ended?: boolean | undefined
  /** The session got a new id, and this record is only the marker under the old one. */
  readonly superseded?: Successor | undefined
}

/** An `exclusive` that is at work. */
export interface Lock {
  /** Tells this holder from all others. */
  readonly by: string
  /** When it is let go by itself. */
  readonly until: number
}

/** What a marker says of the session that took over. */
export interface Successor {
  /** The store's key of it, which opens nothing. */
  readonly id: string
  /** The new token is made of the old one and this. Left out, the old cookie does not lead there. */
  readonly nonce?: string | undefined
  /** Until when the old cookie leads there. */
  readonly until?: number | undefined
}

/** The last `meta` that was read, since most sessions of an application have the same. */
let lastMeta: string | undefined
let lastNotes: Notes | undefined
/** The last one that was written for a session of which there is nothing to note: one text for all of them. */
let plain: Pick<Notes, 'idle' | 'cookie'> & { readonly meta: string } = { idle: 0, meta: '' }

/** A record without notes is one that another program wrote, by the rules of today. */
export function notesOf({ lifetime }: { readonly lifetime: Lifetime }, meta: string | undefined): Notes | undefined {
  if (meta === undefined) return { idle: lifetime.idleTimeout }
  if (meta !== lastMeta) {
    lastNotes = parseNotes(meta)
    lastMeta = meta
  }
  return lastNotes
}

/** The text of these notes. */
export function metaOf(notes: Notes): string {
  const { idle, cookie, own, used, due, label, v, lock, ownerAt } = notes
  const isPlain = (own ?? used ?? due ?? label ?? v ?? lock ?? ownerAt) === undefined
  if (!isPlain) return JSON.stringify(notes)
  if (plain.idle !== idle || plain.cookie !== cookie) plain = { idle, cookie, meta: JSON.stringify({ idle, cookie }) }
  return plain.meta
}

/** The notes of a record's `meta`, or `undefined` if this is not what core writes. */
export function parseNotes(meta: string): Notes | undefined {
  let notes: unknown
  try {
    notes = JSON.parse(meta)
  } catch {
    return undefined
  }
  return isNotes(notes) ? notes : undefined
}

function isNotes(notes: unknown): notes is Notes {
  if (!isPlainObject(notes) || !isTime(notes.idle)) return false
  const { own, used, cookie, due, label, v, lock, ownerAt, ended, superseded } = notes
  return (
    isOptional(ended, (ended) => ended === true) &&
    isOptional(due, (due) => due === true) &&
    isOptional(used, isMoment) &&
    isOptional(ownerAt, isMoment) &&
    isOptional(v, (version) => Number.isInteger(version) && (version as number) > 0) &&
    isOptional(cookie, isText) &&
    isOptional(label, isText) &&
    isOptional(own, isOwnLifetime) &&
    isOptional(lock, (lock) => isPlainObject(lock) && isText(lock.by) && isTime(lock.until)) &&
    isOptional(superseded, isSuccessor)
  )
}

function isOwnLifetime(own: unknown): boolean {
  return (
    isPlainObject(own) &&
    isOptional(own.idleTimeout, isTime) &&
    isOptional(own.absoluteTimeout, isTime) &&
    isOptional(own.old, isTime) &&
    isOptional(own.persistent, (persistent) => typeof persistent === 'boolean')
  )
}

function isSuccessor(next: unknown): boolean {
  if (!isPlainObject(next)) return false
  return isText(next.id) && isOptional(next.nonce, isText) && isOptional(next.until, isTime)
}

function isOptional(value: unknown, isRight: (value: unknown) => boolean): boolean {
  return value === undefined || isRight(value)
}

function isMoment(value: unknown): boolean {
  return Number.isFinite(value)
}

function isTime(value: unknown): value is number {
  return Number.isFinite(value) && (value as number) > 0
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}
