export { SessionObject } from './session-object.js'
