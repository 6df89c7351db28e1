import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from '../../store-testing/test/free-port.js'
import { findServer } from '../../store-testing/test/server.js'

/** How long a server may take to come up, in milliseconds. */
const PATIENCE = 20_000

/** The Redis that is there already, or `undefined` after saying that there is none. */
export function findRedis(): Promise<string | undefined> {
  return findServer('Redis', 'REDIS_URL', 'redis://127.0.0.1:6379')
}

/**
 * Whether this machine can start Redis servers of its own. If not, says so; the tests are then to be skipped. Throws
 * under `CI=true` instead, as `findServer` does.
 */
export async function canStartRedis(): Promise<boolean> {
  try {
    await promisify(execFile)('redis-server', ['--version'])
    return true
  } catch (cause) {
    const problem = 'redis-server is not installed'
    if (process.env.CI === 'true') throw new Error(problem, { cause })
    console.warn(`Skipped: ${problem}`)
    return false
  }
}

/** A Redis of the test's own, on the loopback and a free port. It keeps what it has on disk until it is stopped. */
export class RedisServer {
  readonly port: number
  readonly #folder: string
  readonly #options: readonly string[]
  #process: ChildProcess

  private constructor(port: number, folder: string, options: readonly string[]) {
    this.port = port
    this.#folder = folder
    this.#options = options
    this.#process = this.#spawn()
  }

  static async start(...options: string[]): Promise<RedisServer> {
    const folder = await mkdtemp(join(tmpdir(), 'fetch-sessions-redis-'))
    const server = new RedisServer(await freePort(), folder, options)
    try {
      await server.#isUp()
      return server
    } catch (error) {
      await server.stop()
      throw error
    }
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  /** What redis-cli prints. */
  async cli(...args: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)('redis-cli', ['-p', String(this.port), ...args])
    return stdout.trim()
  }

  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const exit = once(this.#process, 'exit')
    this.#process.kill(signal)
    await exit
  }

  async restart(): Promise<void> {
    await this.kill()
    this.#process = this.#spawn()
    await this.#isUp()
  }

  /** Answers nothing until it is resumed, as if it hung. */
  pause(): void {
    this.#process.kill('SIGSTOP')
  }

  resume(): void {
    this.#process.kill('SIGCONT')
  }

  async stop(): Promise<void> {
    await this.kill()
    await rm(this.#folder, { recursive: true, force: true })
  }

  #spawn(): ChildProcess {
    const options = ['--bind', '127.0.0.1', '--port', String(this.port), '--dir', this.#folder, '--save', '']
    const child = spawn('redis-server', [...options, ...this.#options], { stdio: 'ignore' })
    const end = () => child.kill('SIGKILL')
    process.once('exit', end)
    child.once('exit', () => process.off('exit', end))
    return child
  }

  async #isUp(): Promise<void> {
    await until(async () => (await this.cli('ping')) === 'PONG')
  }
}

/** Three masters, each with a third of the slots. */
export class RedisClusterServers {
  readonly servers: readonly RedisServer[]
  /** One for each master, in the same order, or none. */
  readonly replicas: readonly RedisServer[]

  private constructor(servers: readonly RedisServer[], replicas: readonly RedisServer[]) {
    this.servers = servers
    this.replicas = replicas
  }

  static async start({ withReplicas = false }: { withReplicas?: boolean } = {}): Promise<RedisClusterServers> {
    const [servers, replicas]: [RedisServer[], RedisServer[]] = [[], []]
    const cluster = new RedisClusterServers(servers, replicas)
    try {
      for (let i = 0; i < 3; i++) servers.push(await startMaster(withReplicas ? 1000 : 5000))
      for (let i = 0; withReplicas && i < 3; i++) replicas.push(await startMaster(1000))
      for (const [i, server] of servers.entries()) {
        const [from, to] = [i, i + 1].map((part) => Math.ceil((16_384 * part) / 3))
        await server.cli('cluster', 'addslotsrange', String(from), String(Number(to) - 1))
        await server.cli('cluster', 'set-config-epoch', String(i + 1))
      }
      for (const server of [...servers, ...replicas]) {
        const bus = (await server.cli('config', 'get', 'cluster-port')).split('\n').pop() ?? ''
        await servers[0]?.cli('cluster', 'meet', '127.0.0.1', String(server.port), bus)
      }
      for (const server of servers) {
        await until(async () => {
          const info = await server.cli('cluster', 'info')
          const known = `cluster_known_nodes:${servers.length + replicas.length}`
          return info.includes('cluster_state:ok') && info.includes(known)
        })
      }
      for (const [i, replica] of replicas.entries()) {
        const master = (await servers[i]?.cli('cluster', 'myid')) ?? ''
        await until(async () => (await replica.cli('cluster', 'replicate', master)) === 'OK')
        await until(async () => (await replica.cli('info', 'replication')).includes('master_link_status:up'))
      }
      return cluster
    } catch (error) {
      await cluster.stop()
      throw error
    }
  }

  get urls(): string[] {
    return this.servers.map(({ url }) => url)
  }

  async stop(): Promise<void> {
    await Promise.all([...this.servers, ...this.replicas].map((server) => server.stop()))
  }
}

async function startMaster(timeout: number): Promise<RedisServer> {
  const bus = await freePort()
  return RedisServer.start(
    ...['--cluster-enabled', 'yes', '--cluster-port', String(bus), '--repl-diskless-sync-delay', '0'],
    ...['--cluster-node-timeout', String(timeout), '--cluster-replica-validity-factor', '0'],
  )
}

/** Asks again and again until it is so, for so many milliseconds. */
export async function until(isSo: () => Promise<boolean>, patience: number = PATIENCE): Promise<void> {
  const end = Date.now() + patience
  for (;;) {
    if (await isSo().catch(() => false)) return
    if (Date.now() > end) throw new Error(`Not so within ${patience} ms: ${isSo}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
