export { withSession } from './with-session.js'
