/**
 * Mixes answers up, as a client does that has lost count of its replies: while it is on, calls that are under way at the
 * same moment get each other's answers. What they do is done all the same.
 *
 * @example
 * const mixer = new AnswerMixer()
 * const client = { connect: () => pool.connect(), query: (query) => mixer.ask(() => pool.query(query)) }
 */
export class AnswerMixer {
  isOn = false
  #waiting: Waiting[] = []

  /** What `call` answers, or what another call answers that was made in the same few milliseconds. */
  async ask<Answer>(call: () => PromiseLike<Answer>): Promise<Answer> {
    if (!this.isOn) return call()
    // Rejected ones are swapped, too.
    const answer = Promise.resolve(call())
    answer.catch(() => {})
    return new Promise<Answer>((resolve) => {
      this.#waiting.push({ answer, resolve: resolve as (answer: unknown) => void })
      if (this.#waiting.length === 1) setTimeout(() => void this.#deal(), GATHERING)
    })
  }

  /** Gives each call the answer of the one after it, and the last one that of the first. */
  async #deal(): Promise<void> {
    const dealt = this.#waiting
    this.#waiting = []
    await Promise.allSettled(dealt.map(({ answer }) => answer))
    for (const [i, { resolve }] of dealt.entries()) resolve(dealt[(i + 1) % dealt.length]?.answer)
  }
}

/** How long calls are gathered, in milliseconds. */
const GATHERING = 3

interface Waiting {
  readonly answer: Promise<unknown>
  resolve(answer: unknown): void
}
