/* Runs the outage in Bun, with its client, and prints what came of it as JSON. */
import { RedisClient } from 'bun'
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
} finally {
  client.close()
  await server.stop()
}
