export { type FetchHandler, type SessionHandler, withSession } from './with-session.js'
