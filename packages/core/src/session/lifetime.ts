import { MAX_COOKIE_AGE } from '../option-error.js'

/** A lifetime that one session has for itself; what is left out is the manager's. Times are in seconds. */
export interface OwnLifetime {
  idleTimeout?: number
  absoluteTimeout?: number
  persistent?: boolean
  /**
   * Until when the cookie of another library that the session has come from lives on beside it. Left out: no longer than
   * the move. Milliseconds since the epoch.
   */
  old?: number
}

/** How long a session lives. Times are in seconds. */
export type Lifetime = Required<Omit<OwnLifetime, 'old'>>

/** What of a record its life depends on. Milliseconds since the epoch. */
interface Life {
  readonly createdAt: number
  readonly expiresAt: number
}

/** What of a stored session tells whether its next use has to be noted. */
interface UsedSession {
  readonly record: Pick<Life, 'createdAt'>
  readonly expiresAt: number
  readonly lastUse: number
  readonly lifetime: Lifetime
}

/** When a session that is used now dies. Whole milliseconds since the epoch, as databases keep them. */
export function expiryWhenUsed(now: number, createdAt: number, lifetime: Lifetime): number {
  return Math.ceil(Math.min(now + lifetime.idleTimeout * 1000, createdAt + lifetime.absoluteTimeout * 1000))
}

/**
 * When this record dies: as stored, or earlier if a limit was lowered since it was stored (OWASP session management
 * cheat sheet, "session expiration"). `lastUse` in milliseconds since the epoch.
 */
export function expiryOf({ createdAt, expiresAt }: Life, lastUse: number, lifetime: Lifetime): number {
  return Math.min(expiresAt, expiryWhenUsed(lastUse, createdAt, lifetime))
}

/**
 * When a session may have been used last, at the latest. Each tenth of the idle timeout a use is noted, so where that was
 * longer when the record was written (`idle`, in seconds), a use of since then may not be. Milliseconds since the epoch.
 */
export function latestUse(lastUse: number, expiresAt: number, idle: number, { idleTimeout }: Lifetime): number {
  return Math.max(lastUse, Math.min(lastUse + idle * 100, expiresAt - idleTimeout * 1000))
}

/**
 * Whether a use at `now` is worth a store write: a tenth of the idle timeout has gone by since the last one. Where a limit
 * was raised, by which it would live longer, a tenth of what it had to live then is enough.
 */
export function isUseDue(now: number, { record, expiresAt, lastUse, lifetime }: UsedSession): boolean {
  const unused = now - lastUse
  const tenth = lifetime.idleTimeout * 100
  const isRaised = expiryWhenUsed(now, record.createdAt, lifetime) - expiresAt >= tenth
  return unused >= tenth || (isRaised && unused * 10 >= expiresAt - lastUse)
}

/** Whether the absolute limit holds the expiry, so that it no longer tells when the session was last used. */
export function isAtAbsoluteLimit({ createdAt, expiresAt }: Life, lifetime: Lifetime): boolean {
  return expiresAt >= createdAt + lifetime.absoluteTimeout * 1000
}

/**
 * Whether the cookie has to follow a record whose expiry moved. The expiry moves with every write; the cookie follows
 * when a tenth of the idle timeout is crossed (counted from creation, so that no note of the last cookie is needed),
 * and when the absolute limit is reached. So it lags a tenth behind the record at most, as the record does behind the
 * last use, and few responses carry a cookie.
 */
export function isCookieBehind(before: Life, after: Life, lifetime: Lifetime): boolean {
  if (after.expiresAt === before.expiresAt) return false
  if (isAtAbsoluteLimit(after, lifetime)) return true
  const tenth = lifetime.idleTimeout * 100
  const step = (life: Life): number => Math.floor((life.expiresAt - life.createdAt) / tenth)
  return step(before) !== step(after)
}

/** Whole seconds, never 0 for what still lives, 400 days at most. */
export function maxAge(now: number, expiresAt: number): number {
  return Math.min(MAX_COOKIE_AGE, Math.max(1, Math.ceil((expiresAt - now) / 1000)))
}
