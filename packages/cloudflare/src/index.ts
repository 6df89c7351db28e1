/**
 * Sessions in Durable Objects and in Workers KV.
 *
 * @module @fetch-sessions/cloudflare
 */
export { type DurableObjectStore, type DurableObjectStoreOptions, durableObjectStore } from './durable-object-store.js'
export type { KeyValueList, KeyValueNamespace } from './kv-namespace.js'
export { type KVStore, type KVStoreOptions, kvStore } from './kv-store.js'
export type {
  IndexedOwner,
  IndexReply,
  LoadReply,
  RemoveReply,
  SessionObjectNamespace,
  SessionObjectStub,
  SessionReply,
  WriteReply,
} from './object-protocol.js'
