import { isPromise } from '../awaitable.js'
import type { StoredSession } from '../session/stored-session.js'
import type { Awaitable } from '../store/store.js'
import type { PendingWrite } from './compare-and-set.js'

/** The writes of one session that wait, and what the one before them has stored. */
interface Lane {
  readonly waiting: Place[]
  newest: StoredSession | undefined
}

type Lead = (batch: PendingWrite[], newest: StoredSession | undefined) => Awaitable<StoredSession | undefined>

interface Place {
  readonly write: PendingWrite
  /** Ends the wait. `isWritten`: another has written it; else it is its turn to lead. */
  readonly call: (isWritten: boolean) => void
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
export class CommitQueue {
  readonly #lanes: Map<string, Lane> = new Map()

  /**
   * What is stored when `write` was part of a batch that was written; `undefined` if the record was gone. `lead` writes a
   * batch, on top of what the one before it has stored, and returns what it has stored. What it throws fails each write
   * of the batch. Not a promise if `lead` does not return one: then nobody can have come in between.
   */
  submit(id: string, write: PendingWrite, lead: Lead): Awaitable<StoredSession | undefined> {
    const busy = this.#lanes.get(id)
    if (busy !== undefined) return this.#join(id, busy, write, lead)
    const leading = lead([write], undefined)
    if (!isPromise(leading)) return outcomeOf(write)
    const lane = { waiting: [], newest: undefined }
    this.#lanes.set(id, lane)
    return this.#conclude(id, lane, write, [], leading)
  }

  async #join(id: string, lane: Lane, write: PendingWrite, lead: Lead): Promise<StoredSession | undefined> {
    if (await this.#wait(id, lane, write)) return outcomeOf(write)
    const { waiting, newest } = lane
    const company: Place[] = []
    if (!write.alone) while (waiting[0]?.write.alone === false) company.push(waiting.shift() as Place)
    const leading = (async () => lead([write, ...company.map((place) => place.write)], newest))()
    return this.#conclude(id, lane, write, company, leading)
  }

  async #conclude(
    id: string,
    lane: Lane,
    write: PendingWrite,
    company: readonly Place[],
    leading: Promise<StoredSession | undefined>,
  ): Promise<StoredSession | undefined> {
    try {
      lane.newest = await leading
    } catch (error) {
      write.failure ??= { error }
      for (const place of company) place.write.failure ??= { error }
    }
    for (const place of company) place.call(true)
    const next = lane.waiting.shift()
    if (next !== undefined) next.call(false)
    else this.#leave(id, lane)
    return outcomeOf(write)
  }

  #wait(id: string, lane: Lane, write: PendingWrite): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        const index = lane.waiting.indexOf(place)
        if (index < 0) return
        lane.waiting.splice(index, 1)
        this.#leave(id, lane)
        resolve(false)
      }, PATIENCE)
      const place: Place = {
        write,
        call(isWritten) {
          clearTimeout(timer)
          resolve(isWritten)
        },
      }
      lane.waiting.push(place)
    })
  }

  #leave(id: string, lane: Lane): void {
    if (this.#lanes.get(id) === lane) this.#lanes.delete(id)
  }
}

function outcomeOf(write: PendingWrite): StoredSession | undefined {
  if (write.failure) throw write.failure.error
  return write.stored
}
