import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, connect as netConnect, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from '../../store-testing/test/free-port.js'
import { RedisServer, until } from './redis-server.js'

/** Until the replica has all that its master has. */
export async function inSync(replica: RedisServer): Promise<void> {
  await until(async () => (await replica.cli('info', 'replication')).includes('master_link_status:up'))
}

/** A master and a replica of it, in sync. */
export async function startPair(): Promise<[master: RedisServer, replica: RedisServer]> {
  const master = await RedisServer.start('--repl-diskless-sync-delay', '0')
  const replica = await RedisServer.start(
    '--repl-diskless-sync-delay',
    '0',
    '--replicaof',
    '127.0.0.1',
    String(master.port),
  )
  await inSync(replica)
  return [master, replica]
}

/** How many bytes of the replication stream a server has. */
async function replicationOffset(server: RedisServer): Promise<string | undefined> {
  return /master_repl_offset:(\d+)/.exec(await server.cli('info', 'replication'))?.[1]
}

/** Makes the replica the master, and the master its replica, once it has all that was written. Connections to both stay. */
export async function failOver(master: RedisServer, replica: RedisServer): Promise<void> {
  await until(async () => (await replicationOffset(replica)) === (await replicationOffset(master)))
  await replica.cli('replicaof', 'no', 'one')
  await master.cli('replicaof', '127.0.0.1', String(replica.port))
  await inSync(master)
}

/** One address for servers that take turns, as managed services have it. Connections stay where they lead to. */
export class MovingAddress {
  target: number
  readonly #server: Server
  readonly #sockets: Set<Socket> = new Set()

  private constructor(target: number) {
    this.target = target
    this.#server = createServer((socket) => {
      const far = netConnect(this.target, '127.0.0.1')
      socket.pipe(far).pipe(socket)
      for (const [one, other] of [
        [socket, far],
        [far, socket],
      ] as const) {
        this.#sockets.add(one)
        one.on('error', () => other.destroy()).on('close', () => other.destroy())
      }
    })
  }

  static async start(target: RedisServer): Promise<MovingAddress> {
    const address = new MovingAddress(target.port)
    address.#server.listen(0, '127.0.0.1')
    await once(address.#server, 'listening')
    return address
  }

  get url(): string {
    const address = this.#server.address()
    return `redis://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`
  }

  stop(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
  }
}

/** A sentinel that watches a master under the name `main`, and decides alone. */
export class Sentinel {
  readonly port: number
  readonly #folder: string
  readonly #process: ChildProcess

  private constructor(port: number, folder: string, process: ChildProcess) {
    this.port = port
    this.#folder = folder
    this.#process = process
  }

  static async start(master: RedisServer): Promise<Sentinel> {
    const [port, folder] = [await freePort(), await mkdtemp(join(tmpdir(), 'fetch-sessions-sentinel-'))]
    const config = join(folder, 'sentinel.conf')
    const lines = [
      'bind 127.0.0.1',
      `port ${port}`,
      `dir ${folder}`,
      `sentinel monitor main 127.0.0.1 ${master.port} 1`,
      'sentinel down-after-milliseconds main 500',
      'sentinel failover-timeout main 4000',
    ]
    await writeFile(config, `${lines.join('\n')}\n`)
    const child = spawn('redis-server', [config, '--sentinel'], { stdio: 'ignore' })
    const sentinel = new Sentinel(port, folder, child)
    const end = () => child.kill('SIGKILL')
    process.once('exit', end)
    child.once('exit', () => process.off('exit', end))
    await until(async () => (await sentinel.cli('sentinel', 'replicas', 'main')).includes('flags'))
    return sentinel
  }

  async cli(...args: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)('redis-cli', ['-p', String(this.port), ...args])
    return stdout.trim()
  }

  async masterPort(): Promise<number> {
    return Number((await this.cli('sentinel', 'get-master-addr-by-name', 'main')).split('\n')[1])
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const exit = once(this.#process, 'exit')
      this.#process.kill('SIGKILL')
      await exit
    }
    await rm(this.#folder, { recursive: true, force: true })
  }
}
