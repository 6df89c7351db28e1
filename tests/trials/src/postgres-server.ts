import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chown, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { until } from '../../../packages/redis/test/redis-server.js'
import { freePort } from '../../../packages/store-testing/test/free-port.js'

const run = promisify(execFile)

/** Whom PostgreSQL's programs run as: they refuse root. */
type Account = { uid: number; gid: number } | Record<string, never>

/**
 * Where PostgreSQL's programs are, and whom they run as; `undefined` if there are none, after saying so. Under
 * `CI=true` that is an error.
 */
export async function findPostgresPrograms(): Promise<{ folder: string; account: Account } | undefined> {
  try {
    const root = '/usr/lib/postgresql'
    const version = (await readdir(root)).sort((a, b) => Number(a) - Number(b)).at(-1) as string
    return { folder: join(root, version, 'bin'), account: process.getuid?.() === 0 ? await accountOf('postgres') : {} }
  } catch (cause) {
    const problem = 'PostgreSQL’s initdb is not in /usr/lib/postgresql, or root has no account "postgres" to run it as'
    if (process.env.CI === 'true') throw new Error(problem, { cause })
    console.warn(`Skipped: ${problem}`)
    return undefined
  }
}

async function accountOf(name: string): Promise<Account> {
  const [uid, gid] = await Promise.all(['-u', '-g'].map(async (flag) => Number((await run('id', [flag, name])).stdout)))
  return { uid: uid as number, gid: gid as number }
}

/** A PostgreSQL of the trial's own, on the loopback and a free port. What it has answered is on its disk. */
export class PostgresServer {
  readonly url: string
  readonly #port: number
  readonly #folder: string
  readonly #programs: string
  readonly #account: Account
  #process: ChildProcess | undefined

  private constructor(port: number, folder: string, programs: string, account: Account) {
    this.url = `postgres://postgres@127.0.0.1:${port}/postgres`
    this.#port = port
    this.#folder = folder
    this.#programs = programs
    this.#account = account
  }

  static async start(): Promise<PostgresServer> {
    const programs = await findPostgresPrograms()
    if (programs === undefined) throw new Error('There is no PostgreSQL to start')
    const { folder: binaries, account } = programs
    const folder = await mkdtemp(join(tmpdir(), 'fetch-sessions-postgres-'))
    const server = new PostgresServer(await freePort(), folder, binaries, account)
    try {
      if (account.uid !== undefined) await chown(folder, account.uid, account.gid as number)
      await run(join(binaries, 'initdb'), ['-D', folder, '-U', 'postgres', '-A', 'trust', '-N'], { ...account })
      await server.restart()
      return server
    } catch (error) {
      await server.stop()
      throw error
    }
  }

  /** One statement, on a connection of its own. */
  async query(statement: string): Promise<pg.QueryResult> {
    const client = new pg.Client({ connectionString: this.url })
    await client.connect()
    try {
      return await client.query(statement)
    } finally {
      await client.end()
    }
  }

  /** Ends all its processes at once, as a power cut does. */
  async kill(): Promise<void> {
    const server = this.#process
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return
    const exit = once(server, 'exit')
    await this.#signal('SIGKILL')
    await exit
  }

  async restart(): Promise<void> {
    await this.kill()
    // Processes of the killed one may be there for a moment yet, and it does not start beside them.
    await until(async () => {
      if (this.#process === undefined || this.#process.exitCode !== null || this.#process.signalCode !== null)
        this.#spawn()
      return (await this.query('SELECT 1')).rowCount === 1
    })
  }

  /** Answers nothing until it is resumed, as if it hung. */
  pause(): Promise<void> {
    return this.#signal('SIGSTOP')
  }

  resume(): Promise<void> {
    return this.#signal('SIGCONT')
  }

  async stop(): Promise<void> {
    await this.kill()
    await rm(this.#folder, { recursive: true, force: true })
  }

  #spawn(): void {
    const options = ['-D', this.#folder, '-p', String(this.#port), '-k', this.#folder, '-h', '127.0.0.1']
    const child = spawn(join(this.#programs, 'postgres'), options, { stdio: 'ignore', ...this.#account })
    this.#process = child
    const end = () => child.kill('SIGQUIT')
    process.once('exit', end)
    child.once('exit', () => process.off('exit', end))
  }

  /** Each connection has a process of its own: the first one is told first, so that it starts no more of them. */
  async #signal(signal: NodeJS.Signals): Promise<void> {
    const pid = this.#process?.pid
    if (pid === undefined) return
    process.kill(pid, 'SIGSTOP')
    const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8'))
      .split(' ')
      .filter(Boolean)
      .map(Number)
    for (const each of [...children, pid]) process.kill(each, signal)
  }
}
