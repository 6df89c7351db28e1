import { nodeOn } from './processes/cores.js'
import { WorkerProcess } from './processes/worker-process.js'
const rs = []
for (const v of process.argv[2].split(',')) {
  const server = new WorkerProcess(new URL('hv-server.mjs', import.meta.url), { command: nodeOn.server, args: [v] })
  const clients = new WorkerProcess(new URL('http/clients.js', import.meta.url), { command: nodeOn.clients })
  const { port } = await server.call('listen')
  await clients.call('aim', { port, path: '/read', headers: ['sid=abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz'] })
  await clients.call('run', { connections: 32, ms: 1500 })
  rs.push([v, clients, []])
}
for (let i = 0; i < 9; i++) for (const [, c, t] of rs) { const { count, wall } = await c.call('run', { connections: 32, ms: 300 }); t.push(wall / count) }
const med = (t) => t.slice().sort((a, b) => a - b)[t.length >> 1]
for (const [v, , t] of rs) console.log(v.padEnd(12), med(t).toFixed(1), 'min', Math.min(...t).toFixed(1))
process.exit(0)
