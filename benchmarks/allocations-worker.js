// How many bytes a request allocates, in a process of its own with --expose-gc whose young generation has room for all.
import process from 'node:process'
import { build, contestant } from './contestants/index.js'
import { scenario } from './scenarios.js'
import { summary } from './statistics.js'
import { headersOf, makeRequest } from './visitor.js'

const [id, scenarioId] = process.argv.slice(2)
const WARM_UP = 20_000
const REQUESTS = 2000
const ROUNDS = 9

const app = await build(id)
const { path, ...rest } = scenario(scenarioId)
const send = async (path, cookie) => app.fetch(makeRequest(path, cookie))
const headers = await headersOf({ path, ...rest }, app, send, { isBare: contestant(id).kind === 'bare' })
const make = (count) => Array.from({ length: count }, (_, i) => makeRequest(path, headers[i % headers.length]))

for (const request of make(WARM_UP)) await app.fetch(request)
const rounds = []
for (let round = 0; round < ROUNDS; round++) {
  const requests = make(REQUESTS)
  globalThis.gc()
  const before = process.memoryUsage().heapUsed
  for (const request of requests) await app.fetch(request)
  rounds.push((process.memoryUsage().heapUsed - before) / REQUESTS)
}
process.stdout.write(`${JSON.stringify(summary(rounds))}\n`)
process.exit(0)
