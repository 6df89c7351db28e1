/**
 * Sessions in any driver of unstorage.
 *
 * @module @fetch-sessions/unstorage
 */
export {
  type KeyValueStorage,
  type UnstorageStore,
  type UnstorageStoreOptions,
  unstorageStore,
} from './unstorage-store.js'
