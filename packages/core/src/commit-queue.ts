/** Something to be written for one session. */
export interface QueuedWrite {
  /** Needs the session for itself: it is never written together with others. */
  readonly alone: boolean
}

interface Place<W> {
  readonly write: W
  /** Ends the wait: `false` when it is this write's turn to lead, `true` when another has written it. */
  readonly call: (isWritten: boolean | Promise<true>) => void
}

interface Lane<W, R> {
  readonly waiting: Place<W>[]
  known: R | undefined
}

/** How long a write waits for the one before it, in milliseconds, before it goes ahead by itself. */
const PATIENCE = 5000

/**
 * Commits of one session in one process queue up: while one is in the store, those that arrive are gathered, and the
 * first of them then writes for all. Correctness never depends on it, since every write is compare-and-set; it saves
 * the store the collisions.
 *
 * A write leads with its own request's store calls. Where the request before it was cut off half-way (a Worker whose
 * client went away), the write does not wait for ever.
 */
export class CommitQueue<W extends QueuedWrite, R> {
  readonly #lanes: Map<string, Lane<W, R>> = new Map()

  /**
   * Resolves when `write` was part of a batch that was written; rejects with the batch's error. `lead` writes a batch
   * and returns what the next one can build on.
   */
  async submit(
    id: string,
    write: W,
    lead: (batch: W[], known: R | undefined) => Promise<R | undefined>,
  ): Promise<void> {
    let lane = this.#lanes.get(id)
    if (lane === undefined) {
      lane = { waiting: [], known: undefined }
      this.#lanes.set(id, lane)
    } else if (await this.#wait(id, lane, write)) return
    const { waiting } = lane
    const company: Place<W>[] = []
    if (!write.alone) while (waiting[0]?.write.alone === false) company.push(waiting.shift() as Place<W>)
    try {
      const writing = lead([write, ...company.map((place) => place.write)], lane.known)
      for (const place of company) place.call(writing.then(() => true))
      lane.known = await writing
    } finally {
      const next = waiting.shift()
      if (next !== undefined) next.call(false)
      else this.#leave(id, lane)
    }
  }

  #wait(id: string, lane: Lane<W, R>, write: W): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        const index = lane.waiting.indexOf(place)
        if (index === -1) return
        lane.waiting.splice(index, 1)
        this.#leave(id, lane)
        resolve(false)
      }, PATIENCE)
      const place: Place<W> = {
        write,
        call(isWritten) {
          clearTimeout(timer)
          resolve(isWritten)
        },
      }
      lane.waiting.push(place)
    })
  }

  #leave(id: string, lane: Lane<W, R>): void {
    if (this.#lanes.get(id) === lane) this.#lanes.delete(id)
  }
}
