/** Runs the conformance suite in Deno, on the database at the path that is given, and tells of each check in a line. */
import { storeChecks } from '@fetch-sessions/store-testing'
import { denoKvStore } from '../src/index.js'

const kv = await Deno.openKv(Deno.args[0])
const checks = storeChecks(() => ({ store: denoKvStore(kv, { prefix: ['test', crypto.randomUUID()] }) }), {
  maxDataBytes: 60_000,
})
for (const { name, run } of checks) {
  const outcome = await run().catch((error: unknown) => String(error))
  console.log(JSON.stringify({ name, outcome }))
}
kv.close()
