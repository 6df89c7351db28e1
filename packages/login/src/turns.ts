/** Calls that follow one another, in the order in which they were made: each begins once the one before it has ended. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve()

  /** What the work comes to, or fails with. A failure does not keep the next one from its turn. */
  take<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work)
    this.#last = turn.catch(() => {})
    // Another promise than the one that is caught: of a failure that nobody waits for, the runtime tells.
    return turn.then((value) => value)
  }
}
