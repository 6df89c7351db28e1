// Takes one contestant's turns over HTTP: a server in a fresh process, and clients in another, which is the same for all.
import { contestant } from '../contestants/index.js'
import { nodeOnOneCore } from '../processes/cores.js'
import { WorkerProcess } from '../processes/worker-process.js'
import { findFault, headersOf } from '../visitor.js'

const SERVER = new URL('server.js', import.meta.url)
const CLIENTS = new URL('clients.js', import.meta.url)

/** How many times its time warming up may take to get its requests answered: some are very slow. */
const PATIENCE = 4

let clients

/** `count`: of how many visitors. `leadInMs`: of each turn, before anything counts. */
export function httpRunner(id, { path, ...scenario }, { ms, leadInMs, warmUpMs, warmUpRequests, count }) {
  const isBare = contestant(id).kind === 'bare'
  const server = new WorkerProcess(SERVER, { command: nodeOnOneCore, args: [id] })
  clients ??= new WorkerProcess(CLIENTS, { command: nodeOnOneCore })
  let port
  const turn = async (connections, duration) => {
    const cpuBefore = await server.call('cpu')
    const { count, wall } = await clients.call('run', { port, connections, ms: duration })
    return { wall: wall / count, cpu: ((await server.call('cpu')) - cpuBefore) / count }
  }
  return {
    async prepare() {
      const listening = await server.call('listen')
      const { canSeed } = listening
      port = listening.port
      const send = (route, cookie) =>
        fetch(`http://127.0.0.1:${port}${route}`, cookie === undefined ? undefined : { headers: { cookie } })
      const fault = await findFault(send, { isBare })
      if (fault !== undefined) return fault
      if (count !== undefined && !canSeed && !isBare) return 'would take too long to fill'
      const app = canSeed ? { seed: (number) => server.call('seed', number) } : {}
      const headers = await headersOf(scenario, app, send, { isBare, count })
      await clients.call('aim', { port, path, headers })
      await clients.call('askAll', { port })
      return undefined
    },
    /** By its processor's time and by requests, not by the clock: a busy machine must not leave it cold. */
    async warmUp(connections) {
      for (let cpu = 0, answered = 0; cpu < warmUpMs * 1000 || answered < warmUpRequests; ) {
        const { wall, cpu: each } = await turn(connections, ms)
        const count = (ms * 1000) / wall
        answered += count
        cpu += each * count
        if (cpu > warmUpMs * PATIENCE * 1000) return
      }
    },
    async turn(connections) {
      await turn(connections, leadInMs)
      return turn(connections, ms)
    },
    stop() {
      server.stop()
      clients.call('forget', { port }).catch(() => {})
    },
  }
}
