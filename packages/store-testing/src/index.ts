/**
 * The checks that every store of sessions has to pass.
 *
 * @module @fetch-sessions/store-testing
 */
export { AnswerMixer } from './answer-mixer.js'
export {
  type OpenedStore,
  type StoreCheck,
  type StoreCheckOptions,
  type StoreClock,
  storeChecks,
} from './store-checks.js'
export { type TestRunner, testStore } from './test-store.js'
