/** A key and what is there. `versionstamp` is `null` if nothing is. */
export interface KvEntry<Value> {
  readonly key: readonly unknown[]
  readonly value: Value | null
  readonly versionstamp: string | null
}

/** Several writes that are made together, or not at all if a check fails. */
export interface AtomicOperation {
  check(check: { key: readonly string[]; versionstamp: string | null }): unknown
  set(key: readonly string[], value: unknown, options: { expireIn: number }): unknown
  delete(key: readonly string[]): unknown
  commit(): Promise<{ ok: boolean }>
}

/** What the store uses of a `Deno.Kv`, which fits as it is. */
export interface KeyValueDatabase {
  get<Value>(key: readonly string[]): Promise<KvEntry<Value>>
  list<Value>(
    selector: { prefix: readonly string[] } | { prefix: readonly string[]; start: readonly string[] },
    options: { batchSize: number; limit?: number },
  ): AsyncIterable<KvEntry<Value>>
  atomic(): AtomicOperation
}
