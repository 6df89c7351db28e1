import { defaults, unseal as unsealIron } from 'iron-webcrypto'
import { ENDLESS } from './old-library.js'

/**
 * How many seals of one library are tried in a request. What tells a forged one is a key that has to be made of the password
 * first, thousands of rounds in h3. More than one good one there is only where the old cookie has changed its place.
 */
export const MAX_SEALS = 2

/** Of the eight. Behind them come the salt of the MAC and the MAC. */
const COVERED_PARTS = 6

/** Passwords by their id in the seal, or the one for all. */
export type IronPassword = string | Uint8Array | Readonly<Record<string, string | Uint8Array>>

/** What a seal held. */
export interface Unsealed {
  readonly value: unknown
  /**
   * The part of its text that its MAC covers, which tells it from all others. The rest, the MAC itself, can be spelt in
   * many ways that open as well.
   */
  readonly covered: string
  /** Milliseconds since the epoch. `undefined`: it has no end. */
  readonly expiresAt: number | undefined
  /** The same, and as much longer as clocks may differ: so long it opens. */
  readonly opensUntil: number
}

/** How a seal may have been made. */
export interface SealSettings {
  /** Of the password, for its keys. */
  readonly iterations?: number
  /** Of the library's own options for its seals. */
  readonly options?: Record<string, unknown> | undefined
}

/** Opens what `@hapi/iron` or one of its successors has sealed (`Fe26.2*…`), or says why not. */
export async function unseal(
  sealed: string,
  password: IronPassword,
  now: number,
  { iterations = 1, options = {} }: SealSettings = {},
): Promise<Unsealed | 'malformed' | 'signature' | 'expired'> {
  const parts = sealed.split('*')
  if (parts.length !== 8 || parts[0] !== 'Fe26.2') return 'malformed'
  const settings = {
    ...defaults,
    ...options,
    encryption: { ...defaults.encryption, iterations, ...(options.encryption as object | undefined) },
    integrity: { ...defaults.integrity, iterations, ...(options.integrity as object | undefined) },
  }
  try {
    // Whether it is over is asked when its MAC is right: iron would ask first, and call a forged one expired.
    const value = await unsealIron(sealed, password, { ...settings, timestampSkewSec: Number.POSITIVE_INFINITY })
    const expiresAt = parts[5] ? Number(parts[5]) : undefined
    const slack = settings.timestampSkewSec * 1000 - (settings.localtimeOffsetMsec ?? 0)
    const opensUntil = expiresAt === undefined ? now + ENDLESS : expiresAt + slack
    // Written so that what is no number fails.
    if (!(opensUntil > now)) return 'expired'
    return { value, covered: parts.slice(0, COVERED_PARTS).join('*'), expiresAt, opensUntil }
  } catch {
    return 'signature'
  }
}
