import type { SessionLifetime } from '@fetch-sessions/core'
import { wrong } from './errors.js'
import { LOGIN_KEY } from './notes.js'

/** "Remember me": 30 days, the longest that NIST SP 800-63B lets a sign-in of its first level last. */
const REMEMBERED: SessionLifetime = { persistent: true, idleTimeout: 2_592_000, absoluteTimeout: 2_592_000 }

/** @throws TypeError if this is neither a boolean nor a lifetime; what a lifetime may be, core says */
export function rememberedBy(remember: boolean | SessionLifetime = false): SessionLifetime | undefined {
  if (typeof remember === 'boolean') return remember ? REMEMBERED : undefined
  if (typeof remember !== 'object' || remember === null) {
    throw wrong('signIn: remember', 'must be true, false or a lifetime: { idleTimeout, absoluteTimeout } in seconds')
  }
  return { persistent: true, ...remember }
}

/** @throws TypeError for what is no list of keys, or has the one that says who is signed in */
export function keysOf(what: string, keep: readonly string[] = []): readonly string[] {
  const isList = Array.isArray(keep) && keep.every((key) => typeof key === 'string')
  if (!isList || keep.includes(LOGIN_KEY)) throw wrong(`${what}: keep`, 'must be a list of keys of your own data')
  return keep
}

/** The same time for each of these factors. */
export function timesOf(factors: readonly string[], time: number): Record<string, number> {
  return Object.fromEntries(factors.map((factor) => [factor, time]))
}
