/** Something to be written for one session. */
export interface QueuedWrite {
  /** Needs the session for itself: it is never written together with others. */
  readonly alone: boolean
}

/** Writes a batch for one session, and returns what the next batch can build on. */
export type BatchWriter<W extends QueuedWrite, R> = (batch: W[], known: R | undefined) => Promise<R | undefined>

interface Lane<W extends QueuedWrite, R> {
  readonly waiting: { readonly write: W; readonly wake: (turn: 'lead' | 'done' | { error: unknown }) => void }[]
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

  /** Resolves when `write` was part of a batch that `writeBatch` has finished; rejects with the batch's error. */
  async submit(id: string, write: W, writeBatch: BatchWriter<W, R>): Promise<void> {
    let lane = this.#lanes.get(id)
    if (lane === undefined) {
      lane = { waiting: [], known: undefined }
      this.#lanes.set(id, lane)
    } else {
      const turn = await this.#wait(id, lane, write)
      if (turn === 'done') return
      if (typeof turn === 'object') throw turn.error
    }
    await this.#lead(id, lane, write, writeBatch)
  }

  #wait(id: string, lane: Lane<W, R>, write: W): Promise<'lead' | 'done' | { error: unknown }> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        const index = lane.waiting.indexOf(place)
        if (index === -1) return
        lane.waiting.splice(index, 1)
        if (this.#lanes.get(id) === lane) this.#lanes.delete(id)
        resolve('lead')
      }, PATIENCE)
      const place = {
        write,
        wake(turn: 'lead' | 'done' | { error: unknown }) {
          clearTimeout(timer)
          resolve(turn)
        },
      }
      lane.waiting.push(place)
    })
  }

  async #lead(id: string, lane: Lane<W, R>, write: W, writeBatch: BatchWriter<W, R>): Promise<void> {
    const company: Lane<W, R>['waiting'] = []
    if (!write.alone)
      while (lane.waiting[0]?.write.alone === false) company.push(lane.waiting.shift() as (typeof company)[0])
    try {
      lane.known = await writeBatch([write, ...company.map((place) => place.write)], lane.known)
      for (const place of company) place.wake('done')
    } catch (error) {
      for (const place of company) place.wake({ error })
      throw error
    } finally {
      const next = lane.waiting.shift()
      if (next !== undefined) next.wake('lead')
      else if (this.#lanes.get(id) === lane) this.#lanes.delete(id)
    }
  }
}
