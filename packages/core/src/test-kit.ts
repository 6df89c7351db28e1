/**
 * For the tests of applications: visitors that keep cookies, a clock to move, a store that fails on command.
 *
 * @module @fetch-sessions/core/testing
 */
export type { KeptCookie } from './test-kit/cookie-jar.js'
export {
  type FailingStore,
  type FailOptions,
  failingStore,
  type HungCall,
  type StoreCall,
  type StoreMethod,
} from './test-kit/failing-store.js'
export type { SessionIssuer, SessionReader } from './test-kit/sessions.js'
export { type SignedInInit, signedInRequest } from './test-kit/signed-in-request.js'
export { type Duration, TestClock } from './test-kit/test-clock.js'
export type { VisitInit } from './test-kit/visit-request.js'
export { type RefusedCookie, Visitor } from './test-kit/visitor.js'
export type { VisitorArguments, VisitorOptions, VisitorTarget } from './test-kit/visitor-target.js'
