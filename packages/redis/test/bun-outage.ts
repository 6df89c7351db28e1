/* Runs the outage in Bun, with its client, and prints what came of it as JSON; then the same of a server that hangs. */
import { RedisClient } from 'bun'
import { redisStore } from '../src/index.js'
import { outageOf } from './outage.js'
import { RedisServer } from './redis-server.js'

const server = await RedisServer.start()
const client = new RedisClient(server.url, {
  connectionTimeout: 1000,
  enableOfflineQueue: false,
  maxRetries: 1_000_000,
})
try {
  await client.connect()
  console.log(JSON.stringify(await outageOf(server, client)))
  server.pause()
  console.log(JSON.stringify(await redisStore(client, { timeout: 0.2 }).load('meanwhile').catch(String)))
  server.resume()
  console.log(JSON.stringify((await redisStore(client).load('after')) ?? null))
} finally {
  client.close()
  await server.stop()
}
