/**
 * Sessions in Deno KV.
 *
 * @module @fetch-sessions/deno-kv
 */
export type { AtomicOperation, KeyValueDatabase, KvEntry } from './database.js'
export { type DenoKvStore, type DenoKvStoreOptions, denoKvStore } from './deno-kv-store.js'
