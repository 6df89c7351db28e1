import type { Tries } from '@fetch-sessions/example-accounts/platform'

/** As in wrangler.jsonc: the binding does not tell. */
const PERIOD = 60

/** Cloudflare's own limits, which count for each of its locations, and forget nothing before the minute is over. */
export class RateLimitTries implements Tries {
  readonly #ofAddress: RateLimit
  readonly #ofName: RateLimit

  constructor(ofAddress: RateLimit, ofName: RateLimit) {
    this.#ofAddress = ofAddress
    this.#ofName = ofName
  }

  async count(address: string, name: string): Promise<number | undefined> {
    const answers = await Promise.all([
      this.#ofAddress.limit({ key: address }),
      this.#ofName.limit({ key: `${address} ${name.toLowerCase()}` }),
    ])
    return answers.every(({ success }) => success) ? undefined : PERIOD
  }

  async forget(): Promise<void> {}
}
