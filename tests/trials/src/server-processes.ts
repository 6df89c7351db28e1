import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { AppName, Counts } from './apps.js'
import { openStore, type Place } from './stores.js'

/** Several processes of the application, each with a client of its own, whose sessions are in one place. */
export class ServerProcesses {
  readonly #children: ChildProcess[] = []
  readonly urls: string[] = []
  readonly place: Place

  private constructor(place: Place) {
    this.place = place
  }

  /** One process for each name of an application. */
  static async start(place: Place, apps: readonly AppName[]): Promise<ServerProcesses> {
    const servers = new ServerProcesses(place)
    try {
      const opened = await openStore[place.store]({ ...place })
      await opened.prepare()
      await opened.close()
      const script = await bundledServer()
      for (const app of apps) servers.#children.push(fork(script, [JSON.stringify(place), app]))
      for (const child of servers.#children) {
        const { port } = await answerOf<{ port: number }>(child)
        servers.urls.push(`http://127.0.0.1:${port}`)
      }
      return servers
    } catch (error) {
      await servers.stop()
      throw error
    }
  }

  /** What all of them have counted so far. */
  async counts(): Promise<Counts> {
    const sum: Counts = { conflicts: 0, requests: 0, lookUps: 0 }
    for (const child of this.#children) {
      const answer = answerOf<Counts>(child)
      child.send('counts?')
      for (const [name, count] of Object.entries(await answer)) sum[name as keyof Counts] += count
    }
    return sum
  }

  /** Ends one of them with SIGKILL, in the middle of what it does. */
  async kill(index: number): Promise<void> {
    const child = this.#children[index]
    if (child !== undefined) await end(child)
  }

  /** Whether all of them are those that were started. */
  get areAllRunning(): boolean {
    return this.#children.every((child) => child.exitCode === null && child.signalCode === null)
  }

  async stop(): Promise<void> {
    await Promise.all(this.#children.map(end))
    const opened = await openStore[this.place.store]({ ...this.place })
    await opened.remove()
    await opened.close()
  }
}

async function answerOf<Answer>(child: ChildProcess): Promise<Answer> {
  const answered = new AbortController()
  const { signal } = answered
  const exit = once(child, 'exit', { signal }).then(
    () => {
      throw new Error('A server process has ended')
    },
    () => new Promise<never>(() => {}),
  )
  try {
    const [answer] = await Promise.race([once(child, 'message', { signal }), exit])
    return answer as Answer
  } finally {
    answered.abort()
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
}

let bundled: Promise<string> | undefined

/** The server as one file that Node runs as it is, made of the sources, in a folder that finds the clients. */
function bundledServer(): Promise<string> {
  bundled ??= bundle()
  return bundled
}

async function bundle(): Promise<string> {
  const folder = fileURLToPath(new URL(`../node_modules/.server-${crypto.randomUUID()}/`, import.meta.url))
  const outfile = `${folder}server.mjs`
  await build({
    entryPoints: [fileURLToPath(new URL('server.ts', import.meta.url))],
    outfile,
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'error',
  })
  return outfile
}

/** Removes what `start` has made beside the processes. */
export async function removeBundle(): Promise<void> {
  if (bundled !== undefined) await rm(new URL('.', `file://${await bundled}`), { recursive: true })
  bundled = undefined
}
