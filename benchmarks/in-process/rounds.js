// Takes contestants through interleaved rounds, each in a fresh process.
import { WorkerProcess } from './worker-process.js'

/**
 * @param entries - `{ key, prepare, inFlight }`: what `Measurement.prepare` gets, and the levels that are measured
 * @returns by key: `{ fault }`, or `{ times }`, which are microseconds per request by level and round
 */
export async function measureInRounds(entries, { rounds, ms, warmUpMs, start = () => new WorkerProcess() }) {
  const workers = new Map()
  const results = new Map()
  try {
    // Two at once: setting up is not timed.
    await inParallel(2, entries, async ({ key, prepare, inFlight }) => {
      const worker = start()
      workers.set(key, worker)
      const fault = await worker.call('prepare', prepare)
      results.set(key, fault === null ? { times: Object.fromEntries(inFlight.map((n) => [n, []])) } : { fault })
      if (fault !== null) return
      for (const level of inFlight) await worker.call('measure', { inFlight: level, ms: warmUpMs })
    })
    const timed = entries.filter(({ key }) => results.get(key).fault === undefined)
    for (let round = 0; round < rounds; round++) {
      for (const { key, inFlight } of timed) {
        for (const level of inFlight) {
          results.get(key).times[level].push(await workers.get(key).call('measure', { inFlight: level, ms }))
        }
      }
    }
  } finally {
    for (const worker of workers.values()) worker.stop()
  }
  return results
}

async function inParallel(limit, items, work) {
  let next = 0
  const lane = async () => {
    while (next < items.length) await work(items[next++])
  }
  await Promise.all(Array.from({ length: limit }, lane))
}
