import type { SessionRecord, SessionStore, StoredInfo, StoredPage } from '@fetch-sessions/core'

/** What is known of one session at one moment. */
interface State {
  readonly record?: SessionRecord
  /** That it is over; with a record, that is what is left of it. */
  readonly end?: { readonly record: SessionRecord | undefined }
}

/** By id, all that was ever known, the newest last. */
export type States = Map<string, State[]>

/**
 * A store that is eventually consistent, as one place sees it. It sees its own writes at once. Of what others write it may
 * not have heard yet: then it reads what was there one write before, and decides by that. As in the store for Workers KV,
 * an end has a place of its own, so that no late write undoes it.
 */
export class EventualStore implements SessionStore {
  readonly atomic = false
  readonly consistency = 'eventual'
  /** It has not heard of the last write. */
  isStale = false
  readonly #states: States
  /** By id, how many states it has surely heard of. */
  readonly #heard: Map<string, number> = new Map()

  constructor(states: States) {
    this.#states = states
  }

  useClock(): void {}

  load(id: string): SessionRecord | undefined {
    const { record, end } = this.#known(id)
    return end === undefined ? record : end.record
  }

  create(id: string, record: SessionRecord): boolean {
    this.#write(id, (state) => ({ ...state, record }))
    return true
  }

  update(id: string, record: SessionRecord): boolean {
    if (this.load(id)?.version !== record.version - 1) return false
    const isMarker = record.data === '' && record.owner === undefined
    const wasOver = this.#known(id).end !== undefined
    this.#write(id, (state) => {
      if (isMarker) return { record, end: { record } }
      return wasOver ? { record } : { ...state, record }
    })
    return true
  }

  touch(id: string, expiresAt: number, version: number): boolean {
    if (this.load(id)?.version !== version) return false
    // A use counts for the version that was used.
    this.#write(id, ({ record, ...state }) => {
      if (record === undefined) return state
      return { ...state, record: record.version === version ? { ...record, expiresAt } : record }
    })
    return true
  }

  delete(id: string): boolean {
    const isThere = this.load(id) !== undefined
    this.#write(id, () => ({ end: { record: undefined } }))
    return isThere
  }

  list(): StoredPage {
    return { entries: [], cursor: undefined }
  }

  listByOwner(): StoredInfo[] {
    return []
  }

  deleteByOwner(): number {
    return 0
  }

  #known(id: string): State {
    const states = this.#states.get(id) ?? []
    const count = Math.max(states.length - (this.isStale ? 1 : 0), this.#heard.get(id) ?? 0)
    return states[count - 1] ?? {}
  }

  #write(id: string, change: (newest: State) => State): void {
    const states = this.#states.get(id) ?? []
    states.push(change(states.at(-1) ?? {}))
    this.#states.set(id, states)
    this.#heard.set(id, states.length)
  }
}
