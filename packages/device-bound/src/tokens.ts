import { randomText } from './base64url.js'
import type { Setting } from './options.js'
import { PublicKey } from './public-key.js'
import type { Seal } from './seal.js'

/** Whose refresh it is: the binding, and the key that it was registered with. */
export interface Reference {
  readonly binding: string
  readonly key: PublicKey
  /** The key's fingerprint. */
  readonly fingerprint: string
}

/** How long a browser has to make its key after the sign-in, in milliseconds. */
const OFFER_LIFETIME = 300_000
/** How long a challenge is good beyond the cookie with which it came. */
const CHALLENGE_RESERVE = 300_000
/** By how much the clocks of two servers may differ. */
const SKEW = 60_000

/** What browsers keep for us, in place of a store. Times are milliseconds since the epoch, in base 36. */
export class Tokens {
  readonly #seal: Seal
  readonly #setting: Setting

  constructor(seal: Seal, setting: Setting) {
    this.#seal = seal
    this.#setting = setting
  }

  /** The challenge of a registration, for one binding. */
  offer(binding: string): Promise<string> {
    return this.#seal.close('offer', [binding, this.#setting.now().toString(36)])
  }

  /** The binding of such a challenge, while it is good. */
  async openOffer(text: string): Promise<string | undefined> {
    const [binding, made] = (await this.#seal.open('offer', text, 2)) ?? []
    return this.#isRecent(made, OFFER_LIFETIME) ? binding : undefined
  }

  /** The challenge of a refresh. `after`: it is younger than one of that time, of which another server's clock was ahead. */
  challenge({ binding, fingerprint }: Reference, after: number): Promise<string> {
    const made = Math.max(this.#setting.now(), after + 1).toString(36)
    return this.#seal.close('challenge', [made, randomText()], [binding, fingerprint])
  }

  /** When such a challenge was made, while it is good. */
  async openChallenge(text: string, { binding, fingerprint }: Reference): Promise<number | undefined> {
    const [made] = (await this.#seal.open('challenge', text, 2, [binding, fingerprint])) ?? []
    const lifetime = this.#setting.maxAge * 1000 + CHALLENGE_RESERVE
    return this.#isRecent(made, lifetime) ? Number.parseInt(made, 36) : undefined
  }

  /** What the address of a refresh says, so that the key is nowhere else. */
  reference({ binding, key }: Reference): Promise<string> {
    return this.#seal.close('reference', [binding, key.text])
  }

  async openReference(text: string): Promise<Reference | undefined> {
    const [binding, keyText] = (await this.#seal.open('reference', text, 2)) ?? []
    const key = keyText === undefined ? undefined : PublicKey.ofText(keyText)
    if (binding === undefined || key === undefined) return undefined
    return { binding, key, fingerprint: await key.fingerprint() }
  }

  /** The value of the bound cookie. */
  cookie({ binding, fingerprint }: Reference): Promise<string> {
    const { maxAge, now } = this.#setting
    return this.#seal.close('cookie', [binding, fingerprint, (now() + maxAge * 1000).toString(36)])
  }

  /** What such a value proves, until it is over. */
  async openCookie(value: string): Promise<{ binding: string; key: string } | undefined> {
    const [binding, key, until] = (await this.#seal.open('cookie', value, 3)) ?? []
    if (binding === undefined || key === undefined || until === undefined) return undefined
    return this.#setting.now() < Number.parseInt(until, 36) ? { binding, key } : undefined
  }

  #isRecent(made: string | undefined, lifetime: number): made is string {
    if (made === undefined) return false
    const age = this.#setting.now() - Number.parseInt(made, 36)
    return age >= -SKEW && age < lifetime
  }
}
