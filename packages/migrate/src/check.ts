import { rejectUnknown } from '@fetch-sessions/core'

/** The error for an option of an old library that can't work. */
export function invalid(library: string, option: string, problem: string): TypeError {
  return new TypeError(`fetch-sessions: ${option} of ${library} ${problem}`)
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Our own, beside those of each library. */
const MOVE_OPTIONS = ['map', 'owner', 'label', 'lifetime']

/**
 * `known`: the names of all options that the library had, also of those that are not needed.
 * @throws TypeError if there are no options at all, or some that neither it nor we have
 */
export function checkOptions(library: string, options: unknown, known: string): void {
  if (!isObject(options)) throw new TypeError(`fetch-sessions: ${library} needs the options that it had`)
  rejectUnknown(`${library}: `, options, [...MOVE_OPTIONS, ...known.split(' ')])
}

/** A secret, or a list of them, as a list. @throws TypeError if there is none */
export function secretsOf(library: string, option: string, secret: unknown): (string | Uint8Array)[] {
  const secrets: unknown[] = Array.isArray(secret) ? secret : [secret]
  if (secrets.length === 0 || secret === undefined) {
    throw invalid(library, option, 'is missing: give the one that signs its cookies')
  }
  for (const one of secrets) {
    const isSecret = (typeof one === 'string' && one !== '') || (isBytes(one) && one.length > 0)
    if (!isSecret) throw invalid(library, option, 'must be a string that is not empty, bytes, or a list of them')
  }
  return secrets as (string | Uint8Array)[]
}

/** By its name and not by its class, of which another realm (a test in Jest, a `vm` context) has another one. */
export function isBytes(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && (value as Uint8Array)[Symbol.toStringTag] === 'Uint8Array'
}

/** @throws TypeError if this is no name of a cookie */
export function checkName(library: string, option: string, name: unknown): void {
  if (typeof name !== 'string' || !/^[!#$%&'*+\-.^`|~\w]+$/.test(name)) {
    throw invalid(library, option, 'must be the name of its cookie')
  }
}

/** The object that a text stands for. */
export function parseObject(text: string | undefined): Record<string, unknown> | undefined {
  if (text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

export function numberOr<T>(value: unknown, otherwise: T): number | T {
  return typeof value === 'number' && Number.isFinite(value) ? value : otherwise
}

/** Milliseconds since the epoch, of a `Date`, a number or the text of one. */
export function timeOf(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined
  return numberOr(new Date(value as string).getTime(), undefined)
}
