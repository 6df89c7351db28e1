import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, type TestContext } from 'vitest'
import { canStartRedis, RedisServer } from '../../../packages/redis/test/redis-server.js'
import type { AppName } from './apps.js'
import { Browser } from './browser.js'
import { newName } from './engines.js'
import type { Done } from './exclusive-app.js'
import { findPostgresPrograms, PostgresServer } from './postgres-server.js'
import { roomsOf } from './room.js'
import type { ServerProcesses } from './server-processes.js'
import { serversAt, serversFor } from './trial.js'

const APPS: AppName[] = ['exclusive', 'exclusive', 'exclusive']

const SESSIONS = 2
const BROWSERS = 6
const WORKS = 8

/** Seconds. */
const HOLD = 3
const PATIENCE = 60

describe('work at a session alone, from three processes', () => {
  const stores = ['Redis', 'PostgreSQL', 'MariaDB', 'SQLite'] as const

  it.for(stores)('in %s is never done by two at once, and none of it is lost', async (store, { skip }) => {
    const servers = (await serversFor(store, APPS)) ?? skip(`${store} is missing`)
    cleanRoomsOf(servers)
    const started = performance.now()
    const waits: number[] = []
    for (const [, cookie] of await signInTo(servers, SESSIONS)) {
      const browsers = Array.from({ length: BROWSERS }, () => new Browser(cookie))
      await Promise.all(
        browsers.map(async (browser, i) => {
          const url = servers.urls[i % 3] as string
          for (let n = 0; n < WORKS; n++) {
            const [work, note] = await Promise.all([
              browser.send<Done>(url, `/work?ms=5&wait=${PATIENCE}&hold=30`),
              browser.send<Done>(url, '/note'),
            ])
            expect([work.status, work.text]).toEqual([200, expect.any(String)])
            expect(note.status).toBe(200)
            waits.push(work.body?.waited ?? 0)
          }
        }),
      )
      const { body } = await new Browser(cookie).send<Done>(servers.urls[0] as string, '/note')
      expect(body).toMatchObject({ works: BROWSERS * WORKS, notes: BROWSERS * WORKS + 2 })
    }
    const ms = Math.round(performance.now() - started)
    const longest = Math.round(Math.max(...waits))
    console.info(
      `${store}: ${waits.length} works alone in ${SESSIONS} sessions, and as many notes beside, in ${ms} ms; none at once; longest wait ${longest} ms`,
    )
  })

  it.for(stores)('in %s goes on after `hold` where a process is killed at it', async (store, { skip }) => {
    const servers = (await serversFor(store, APPS)) ?? skip(`${store} is missing`)
    cleanRoomsOf(servers)
    const [[id, cookie]] = (await signInTo(servers, 1)) as [[string, string]]
    const [url, ...others] = servers.urls as [string, string, string]
    const lost = new Browser(cookie).send(url, `/work?ms=60000&wait=1&hold=${HOLD}`).catch(() => 'no answer')
    await untilEntered(servers, id)
    const waiting = others.map((other) =>
      new Browser(cookie).send<Done>(other, `/work?ms=5&wait=${3 * HOLD}&hold=${HOLD}`),
    )
    await servers.kill(0)
    const killed = performance.now()
    expect(await lost).toBe('no answer')
    const answers = await Promise.all(waiting)
    const waited = Math.round(performance.now() - killed)
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    expect(answers.filter(({ body }) => body?.died !== undefined)).toHaveLength(1)
    expect(answers.map(({ body }) => body?.works).sort()).toEqual([1, 2])
    console.info(`${store}: a killed holder of ${HOLD} s was followed after ${waited} ms by two others, one by one`)
  })
})

const engines = {
  Redis: async () =>
    (await canStartRedis()) ? RedisServer.start('--appendonly', 'yes', '--appendfsync', 'always') : undefined,
  PostgreSQL: async () => ((await findPostgresPrograms()) ? PostgresServer.start() : undefined),
}

