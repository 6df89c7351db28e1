export { type SessionHooks, type SessionOptionsForRouter, type SessionRequest, session } from './session.js'
