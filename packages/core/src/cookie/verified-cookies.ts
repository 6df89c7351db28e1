import { BoundedMap } from '../store/bounded-map.js'

/** How many places there are for those who came once: so many for each that is remembered, and 256 kB at most. */
const PLACES_PER_COOKIE = 8
const MAX_PLACES = 65_536

/**
 * Cookies that verified, by their value, so that the visitor's next request costs no crypto. Nothing that did not verify
 * may get in.
 *
 * Once it is full, it takes those alone who come a second time: in a crowd that is far larger than the cache, each would
 * push out another who had just been put there, and remembering would cost more than it saves. (A "doorkeeper", see
 * "TinyLFU: A Highly Efficient Cache Admission Policy", Einziger, Friedman and Manes, 2017.)
 */
export class VerifiedCookies<Identity> {
  readonly #known: BoundedMap<Identity>
  readonly #limit: number
  /** Four bytes of the MAC of who came once, at the place that four others name. */
  #newcomers: Int32Array | undefined

  /** `limit`: how many are remembered. If it is not above 0, none. */
  constructor(limit: number) {
    this.#known = new BoundedMap(limit)
    this.#limit = limit
  }

  get(value: string): Identity | undefined {
    return this.#known.get(value)
  }

  /** Whether a cookie with this MAC, which verified, is to be remembered. Asked once for each time that it came. */
  admits(mac: Uint8Array): boolean {
    if (this.#known.size < this.#limit) return true
    if (!(this.#limit > 0)) return false
    this.#newcomers ??= new Int32Array(Math.min(Math.ceil(this.#limit) * PLACES_PER_COOKIE, MAX_PLACES))
    const place = (wordAt(mac, 0) >>> 0) % this.#newcomers.length
    const mark = wordAt(mac, 4)
    const before = this.#newcomers[place]
    if (before === mark) return true
    // Not always: of two who come in turn, neither would find its mark.
    if (before === 0 || Math.random() < 0.5) this.#newcomers[place] = mark
    return false
  }

  /** `value` must not be a piece of a longer text, which it would keep in memory. */
  remember(value: string, identity: Identity): void {
    this.#known.set(value, identity)
  }
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  )
}
