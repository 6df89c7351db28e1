import { type ChildProcess, fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { scenarios } from './scenarios.js'
import { connectRedis } from './stores/redis-engine.js'
import { scenariosOf, storeNames } from './stores/stores.js'
import type { Done, Job } from './work.js'
import { writeRuns } from './write-runs.js'

/**
 * All of it, in two processes side by side, and RUNS.md of what it was: `tsx src/whole.ts 100000 60 "a sign-in"`. Each
 * scenario ends after so many runs or seconds; with a part of a name, only those scenarios, and nothing is written.
 */
const [, , runs = '100000', seconds = '10', filter = ''] = process.argv
const limits = { runs: Number(runs), seconds: Number(seconds) }

const redis = await connectRedis()
redis?.disconnect()
if (redis === undefined) console.warn('Redis is out of reach: its part is left out')
const stores = storeNames.filter((name) => name !== 'Redis' || redis !== undefined)
const jobs: Job[] = [
  ...scenarios.map(({ name }) => ({ store: undefined, name })),
  ...stores.flatMap((store) => scenariosOf(store).map(({ name }) => ({ store, name }))),
]
  .filter(({ name }) => name.includes(filter))
  .flatMap((job) => [0, 1].map((failures) => ({ ...job, failures, limits })))

const started = performance.now()
const done: Done[] = []
const waiting = [...jobs]

function workOn(worker: ChildProcess): void {
  const job = waiting.shift()
  if (job === undefined) worker.disconnect()
  else worker.send(job)
}

const workers = Array.from({ length: Math.min(2, availableParallelism()) }, () => {
  const worker = fork(fileURLToPath(new URL('work.ts', import.meta.url)))
  worker.on('message', (one: Done) => {
    done.push(one)
    const { store, name, failures, made, isAll, milliseconds, broken } = one
    const what = `${store ?? 'core'}: ${name}${failures > 0 ? ', with one failure' : ''}`
    console.log(
      `${done.length}/${jobs.length} ${what}: ${made}${isAll ? '' : ', not all'}, ${Math.round(milliseconds)} ms`,
    )
    if (broken !== undefined) console.error(broken)
    workOn(worker)
  })
  workOn(worker)
  return new Promise<number | null>((resolve) => worker.on('exit', resolve))
})
const codes = await Promise.all(workers)
if (codes.some((code) => code !== 0) || done.length < jobs.length) throw new Error('Not all of it was explored')
const placeOf = (one: Done): number =>
  jobs.findIndex((job) => job.store === one.store && job.name === one.name && job.failures === one.failures)
done.sort((a, b) => placeOf(a) - placeOf(b))
if (filter === '') await writeRuns(done, { limits, milliseconds: performance.now() - started })
if (done.some(({ broken }) => broken !== undefined)) process.exitCode = 1
