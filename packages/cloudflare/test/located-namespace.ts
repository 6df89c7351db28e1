import type { KeyValueNamespace } from '../src/kv-namespace.js'

interface Cached {
  readonly value: string | null
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** How long a location serves what it has read, or not found, in milliseconds: as Cloudflare documents it. */
const CACHED = 60_000

/**
 * KV as one location sees it. The local emulation has no cache, so this is put before it: what was read is served for a
 * minute, found or not; what this location writes it sees at once, what others write only then.
 */
export class LocatedNamespace implements KeyValueNamespace {
  readonly #namespace: KVNamespace
  readonly #now: () => number
  readonly #cache: Map<string, Cached> = new Map()

  constructor(namespace: KVNamespace, now: () => number) {
    this.#namespace = namespace
    this.#now = now
  }

  get(key: string): Promise<string | null>
  get(keys: string[]): Promise<Map<string, string | null>>
  async get(key: string | string[]): Promise<(string | null) & Map<string, string | null>> {
    const value = typeof key === 'string' ? await this.#get(key) : await this.#getAll(key)
    return value as (string | null) & Map<string, string | null>
  }

  async put(key: string, value: string, options: { expirationTtl: number; metadata?: unknown }): Promise<void> {
    await this.#namespace.put(key, value, options)
    this.#keep(key, value)
  }

  async delete(key: string): Promise<void> {
    await this.#namespace.delete(key)
    this.#keep(key, null)
  }

  list(options: { prefix: string; limit: number; cursor?: string }): Promise<KVNamespaceListResult<unknown>> {
    return this.#namespace.list(options)
  }

  async #get(key: string): Promise<string | null> {
    const cached = this.#cache.get(key)
    if (cached !== undefined && this.#now() < cached.at + CACHED) return cached.value
    return this.#keep(key, await this.#namespace.get(key))
  }

  async #getAll(keys: string[]): Promise<Map<string, string | null>> {
    return new Map(await Promise.all(keys.map(async (key) => [key, await this.#get(key)] as const)))
  }

  #keep(key: string, value: string | null): string | null {
    this.#cache.set(key, { value, at: this.#now() })
    return value
  }
}
