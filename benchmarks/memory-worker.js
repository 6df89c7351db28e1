// What sessions cost in memory, in a process of its own with --expose-gc.
import { randomBytes } from 'node:crypto'
import process from 'node:process'
import { MemoryStore, SessionManager } from '@fetch-sessions/core'
import { SECRET } from './contestants/visit.js'
import { inParallel } from './processes/in-parallel.js'

const DAY = 86_400_000
const BATCH = 1000

const { live, churn } = JSON.parse(process.argv[2])
const clock = { now: Date.now() }
const outcome = {
  perSession: {
    small: await bytesPerSession({ count: 1 }),
    hundred: await bytesPerSession({ count: 1, pad: 'x'.repeat(80) }),
  },
  comesBack: await shareThatComesBack(),
  churn: await heapDuringChurn(),
}
process.stdout.write(`${JSON.stringify(outcome)}\n`)

function setUp(options) {
  const store = new MemoryStore({ maxSessions: 10 * live, ...options })
  return { store, sessions: new SessionManager({ store, secret: SECRET, now: () => clock.now }) }
}

function heapUsed() {
  for (let i = 0; i < 3; i++) globalThis.gc()
  return process.memoryUsage().heapUsed
}

async function issue(sessions, count, data) {
  await inParallel(32, Array.from({ length: count }), async () => void (await sessions.issue(data)))
}

/** By a manager's own way of making them, what it keeps besides included. */
async function bytesPerSession(data) {
  const { store, sessions } = setUp()
  await issue(sessions, BATCH, data)
  const before = heapUsed()
  await issue(sessions, live, data)
  const bytes = (heapUsed() - before) / live
  if (store.size !== live + BATCH) throw new Error('The store has lost sessions')
  return bytes
}

/** All sessions expire; then a few visitors come. */
async function shareThatComesBack() {
  const { store, sessions } = setUp()
  await issue(sessions, BATCH, { count: 1 })
  const before = heapUsed()
  await issue(sessions, live, { count: 1 })
  const full = heapUsed()
  clock.now += 40 * DAY
  const visitors = Math.round(live / 100)
  await issue(sessions, visitors, { count: 1 })
  return { sessions: live, visitors, share: (full - heapUsed()) / (full - before), left: store.size }
}

/** Sessions come and go, a hundredth of them alive at a time. Heap bytes after each quarter. */
async function heapDuringChurn() {
  const alive = Math.max(BATCH, Math.round(churn / 100))
  const store = new MemoryStore({ maxSessions: churn, now: () => clock.now })
  const heap = []
  for (let made = 0; made < churn; made++) {
    clock.now++
    const createdAt = clock.now
    const record = {
      data: JSON.stringify({ count: made }),
      createdAt,
      expiresAt: createdAt + alive,
      owner: undefined,
      version: 1,
    }
    store.create(randomBytes(32).toString('base64url'), record)
    if ((made + 1) % Math.ceil(churn / 4) === 0) heap.push(heapUsed())
  }
  return { sessions: churn, alive, heap, left: store.size }
}
