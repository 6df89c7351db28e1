/* Fails over under Bun's client, and prints what the calls came to until one went through, as JSON. */
import { RedisClient } from 'bun'
import { redisStore } from '../src/index.js'
import { failOver, MovingAddress, startPair } from './replicas.js'
import { newId, newRecord } from './sample.js'

const [first, second] = await startPair()
const address = await MovingAddress.start(first)
const client = new RedisClient(address.url, { enableOfflineQueue: false, maxRetries: 1_000_000 })
try {
  await client.connect()
  const store = redisStore(client)
  const id = newId()
  await store.create(id, newRecord())
  await failOver(first, second)
  address.target = second.port
  console.log(JSON.stringify(await store.load(id).catch(String)))
  let isWritten: unknown = false
  for (let i = 0; i < 100 && isWritten !== true; i++) {
    isWritten = await store.update(id, newRecord({ version: 2 })).catch(String)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  console.log(JSON.stringify(isWritten))
} finally {
  client.close()
  address.stop()
  await Promise.all([first.stop(), second.stop()])
}
