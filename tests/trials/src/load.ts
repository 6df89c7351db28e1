import type { Outcome, Visitor } from './visitor.js'

/** How long a trial waits for something that has to come, in milliseconds. */
const PATIENCE = 60_000
/** Between a failure and the next request, in milliseconds: so does whoever presses "reload". */
const PAUSE = 10

/** Visitors that send one request after another, each to the next server. */
export class Load {
  readonly #visitors: readonly Visitor[]
  readonly #urls: readonly string[]
  readonly #path: (turn: number) => string
  readonly #lanes: Promise<void>[]
  #turn = 0
  #isOver = false
  underWay = 0

  /** `lanes`: how many requests each visitor has under way at once. */
  constructor(urls: readonly string[], visitors: readonly Visitor[], path: (turn: number) => string, lanes = 1) {
    this.#urls = urls
    this.#visitors = visitors
    this.#path = path
    this.#lanes = Array.from({ length: lanes }, () => visitors.map((visitor) => this.#run(visitor))).flat()
    // Told by `stop`; until then it is not an unhandled rejection.
    for (const lane of this.#lanes) lane.catch(() => {})
  }

  async #run(visitor: Visitor): Promise<void> {
    while (!this.#isOver) {
      const turn = this.#turn++
      this.underWay++
      const outcome = await visitor.request(this.#urls[turn % this.#urls.length] as string, this.#path(turn))
      this.underWay--
      if (outcome !== 'success') await new Promise((resolve) => setTimeout(resolve, PAUSE))
    }
  }

  /** Until each visitor has had this many more of that outcome. */
  async untilEach(outcome: Outcome, times: number): Promise<void> {
    const goals = new Map(this.#visitors.map((visitor) => [visitor, visitor.outcomes[outcome] + times]))
    const isReached = () => [...goals].every(([visitor, goal]) => visitor.outcomes[outcome] >= goal)
    const failed = new Promise<never>((_, reject) => {
      for (const lane of this.#lanes) lane.catch(reject)
    })
    const end = Date.now() + PATIENCE
    while (!isReached()) {
      if (Date.now() > end) {
        const late = [...goals].filter(([visitor, goal]) => visitor.outcomes[outcome] < goal)
        const had = late.map(([{ outcomes, seen }]) => JSON.stringify({ ...outcomes, seen })).join(', ')
        throw new Error(`Not each visitor had ${times} more of "${outcome}" in ${PATIENCE} ms: ${had}`)
      }
      await Promise.race([new Promise((resolve) => setTimeout(resolve, 5)), failed])
    }
  }

  /** Lets each request come to its end. @throws UnexpectedAnswer if there was one */
  async stop(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#lanes)
  }
}