describe('work at a session alone, when the engine is killed in the middle of it', () => {
  const start = async (store: keyof typeof engines, skip: TestContext['skip']) => {
    const engine = (await engines[store]()) ?? skip(`${store} can't be started here`)
    const servers = await serversAt(engine, { store, address: engine.url, name: newName() }, APPS)
    cleanRoomsOf(servers)
    return { engine, servers }
  }

  it.for(['Redis', 'PostgreSQL'] as const)(
    '%s: is an error, and never done by two at once',
    async (store, { skip }) => {
      const { engine, servers } = await start(store, skip)
      const [[id, cookie]] = (await signInTo(servers, 1)) as [[string, string]]
      const workers = Array.from({ length: 6 }, (_, i) => new Worker(servers.urls[i % 3] as string, cookie))
      const load = workers.map((worker) => worker.run())
      await untilEach(workers, 'done', 2)
      await untilEntered(servers, id)
      await engine.kill()
      await untilEach(workers, 'failed', 2)
      await engine.restart()
      const back = performance.now()
      await untilEach(workers, 'done', 1)
      const waited = Math.round(performance.now() - back)
      await untilEach(workers, 'done', 2)
      for (const worker of workers) worker.isOver = true
      await Promise.all(load)
      const [done, failed] = [sum(workers, 'done'), sum(workers, 'failed')]
      const { body } = await new Browser(cookie).send<Done>(servers.urls[0] as string, '/note')
      // A failed answer may have been stored all the same.
      expect(body?.works).toBeGreaterThanOrEqual(done)
      expect(body?.works).toBeLessThanOrEqual(done + failed)
      expect(body?.id).toBe(id)
      console.info(
        `${store}: ${done} works alone, ${failed} failures while it was down; none at once; each of ${workers.length} went on within ${waited} ms of its return`,
      )
    },
  )
})

/** Asks for work again and again. What fails has to be a plain 500 without a cookie. */
class Worker {
  readonly done: true[] = []
  readonly failed: true[] = []
  isOver = false
  readonly #url: string
  readonly #browser: Browser

  constructor(url: string, cookie: string) {
    this.#url = url
    this.#browser = new Browser(cookie)
  }

  async run(): Promise<void> {
    while (!this.isOver) {
      const { status, text, setCookie } = await this.#browser.send(
        this.#url,
        `/work?ms=20&wait=${5 * HOLD}&hold=${HOLD}`,
      )
      if (status !== 200) expect([status, text, setCookie]).toEqual([500, 'Internal Server Error', undefined])
      this[status === 200 ? 'done' : 'failed'].push(true)
    }
  }
}

const sum = (workers: Worker[], outcome: 'done' | 'failed') =>
  workers.reduce((sum, worker) => sum + worker[outcome].length, 0)

async function untilEach(workers: Worker[], outcome: 'done' | 'failed', times: number): Promise<void> {
  const goals = workers.map((worker) => worker[outcome].length + times)
  await expect
    .poll(() => workers.every((worker, i) => worker[outcome].length >= (goals[i] as number)), {
      timeout: PATIENCE * 1000,
      interval: 5,
    })
    .toBe(true)
}

/** Until somebody is at work at this session. */
async function untilEntered({ place }: ServerProcesses, id: string): Promise<void> {
  await expect.poll(() => existsSync(join(roomsOf(place.name), id)), { timeout: 20_000, interval: 1 }).toBe(true)
}

/** Id and cookie of new sessions. */
async function signInTo({ urls }: ServerProcesses, count: number): Promise<[id: string, cookie: string][]> {
  const sessions: [string, string][] = []
  for (let i = 0; i < count; i++) {
    const browser = new Browser()
    const { body } = await browser.send<Done>(urls[i % urls.length] as string, '/note')
    sessions.push([body?.id as string, browser.cookie as string])
  }
  return sessions
}

function cleanRoomsOf({ place }: ServerProcesses): void {
  onTestFinished(() => rm(roomsOf(place.name), { recursive: true, force: true }))
}
