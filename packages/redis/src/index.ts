/**
 * Sessions in Redis, through the client that the application has.
 *
 * @module @fetch-sessions/redis
 */
export type { BunRedisClient, IoredisClient, NodeRedisClient, RedisClient, UpstashClient } from './clients.js'
export { type RedisStore, type RedisStoreOptions, redisStore } from './redis-store.js'
