import { isPromise } from '../awaitable.js'
import type { StoredSession } from '../session/stored-session.js'
import type { Awaitable } from '../store/store.js'
import type { PendingWrite, WriteOutcome, Written } from './pending-write.js'

/** Writes a batch, on top of what the one before it has stored. */
type Write = (batch: PendingWrite[], newest: StoredSession | undefined) => Awaitable<Written>

/** A write that waits for the one before it. */
interface QueuedWrite {
  readonly pending: PendingWrite
  readonly write: Write
  readonly settle: (outcome: WriteOutcome) => void
}

/** How long a write waits for the one before it, in milliseconds, before it goes ahead by itself. */
const MAX_WAIT = 5000

/**
 * Commits of one session in one process queue up: while one is in the store, those that arrive are gathered, and are then
 * written together. Correctness never depends on it, since every write is compare-and-set; it saves the store the
 * collisions.
 */
export class WriteQueue {
  /** By session: the writes that wait for the one that is in the store. */
  readonly #waiting: Map<string, QueuedWrite[]> = new Map()
  /** By session: when the last `exclusive` that has come so far, and all before it, are over. */
  readonly turns: Map<string, Promise<void>> = new Map()

  /** Not a promise if `write` does not return one: then nobody can have come in between. */
  submit(id: string, pending: PendingWrite, write: Write): Awaitable<WriteOutcome> {
    const waiting = this.#waiting.get(id)
    if (waiting !== undefined) return this.#wait(id, waiting, { pending, write })
    const writing = write([pending], undefined)
    if (!isPromise(writing)) return writing.outcomes[0] as WriteOutcome
    return new Promise((settle) => {
      const queue: QueuedWrite[] = []
      this.#waiting.set(id, queue)
      void this.#follow(id, queue, [{ pending, write, settle }], writing)
    })
  }

  /** Waits for a batch that is in the store, then has the next one written. */
  async #follow(id: string, queue: QueuedWrite[], batch: QueuedWrite[], writing: Awaitable<Written>): Promise<void> {
    let newest: StoredSession | undefined
    try {
      const written = await writing
      newest = written.newest
      for (const [index, { settle }] of batch.entries()) settle(written.outcomes[index] as WriteOutcome)
    } catch (error) {
      for (const { settle } of batch) settle({ is: 'failed', error })
    }
    const next = queue.splice(0)
    const [first] = next
    if (first === undefined) this.#close(id, queue)
    else void this.#follow(id, queue, next, start(first.write, next, newest))
  }

  /** From now on nobody waits in this queue. */
  #close(id: string, queue: QueuedWrite[]): void {
    if (this.#waiting.get(id) === queue) this.#waiting.delete(id)
  }

  #wait(id: string, queue: QueuedWrite[], { pending, write }: Omit<QueuedWrite, 'settle'>): Promise<WriteOutcome> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        const index = queue.indexOf(queued)
        if (index < 0) return
        queue.splice(index, 1)
        // The write before it may never come back.
        this.#close(id, queue)
        start(write, [queued], undefined).then(
          ({ outcomes }) => resolve(outcomes[0] as WriteOutcome),
          (error) => resolve({ is: 'failed', error }),
        )
      }, MAX_WAIT)
      const queued: QueuedWrite = {
        pending,
        write,
        settle(outcome) {
          clearTimeout(timer)
          resolve(outcome)
        },
      }
      queue.push(queued)
    })
  }
}

async function start(write: Write, batch: readonly QueuedWrite[], newest: StoredSession | undefined): Promise<Written> {
  return write(
    batch.map(({ pending }) => pending),
    newest,
  )
}
