/**
 * What only runtimes with `node:crypto` have: a signer without a trip to another thread.
 *
 * @module @fetch-sessions/core/node
 */
export { nodeSigner } from './cookie/node-signer.js'
