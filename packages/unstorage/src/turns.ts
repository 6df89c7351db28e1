/** How long a turn is waited for, in milliseconds from its beginning. A driver may never settle a call. */
const MAX_TURN = 5000

/** Lets those who want the same key have it one after the other. */
export class Turns {
  /** By key: when the last turn is over for those who come after it. */
  readonly #ends: Map<string, Promise<void>> = new Map()

  /** Does the work when all that was handed in before for this key is over, whether it failed or not, or has had its time. */
  take<T>(key: string, work: () => Promise<T>): Promise<T> {
    // On Workers, a request must not wait for another one's promise, which may never settle for it.
    if ('WebSocketPair' in globalThis) return work()
    const before = this.#ends.get(key) ?? Promise.resolve()
    const turn = before.then(work)
    const end = before.then(() => settledInTime(turn))
    this.#ends.set(key, end)
    void end.then(() => {
      if (this.#ends.get(key) === end) this.#ends.delete(key)
    })
    return turn
  }
}

/** Fulfilled when this is settled, or has had its time. */
function settledInTime(turn: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, MAX_TURN)
    const settled = (): void => {
      clearTimeout(timer)
      resolve()
    }
    turn.then(settled, settled)
  })
}
