/*
 * What a store with very many sessions costs, beside one with a thousand, in the same run:
 * npx -y pnpm@12 --filter @fetch-sessions/test-trials scale 1000000
 */
import { pathToFileURL } from 'node:url'
import { canStartRedis, RedisServer } from '../../../packages/redis/test/redis-server.js'
import { idOf, type Listed, listWhileOthersWrite, recordOf, tellListed } from './listing.js'
import { findPostgresPrograms, PostgresServer } from './postgres-server.js'
import { type OpenedStore, openStore } from './stores.js'

/** How many sessions the store has that the large one is compared with. */
const FEW = 1000
const CALLS = 5000
const BATCH = 1000
/** How many sessions are listed at a time: in Redis each page is a look at all keys. */
const PAGE = 100_000

/** Times are medians in milliseconds, of calls one after another. */
export interface Figures {
  sessions: number
  load: { few: number; many: number }
  update: { few: number; many: number }
  bytesPerSession: number
  /** Page by page, while others write. */
  listed: Listed
  /** Where the engine does not do it by itself. Times in milliseconds. */
  deleteExpired?: { sessions: number; total: number; longestCall: number }
}

export async function measurePostgres(sessions: number): Promise<Figures> {
  const server = await PostgresServer.start()
  const open = (name: string) => openStore.PostgreSQL({ store: 'PostgreSQL', address: server.url, name })
  const few = await open('few')
  const many = await open('many')
  const lister = await open('many')
  try {
    await few.prepare()
    await many.prepare()
    await fillTable(server, 'few', FEW, 'LIVE')
    await fillTable(server, 'many', sessions, 'LIVE')
    const { rows } = await server.query(`SELECT pg_total_relation_size('many') AS size`)
    const dead = sessions / 5
    const times = await compare(few, many, sessions)
    await fillTable(server, 'many', dead, 'DEAD')
    const deleteExpired = await sweep(many, dead)
    const listed = await listWhileOthersWrite([lister], many, sessions, PAGE)
    return { ...times, bytesPerSession: rows[0].size / sessions, deleteExpired, listed }
  } finally {
    await few.close()
    await many.close()
    await lister.close()
    await server.stop()
  }
}

/** What `create` would write, in one statement. Dead sessions expired at 0, and have other ids. */
async function fillTable(server: PostgresServer, table: string, rows: number, state: 'LIVE' | 'DEAD'): Promise<void> {
  const key = state === 'LIVE' ? `n::text` : `'dead ' || n`
  const id = `rtrim(translate(encode(sha256(convert_to(${key}, 'UTF8')), 'base64'), '+/', '-_'), '=')`
  const { createdAt, expiresAt } = recordOf(0)
  await server.query(`INSERT INTO ${table} (id, data, created_at, expires_at, owner, version)
    SELECT ${id}, '{"userId":"user-' || n / 10 || '","count":7}', ${createdAt}, ${state === 'LIVE' ? expiresAt : 0},
      'user-' || n / 10, 1 FROM generate_series(0, ${rows - 1}) n`)
  await server.query(`VACUUM ANALYZE ${table}`)
}

export async function measureRedis(sessions: number): Promise<Figures> {
  const server = await RedisServer.start()
  const open = (name: string) => openStore.Redis({ store: 'Redis', address: server.url, name })
  const few = await open('few')
  const many = await open('many')
  const lister = await open('many')
  const used = async () => Number((await server.cli('info', 'memory')).match(/used_memory_dataset:(\d+)/)?.[1])
  try {
    await fillStore(few, FEW)
    const before = await used()
    await fillStore(many, sessions)
    const bytesPerSession = ((await used()) - before) / sessions
    const times = await compare(few, many, sessions)
    return { ...times, bytesPerSession, listed: await listWhileOthersWrite([lister], many, sessions, PAGE) }
  } finally {
    await few.close()
    await many.close()
    await lister.close()
    await server.stop()
  }
}

async function fillStore({ store }: OpenedStore, sessions: number): Promise<void> {
  for (let n = 0; n < sessions; n += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, sessions - n) }, (_, i) => n + i)
    await Promise.all(batch.map((n) => store.create(idOf(n), recordOf(n))))
  }
}

/** Calls both by turns, so that whatever else the machine does falls on both. */
async function compare(
  few: OpenedStore,
  many: OpenedStore,
  sessions: number,
): Promise<Omit<Figures, 'bytesPerSession' | 'listed'>> {
  const loads: Record<'few' | 'many', number[]> = { few: [], many: [] }
  const updates: Record<'few' | 'many', number[]> = { few: [], many: [] }
  const callEach = async (size: 'few' | 'many', { store }: OpenedStore, id: string): Promise<void> => {
    let started = performance.now()
    const record = await store.load(id)
    loads[size].push(performance.now() - started)
    if (record === undefined) throw new Error('A session is missing')
    started = performance.now()
    const isUpdated = await store.update(id, { ...record, version: record.version + 1 })
    updates[size].push(performance.now() - started)
    if (!isUpdated) throw new Error('A session was not updated')
  }
  for (let call = 0; call < CALLS; call++) {
    await callEach('few', few, idOf(Math.floor(Math.random() * FEW)))
    await callEach('many', many, idOf(Math.floor(Math.random() * sessions)))
  }
  return {
    sessions,
    load: { few: median(loads.few), many: median(loads.many) },
    update: { few: median(updates.few), many: median(updates.many) },
  }
}

async function sweep({ store }: OpenedStore, expected: number): Promise<Figures['deleteExpired'] & object> {
  const started = performance.now()
  let sessions = 0
  let longestCall = 0
  for (let count = BATCH; count === BATCH; sessions += count) {
    const called = performance.now()
    count = (await store.deleteExpired?.(Date.now(), BATCH)) ?? 0
    longestCall = Math.max(longestCall, performance.now() - called)
  }
  if (sessions !== expected) throw new Error(`${sessions} of ${expected} expired sessions were removed`)
  return { sessions, total: performance.now() - started, longestCall }
}

const median = (times: number[]): number => times.sort((a, b) => a - b)[Math.floor(times.length / 2)] as number

function report(engine: string, { sessions, load, update, bytesPerSession, deleteExpired, listed }: Figures): void {
  const times = ({ few, many }: { few: number; many: number }) =>
    `${many.toFixed(2)} ms (with ${FEW}: ${few.toFixed(2)} ms, ratio ${(many / few).toFixed(2)})`
  console.log(`${engine} with ${sessions} sessions`)
  console.log(`  load    ${times(load)}`)
  console.log(`  update  ${times(update)}`)
  console.log(`  bytes per session  ${Math.round(bytesPerSession)}`)
  console.log(`  ${tellListed('list', listed)}`)
  if (deleteExpired === undefined) return
  const { sessions: dead, total, longestCall } = deleteExpired
  console.log(
    `  deleteExpired of ${dead}, ${BATCH} at a time: ${(total / 1000).toFixed(1)} s, longest call ${longestCall.toFixed(0)} ms`,
  )
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const sessions = Number(process.argv[2] ?? 1_000_000)
  if (await findPostgresPrograms()) report('PostgreSQL', await measurePostgres(sessions))
  if (await canStartRedis()) report('Redis', await measureRedis(sessions))
}
