// Takes one contestant's turns in a fresh process.
import { WorkerProcess } from '../processes/worker-process.js'

const WORKER = new URL('worker.js', import.meta.url)

/**
 * @param preparation - what `Measurement.prepare` gets
 * @param isWhole - whether making the requests counts as well
 * @param command - starts the runtime; Node if left out
 * @param file - URL of the worker, where it had to be bundled
 */
export function inProcessRunner(preparation, { ms, warmUpMs, warmUpRequests, isWhole, command, file = WORKER }) {
  const worker = new WorkerProcess(file, { command })
  return {
    prepare: () => worker.call('prepare', preparation),
    warmUp: (inFlight) => worker.call('measure', { inFlight, ms: warmUpMs, requests: warmUpRequests, isWhole }),
    turn: (inFlight) => worker.call('measure', { inFlight, ms, isWhole }),
    stop: () => worker.stop(),
  }
}
