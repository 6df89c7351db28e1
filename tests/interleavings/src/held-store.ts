import type { MemoryStore, SessionRecord, SessionStore, StoredInfo, StoredPage } from '@fetch-sessions/core'
import type { EventualStore } from './eventual-store.js'
import type { Narrow, Schedule, Touch } from './schedule.js'

/** A store of which each call is held twice: before it is carried out, and before its answer is heard. */
export class HeldStore implements SessionStore {
  readonly #memory: MemoryStore | EventualStore
  readonly #schedule: Schedule
  readonly #nameOf: (id: string) => string
  readonly atomic: boolean
  readonly consistency: 'strong' | 'eventual'
  /** What the answer's hearer shares with others. `undefined`: nothing, so it is heard at once. */
  readonly #hearing: string | undefined
  readonly #onWrite: (id: string, record: SessionRecord) => void

  constructor(options: {
    memory: MemoryStore | EventualStore
    schedule: Schedule
    nameOf: (id: string) => string
    hearing: string | undefined
    onWrite: (id: string, record: SessionRecord) => void
  }) {
    this.#memory = options.memory
    this.atomic = !('isStale' in options.memory)
    this.consistency = this.atomic ? 'strong' : 'eventual'
    this.#schedule = options.schedule
    this.#nameOf = options.nameOf
    this.#hearing = options.hearing
    this.#onWrite = options.onWrite
  }

  useClock(now: () => number): void {
    this.#memory.useClock(now)
  }

  load(id: string): Promise<SessionRecord | undefined> {
    const touches = [{ what: `store ${this.#nameOf(id)}`, writes: false }]
    return this.#hold(`load ${this.#nameOf(id)}`, touches, () => this.#memory.load(id), wordsOf)
  }

  create(id: string, record: SessionRecord): Promise<boolean> {
    return this.#write('create', id, () => this.#memory.create(id, record), record)
  }

  update(id: string, record: SessionRecord): Promise<boolean> {
    return this.#write('update', id, () => this.#memory.update(id, record), record)
  }

  touch(id: string, expiresAt: number, version: number): Promise<boolean> {
    return this.#write('touch', id, () => this.#memory.touch(id, expiresAt, version))
  }

  delete(id: string): Promise<boolean> {
    return this.#write('delete', id, () => this.#memory.delete(id))
  }

  list(cursor: string | undefined, limit: number, now: number): Promise<StoredPage> {
    return this.#hold('list', ALL_READ, () => this.#memory.list(cursor, limit, now))
  }

  listByOwner(owner: string): Promise<StoredInfo[]> {
    return this.#hold(`list of ${owner}`, ALL_READ, () => this.#memory.listByOwner(owner))
  }

  deleteByOwner(owner: string, exceptId?: string): Promise<number> {
    return this.#hold(`delete all of ${owner}`, ALL_WRITTEN, () => this.#memory.deleteByOwner(owner, exceptId))
  }

  #write(method: string, id: string, act: () => boolean, record?: SessionRecord): Promise<boolean> {
    const name = this.#nameOf(id)
    const words = record ? `${method} ${name} ${wordsOf(record)}` : `${method} ${name}`
    return this.#hold(words, [{ what: `store ${name}`, writes: true }], (narrow) => {
      const isDone = act()
      if (isDone && record !== undefined) this.#onWrite(id, record)
      // What changes nothing has only looked. (What decides by old news is another matter.)
      if (!isDone && this.atomic) narrow?.([{ what: `store ${name}`, writes: false }])
      return isDone
    })
  }

  #hold<T>(
    words: string,
    touches: readonly Touch[],
    act: (narrow?: Narrow) => T,
    tell: (answer: T) => string = String,
  ): Promise<T> {
    if (this.#schedule.isOpen) return new Promise((resolve) => resolve(act()))
    return new Promise((resolve, reject) => {
      const answer = (said: string, hear: () => void): void => {
        if (this.#hearing === undefined) hear()
        else
          this.#schedule.offer({
            touches: [{ what: this.#hearing, writes: true }],
            perform: () => {
              hear()
              return `… hears ${said}`
            },
          })
      }
      this.#schedule.offer({
        touches,
        perform: (narrow) => {
          const answered = act(narrow)
          answer(tell(answered), () => resolve(answered))
          return `${words} → ${tell(answered)}`
        },
        failures: 'isStale' in this.#memory ? ['!', '?', '≈'] : ['!', '?'],
        fail: (outcome, narrow) => {
          if (outcome === '≈' && 'isStale' in this.#memory) {
            this.#memory.isStale = true
            const answered = act()
            this.#memory.isStale = false
            answer(tell(answered), () => resolve(answered))
            return `${words} → ${tell(answered)}, of before`
          }
          if (outcome === '?') act(narrow)
          answer('a failure', () => reject(new Error('out of reach')))
          return `${words} → ${outcome === '?' ? 'done, but ' : ''}FAILS`
        },
      })
    })
  }
}

const ALL_READ: readonly Touch[] = [{ what: 'store *', writes: false }]
const ALL_WRITTEN: readonly Touch[] = [{ what: 'store *', writes: true }]

/** A record in a few words. */
function wordsOf(record: SessionRecord | undefined): string {
  if (record === undefined) return 'nothing'
  const { version, data, meta = '{}' } = record
  const { superseded, ended, lock } = JSON.parse(meta) as { superseded?: object; ended?: boolean; lock?: object }
  const kind = superseded ? 'marker' : ended ? 'ended' : data.replaceAll('"', '')
  return `v${version} ${kind}${lock ? ' locked' : ''}`
}
