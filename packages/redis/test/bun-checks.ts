/*
 * Runs the conformance suite with Bun's client, in Bun, and prints what each check came to, a line of JSON each. The
 * address of the server is the argument.
 */
import { storeChecks } from '@fetch-sessions/store-testing'
import { RedisClient } from 'bun'
import { openedStore } from './opened-store.js'

const client = new RedisClient(process.argv[2])
const checks = storeChecks(() => openedStore(client))
for (const { group, name, run } of checks) {
  const result = await run().catch(String)
  console.log(JSON.stringify({ group, name, result }))
}
client.close()
