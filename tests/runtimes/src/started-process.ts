import { type ChildProcess, spawn } from 'node:child_process'
import { connect } from 'node:net'

/** How long a process may take until it listens, in milliseconds. */
const PATIENCE = 60_000

/** How often it is looked whether it does, in milliseconds. */
const POLL = 50

/** A server that was started for tests. */
export interface StartedProcess {
  readonly port: number
  /** What it has written so far. */
  output(): string
  /** Resolves when it has ended. */
  stop(): Promise<void>
}

/**
 * Starts a server and waits until its output tells the port it listens on: as `"port":8080`, which is how workerd says it,
 * or in an address such as `http://localhost:8080`. Whoever knows the port says it: then it is waited for.
 */
export async function start(
  [command = '', ...args]: readonly string[],
  { cwd, env = {}, port }: { cwd?: string; env?: Record<string, string>; port?: number } = {},
): Promise<StartedProcess> {
  // A group of its own, so that what the command starts ends with it.
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, detached: true })
  let written = ''
  const read = (chunk: Buffer): void => {
    written += chunk
  }
  child.stdout.on('data', read)
  child.stderr.on('data', read)
  const release = endWithUs(child)
  const stop = async (): Promise<void> => {
    await end(child)
    release()
  }
  try {
    return { port: await portOf(child, () => written, port), output: () => written, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function portOf(child: ChildProcess, output: () => string, known: number | undefined): Promise<number> {
  return new Promise((resolve, reject) => {
    const deadline = Date.now() + PATIENCE
    let attempt: NodeJS.Timeout | undefined
    const give = (problem: string): void => {
      clearTimeout(attempt)
      reject(new Error(`${child.spawnargs.join(' ')}: ${problem}\n${output()}`))
    }
    const look = async (): Promise<void> => {
      const told = output().match(/"port": ?(\d+)|https?:\/\/[\w.-]+:(\d+)/)
      const port = known ?? Number(told?.[1] ?? told?.[2])
      if (known === undefined ? told !== null : await listens(port)) return resolve(port)
      if (Date.now() > deadline) give('does not listen')
      else if (child.exitCode === null && child.signalCode === null) attempt = setTimeout(look, POLL)
    }
    child.once('error', (error) => give(error.message))
    child.once('exit', (code, signal) => give(`ended with ${code ?? signal}`))
    void look()
  })
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: 'localhost' })
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  signalGroup(child, 'SIGTERM')
  const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), 5000)
  await ended
  clearTimeout(timer)
}

/** A group of its own does not get the Ctrl-C that ends us. Returns how to take that back. */
function endWithUs(child: ChildProcess): () => void {
  const onSignal = (signal: NodeJS.Signals): void => {
    signalGroup(child, 'SIGKILL')
    process.kill(process.pid, signal)
  }
  const signals = ['SIGINT', 'SIGTERM'] as const
  for (const signal of signals) process.once(signal, onSignal)
  return () => {
    for (const signal of signals) process.off(signal, onSignal)
  }
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal)
  } catch {
    // It has ended by itself.
  }
}
