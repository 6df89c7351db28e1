import type { SessionRecord } from '../store/store.js'

/** A lifetime that one session has for itself; what is left out is the manager's. Times are in seconds. */
export interface OwnLifetime {
  idleTimeout?: number
  absoluteTimeout?: number
  persistent?: boolean
}

/** How long a session lives. Times are in seconds. */
export type Lifetime = Required<OwnLifetime>

/** The largest Max-Age that browsers honour: 400 days, in seconds (RFC 6265bis section 5.5). */
export const MAX_COOKIE_AGE = 34_560_000

/** What core notes in a record's `meta`, as JSON: the idle timeout that its `expiresAt` was made with, and its own lifetime. */
export interface Notes {
  idle: number
  own?: OwnLifetime
}

export function formatMeta({ idleTimeout }: Lifetime, own?: OwnLifetime): string {
  return JSON.stringify({ idle: idleTimeout, own })
}

/** When a session that is used now dies. Whole milliseconds since the epoch, as databases keep them. */
export function expiryWhenUsed(now: number, createdAt: number, lifetime: Lifetime): number {
  return Math.ceil(Math.min(now + lifetime.idleTimeout * 1000, createdAt + lifetime.absoluteTimeout * 1000))
}

/**
 * When this record dies: as stored, or earlier if a limit was lowered since it was stored (OWASP session management
 * cheat sheet, "session expiration"). Milliseconds since the epoch.
 */
export function expiryOf(record: SessionRecord, lifetime: Lifetime, storedIdle: number): number {
  const lastUse = record.expiresAt - storedIdle * 1000
  return Math.min(record.expiresAt, expiryWhenUsed(lastUse, record.createdAt, lifetime))
}

/** Whether a use at `now` is worth a store write: a tenth of the idle timeout has gone by since the last one. */
export function isTouchDue(now: number, createdAt: number, expiresAt: number, lifetime: Lifetime): boolean {
  const idle = lifetime.idleTimeout * 1000
  const lastUse = expiresAt - idle
  return now - lastUse >= idle / 10 && expiryWhenUsed(now, createdAt, lifetime) > expiresAt
}

/**
 * Whether the cookie has to follow a record whose expiry moved. The expiry moves with every write; the cookie follows
 * when a tenth of the idle timeout is crossed (counted from creation, so that no note of the last cookie is needed),
 * and when the absolute limit is reached. So it lags a tenth behind the
 * record at most, as the record does behind the last use, and few responses carry a cookie.
 */
export function isCookieDue(before: SessionRecord, after: SessionRecord, lifetime: Lifetime): boolean {
  if (after.expiresAt === before.expiresAt) return false
  if (after.expiresAt === after.createdAt + lifetime.absoluteTimeout * 1000) return true
  const tenth = lifetime.idleTimeout * 100
  const step = (record: SessionRecord): number => Math.floor((record.expiresAt - record.createdAt) / tenth)
  return step(before) !== step(after)
}

/** Whole seconds, never 0 for what still lives, 400 days at most. */
export function maxAge(now: number, expiresAt: number): number {
  return Math.min(MAX_COOKIE_AGE, Math.max(1, Math.ceil((expiresAt - now) / 1000)))
}

/** How long a timer takes, in milliseconds. More than some 24 days it takes for none at all. */
export function timerDelay(seconds: number): number {
  return Math.min(seconds * 1000, 2 ** 31 - 1)
}
