/**
 * Visitors of other session libraries move in, and nobody is signed out.
 *
 * @module @fetch-sessions/migrate
 */
export { type CookieSessionOptions, fromCookieSession, type KeygripKeys } from './cookie-session.js'
export {
  connectPgSimpleRecords,
  connectRedisRecords,
  type ExpressSessionOptions,
  type ExpressStore,
  fromExpressSession,
  type OldRecords,
  type PostgresReader,
  type RedisReader,
} from './express-session.js'
export { type FastifySecureSessionOptions, fromFastifySecureSession } from './fastify-secure-session.js'
export { type FastifySessionOptions, type FastifySigner, fromFastifySession } from './fastify-session.js'
export { fromH3Session, type H3SessionOptions } from './h3-session.js'
export { fromHonoSession, type HonoSessionOptions, type HonoSessionStorage } from './hono-session.js'
export { fromHonoSessions, type HonoSessionsOptions, type HonoSessionsStore } from './hono-sessions.js'
export { fromIronSession, type IronSessionOptions } from './iron-session.js'
export { type Brought, type MovingInOptions, movingIn } from './moving-in.js'
export type { AboutOld, MoveOptions, OldCookiePlace, OldLibrary } from './old-library.js'
export { fromRemixSession, type RemixSessionOptions } from './remix-session.js'
export type { IronPassword } from './sealed.js'
