// Where the time goes: `node profile.js hono-ours write` lists the functions by their own time.
import { Session } from 'node:inspector/promises'
import { Measurement } from './in-process/measure.js'

const [id = 'hono-ours', scenarioId = 'read', inFlight = '1'] = process.argv.slice(2)
const LINES = 25

const measurement = new Measurement()
const fault = await measurement.prepare({ id, scenarioId })
if (fault !== undefined) throw new Error(`${id} ${fault}`)
const turn = (ms) => measurement.measure({ inFlight: Number(inFlight), ms })
await turn(1000)

const session = new Session()
session.connect()
await session.post('Profiler.enable')
await session.post('Profiler.setSamplingInterval', { interval: 100 })
await session.post('Profiler.start')
const { cpu } = await turn(4000)
const { profile } = await session.post('Profiler.stop')

const own = new Map()
for (const { callFrame, hitCount } of profile.nodes) {
  const { functionName, url, lineNumber } = callFrame
  const place = `${functionName || '(anonymous)'} ${url.replace(/^.*node_modules\//, '').replace(/^.*\/packages\//, '')}:${lineNumber + 1}`
  own.set(place, (own.get(place) ?? 0) + hitCount)
}
const busy = [...own].filter(([place]) => !/^\((idle|root)\)/.test(place))
const total = busy.reduce((sum, [, hits]) => sum + hits, 0)
console.log(`${id}, ${scenarioId}, ${inFlight} in flight: ${cpu.toFixed(2)} microseconds of processor time a request`)
for (const [place, hits] of busy.sort((a, b) => b[1] - a[1]).slice(0, LINES)) {
  console.log(`${((100 * hits) / total).toFixed(1).padStart(5)} %  ${place}`)
}
process.exit(0)
