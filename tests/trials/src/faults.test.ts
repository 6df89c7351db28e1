import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, type TestContext } from 'vitest'
import { canStartRedis, RedisServer } from '../../../packages/redis/test/redis-server.js'
import { hasBetterSqlite3 } from '../../../packages/sql/test/better-sqlite3.js'
import { newName } from './engines.js'
import { Load } from './load.js'
import { findPostgresPrograms, PostgresServer } from './postgres-server.js'
import type { ServerProcesses } from './server-processes.js'
import { serversAt, serversFor, signIn, total } from './trial.js'
import { Visitor } from './visitor.js'

/** Each with a session and a request of its own under way. */
const VISITORS = 12

interface Engine {
  kill(): Promise<void>
  restart(): Promise<void>
  pause(): unknown
  resume(): unknown
  stop(): Promise<void>
  url: string
  /** Ends the connections of all clients but its own. */
  reset(): Promise<unknown>
  refuseWrites(): Promise<unknown>
  takeWrites(): Promise<unknown>
}

/** Engines of the trial's own, whose success means that the disk has it. */
const engines: Record<'Redis' | 'PostgreSQL', () => Promise<Engine | undefined>> = {
  async Redis() {
    if (!(await canStartRedis())) return undefined
    const server = await RedisServer.start('--appendonly', 'yes', '--appendfsync', 'always')
    return Object.assign(server, {
      reset: () => server.cli('client', 'kill', 'type', 'normal', 'skipme', 'yes'),
      refuseWrites: () => server.cli('config', 'set', 'min-replicas-to-write', '1'),
      takeWrites: () => server.cli('config', 'set', 'min-replicas-to-write', '0'),
    })
  },

  async PostgreSQL() {
    if ((await findPostgresPrograms()) === undefined) return undefined
    const server = await PostgresServer.start()
    const setReadOnly = async (value: 'on' | 'off') => {
      await server.query(`ALTER SYSTEM SET default_transaction_read_only = ${value}`)
      await server.query('SELECT pg_reload_conf()')
    }
    return Object.assign(server, {
      reset: () =>
        server.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'`,
        ),
      refuseWrites: () => setReadOnly('on'),
      takeWrites: () => setReadOnly('off'),
    })
  },
}

/** What goes wrong, and what ends it. Between the two each visitor has had failures. */
const faults: Record<string, (engine: Engine) => [start: () => unknown, end: () => unknown]> = {
  'is killed and started anew': (engine) => [() => engine.kill(), () => engine.restart()],
  'hangs, and goes on': (engine) => [() => engine.pause(), () => engine.resume()],
  'takes no writes, as with a full disk or a replica': (engine) => [
    () => engine.refuseWrites(),
    () => engine.takeWrites(),
  ],
}

describe.for(Object.keys(engines) as (keyof typeof engines)[])('under load, when %s', (store) => {
  const start = async (skip: TestContext['skip']): Promise<[Engine, ServerProcesses]> => {
    const engine = (await engines[store]()) ?? skip(`${store} can't be started here`)
    return [engine, await serversAt(engine, { store, address: engine.url, name: newName() })]
  }

  it.for(Object.entries(faults))('%s, no success is lost and nobody is signed out', async ([, fault], { skip }) => {
    const [engine, servers] = await start(skip)
    const visitors = await signIn(servers.urls, VISITORS)
    const load = new Load(servers.urls, visitors, () => '/increment')
    await load.untilEach('success', 10)
    const [begin, end] = fault(engine)
    await begin()
    await load.untilEach('failure', 3)
    await end()
    await load.untilEach('success', 10)
    await load.stop()
    await expectAllKept(servers, visitors)
  })

  it('resets all connections again and again, no success is lost and nobody is signed out', async ({ skip }) => {
    const [engine, servers] = await start(skip)
    const visitors = await signIn(servers.urls, VISITORS)
    const load = new Load(servers.urls, visitors, () => '/increment')
    for (let i = 0; i < 5; i++) {
      await load.untilEach('success', 5)
      await engine.reset()
    }
    await load.untilEach('success', 5)
    await load.stop()
    await expectAllKept(servers, visitors)
  })

  it('takes no writes, a session can still be read', async ({ skip }) => {
    const [engine, servers] = await start(skip)
    const visitors = await signIn(servers.urls, VISITORS)
    await engine.refuseWrites()
    const load = new Load(servers.urls, visitors, () => '/')
    await load.untilEach('success', 5)
    await load.stop()
    expect(total(visitors, 'failure')).toBe(0)
    await engine.takeWrites()
  })
})

describe('under load, when an SQLite file', () => {
  it('may not grow, new sessions fail, and the others go on', async ({ skip }) => {
    if (!hasBetterSqlite3) skip('better-sqlite3 has no binding')
    const folder = await mkdtemp(join(tmpdir(), 'fetch-sessions-full-'))
    const engine = { stop: () => rm(folder, { recursive: true }) }
    const place = { store: 'SQLite', address: join(folder, 'sessions.db'), name: newName(), maxPages: 100 } as const
    const servers = await serversAt(engine, place)
    const [url] = servers.urls as [string]
    const visitors = await signIn(servers.urls, VISITORS)
    const load = new Load(servers.urls, visitors, () => '/increment')

    const signedIn = async (length: number): Promise<Visitor | undefined> => {
      const visitor = new Visitor()
      return (await visitor.request(url, `/sign-in?length=${length}`)) === 'success' ? visitor : undefined
    }
    const large = await signedIn(100_000)
    while (await signedIn(10_000));
    while (await signedIn(1000));
    await load.untilEach('success', 5)
    expect(await large?.request(url, '/sign-out')).toBe('success')
    expect(await signedIn(50_000)).toBeDefined()
    await load.stop()
    await expectAllKept(servers, visitors)
  })
})

describe('under load, when a process of the application is killed', () => {
  it.for(['Redis', 'PostgreSQL', 'MariaDB', 'SQLite'] as const)('in %s no success is lost', async (store, { skip }) => {
    const servers = (await serversFor(store)) ?? skip(`${store} is missing`)
    const visitors = await signIn(servers.urls, VISITORS)
    const load = new Load(servers.urls, visitors, () => '/increment')
    await load.untilEach('success', 10)
    await servers.kill(0)
    await load.untilEach('no answer', 1)
    await load.untilEach('success', 10)
    await load.stop()
    await expectAllKept(servers, visitors, servers.urls.slice(1))
  })
})

/**
 * A success is in the store for good. A failure may be: the store may have done what its answer did not reach us of.
 * Whoever had a session has the same one.
 */
async function expectAllKept(servers: ServerProcesses, visitors: Visitor[], urls = servers.urls): Promise<void> {
  if (urls === servers.urls) expect(servers.areAllRunning).toBe(true)
  expect(total(visitors, 'signed out')).toBe(0)
  for (const visitor of visitors) {
    const { id } = visitor.seen ?? {}
    const { success, failure, 'no answer': unanswered } = visitor.outcomes
    const successes = success - 1 // the sign-in
    expect(visitor.cookies).toHaveLength(1)
    for (const url of urls) {
      const reader = new Visitor(visitor.cookies[0])
      expect(await reader.request(url, '/')).toBe('success')
      expect(reader.seen?.id).toBe(id)
      expect(reader.seen?.count).toBeGreaterThanOrEqual(successes)
      expect(reader.seen?.count).toBeLessThanOrEqual(successes + failure + unanswered)
    }
  }
  console.info(
    `${visitors.length} visitors: ${total(visitors, 'success')} successes, ${total(visitors, 'failure')} failures`,
  )
}
