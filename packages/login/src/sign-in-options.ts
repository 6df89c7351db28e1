import type { SessionLifetime } from '@fetch-sessions/core'
import { checkSeconds, rejectUnknown, wrong } from './errors.js'
import { LOGIN_KEY } from './notes.js'
import type { LoginOptions } from './options.js'

/** How many characters a label may have. */
const MAX_LABEL = 256

/** "Remember me": 30 days, the longest that NIST SP 800-63B lets a sign-in of its first level last. */
const REMEMBERED: SessionLifetime = { persistent: true, idleTimeout: 2_592_000, absoluteTimeout: 2_592_000 }

/** @throws TypeError if this is neither a boolean nor a lifetime */
export function rememberedBy(remember: boolean | SessionLifetime = false): SessionLifetime | undefined {
  if (typeof remember === 'boolean') return remember ? REMEMBERED : undefined
  rejectUnknown('signIn: remember', remember, ['idleTimeout', 'absoluteTimeout', 'persistent'])
  const { idleTimeout, absoluteTimeout, persistent = true } = remember
  if (idleTimeout !== undefined) checkSeconds('signIn: remember: idleTimeout', idleTimeout)
  if (absoluteTimeout !== undefined) checkSeconds('signIn: remember: absoluteTimeout', absoluteTimeout)
  if (typeof persistent !== 'boolean') throw wrong('signIn: remember: persistent', 'must be true or false')
  return { ...remember, persistent }
}

/**
 * What the list of devices calls this one. What `describeDevice` says may be made of a header, so there one that is too
 * long is no error.
 * @throws TypeError if this is no label
 */
export function labelOf(
  label: string | undefined,
  request: Request | undefined,
  describe: LoginOptions<never>['describeDevice'],
): string | undefined {
  if (label !== undefined) return checkedLabel('signIn: label', label)
  const described: unknown = (request && describe?.(request)) ?? {}
  if (typeof described !== 'object' || described === null || 'then' in described) {
    // Nobody else would hear of it if it rejects, and that would end the process.
    Promise.resolve(described).catch(() => {})
    throw wrong('createLogin: describeDevice', 'must return an object with a label, and must not be async')
  }
  const { label: text } = described as { label?: unknown }
  return text === undefined ? undefined : checkedLabel('createLogin: describeDevice', text, true)
}

function checkedLabel(name: string, label: unknown, isCut = false): string {
  const isRight = typeof label === 'string' && (isCut || label.length <= MAX_LABEL)
  if (!isRight) throw wrong(name, `must be a text of at most ${MAX_LABEL} characters`)
  return label.length > MAX_LABEL ? beginningOf(label, MAX_LABEL) : label
}

/** So many characters of a text, or one less where the last one would be the first half of a pair, such as of an emoji. */
function beginningOf(text: string, length: number): string {
  const last = text.charCodeAt(length - 1)
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length)
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
