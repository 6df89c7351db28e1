import type { SessionRecord, SessionStore, StoredInfo } from '@fetch-sessions/core'

/** A plain key-value store behind a network: it reads, decides and writes, and others do so meanwhile. */
export class LastWriterStore implements SessionStore {
  readonly atomic: boolean
  readonly #values: Map<string, string> = new Map()

  readonly #now: () => number

  constructor(atomic: boolean, now: () => number = Date.now) {
    this.atomic = atomic
    this.#now = now
  }

  async load(id: string): Promise<SessionRecord | undefined> {
    await undefined
    const value = this.#values.get(id)
    return value === undefined ? undefined : { owner: undefined, ...JSON.parse(value) }
  }

  async create(id: string, record: SessionRecord): Promise<boolean> {
    return (await this.load(id)) === undefined && this.#put(id, record)
  }

  async update(id: string, record: SessionRecord): Promise<boolean> {
    return (await this.load(id))?.version === record.version - 1 && this.#put(id, record)
  }

  async touch(id: string, expiresAt: number, version: number): Promise<boolean> {
    const record = await this.load(id)
    return record?.version === version && this.#put(id, { ...record, expiresAt })
  }

  async delete(id: string): Promise<boolean> {
    if ((await this.load(id)) === undefined) return false
    this.#values.delete(id)
    return true
  }

  async listByOwner(owner: string): Promise<StoredInfo[]> {
    const infos: StoredInfo[] = []
    for (const id of this.#values.keys()) {
      const record = await this.load(id)
      if (record?.owner !== owner || record.expiresAt <= this.#now()) continue
      const { createdAt, expiresAt, meta } = record
      infos.push({ id, owner, createdAt, expiresAt, meta })
    }
    return infos
  }

  async #put(id: string, record: SessionRecord): Promise<boolean> {
    const value = JSON.stringify(record)
    await undefined
    this.#values.set(id, value)
    return true
  }
}
