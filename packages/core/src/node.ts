export { nodeSigner } from './cookie/node-signer.js'
