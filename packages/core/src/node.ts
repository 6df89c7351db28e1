export { nodeSigner } from './node-signer.js'
