/** Lets those who want the same key have it one after the other. */
export class Turns {
  readonly #last: Map<string, Promise<unknown>> = new Map()

  /** Does the work when all that was handed in before for this key is over, whether it failed or not. */
  take<T>(key: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#last.get(key) ?? Promise.resolve()).then(work, work)
    const end = (): void => {
      if (this.#last.get(key) === turn) this.#last.delete(key)
    }
    this.#last.set(key, turn)
    turn.then(end, end)
    return turn
  }
}
