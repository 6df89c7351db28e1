export { type SessionEnv, session } from './session.js'
