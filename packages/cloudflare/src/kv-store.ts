import type { SessionRecord, SessionStore } from '@fetch-sessions/core'

/** What the store uses of a `KVNamespace`, which fits as it is. */
export interface KeyValueNamespace {
  get(key: string): Promise<string | null>
  put(key: string, value: string, options: { expirationTtl: number }): Promise<void>
  delete(key: string): Promise<void>
}

export interface KVStoreOptions {
  /** What the keys begin with. Default `session:`. */
  prefix?: string
}

/** Seconds. KV refuses to expire anything earlier; core checks the expiry itself. */
const MIN_TTL = 60
/** KV takes one write of a key per second, in milliseconds. */
const WRITE_PAUSE = 1000
const MAX_ATTEMPTS = 4

/**
 * Keeps sessions in Workers KV, which is eventually consistent: a location may serve what it has read before for 60
 * seconds and more. So a session that was changed, or signed out, in one place may still be served as it was in another,
 * and of two changes at the same moment the last one wins. For what must be revocable at once, use
 * `durableObjectStore`.
 *
 * KV takes one write per second of one key. A second one waits until it is taken, for a few seconds at most.
 *
 * @example
 * withSession(handler, (env) => ({ store: kvStore(env.SESSIONS), secret: env.SESSION_SECRET }))
 */
export function kvStore(namespace: KeyValueNamespace, options: KVStoreOptions = {}): KVStore {
  return new KVStore(namespace, options)
}

export class KVStore implements SessionStore {
  /** KV can't compare-and-set, and is eventually consistent. */
  readonly atomic = false as const
  readonly #namespace: KeyValueNamespace
  readonly #prefix: string
  #now: () => number = Date.now

  constructor(namespace: KeyValueNamespace, { prefix = 'session:' }: KVStoreOptions) {
    this.#namespace = namespace
    this.#prefix = prefix
  }

  /** Sets the clock that KV's expiry is reckoned with, in milliseconds since the epoch. */
  useClock(now: () => number): void {
    this.#now = now
  }

  /** One call of KV. */
  async load(id: string): Promise<SessionRecord | undefined> {
    const text = await this.#namespace.get(this.#prefix + id)
    // JSON has no `undefined`: an owner of `undefined` is a missing one.
    return text === null ? undefined : { owner: undefined, ...JSON.parse(text) }
  }

  /** Two calls of KV. */
  create(id: string, record: SessionRecord): Promise<boolean> {
    return whenTaken(async () => (await this.load(id)) === undefined && this.#write(id, record))
  }

  /** Two calls of KV. */
  update(id: string, record: SessionRecord): Promise<boolean> {
    return whenTaken(async () => {
      const stored = await this.load(id)
      return stored?.version === record.version - 1 && this.#write(id, record)
    })
  }

  /** Two calls of KV. */
  touch(id: string, expiresAt: number): Promise<boolean> {
    return whenTaken(async () => {
      const stored = await this.load(id)
      return stored !== undefined && this.#write(id, { ...stored, expiresAt })
    })
  }

  /** Two calls of KV. */
  delete(id: string): Promise<boolean> {
    return whenTaken(async () => {
      const stored = await this.load(id)
      // Also when there seems to be none: this location may not have heard of it yet.
      await this.#namespace.delete(this.#prefix + id)
      return stored !== undefined
    })
  }

  async #write(id: string, record: SessionRecord): Promise<boolean> {
    const expirationTtl = Math.max(MIN_TTL, Math.ceil((record.expiresAt - this.#now()) / 1000))
    await this.#namespace.put(this.#prefix + id, JSON.stringify(record), { expirationTtl })
    return true
  }
}

/** Does it again, from the read on, while KV refuses the write because the last one of this key was too soon before. */
async function whenTaken(change: () => Promise<boolean>): Promise<boolean> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await change()
    } catch (error) {
      const isTooSoon = error instanceof Error && error.message.includes('429')
      if (attempt === MAX_ATTEMPTS || !isTooSoon) throw error
    }
    // Not all at the same moment again.
    await new Promise((resolve) => setTimeout(resolve, WRITE_PAUSE * (1 + Math.random())))
  }
}
