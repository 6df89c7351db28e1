export {
  type KeyValueStorage,
  type UnstorageStore,
  type UnstorageStoreOptions,
  unstorageStore,
} from './unstorage-store.js'
