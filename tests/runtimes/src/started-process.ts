import { type ChildProcess, spawn } from 'node:child_process'

/** How long a process may take until it listens, in milliseconds. */
const PATIENCE = 60_000

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
 * or in an address such as `http://localhost:8080`.
 */
export async function start(
  [command = '', ...args]: readonly string[],
  { cwd, env = {} }: { cwd?: string; env?: Record<string, string> } = {},
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
    return { port: await portOf(child, () => written), output: () => written, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function portOf(child: ChildProcess, output: () => string): Promise<number> {
  return new Promise((resolve, reject) => {
    const give = (problem: string): void => reject(new Error(`${child.spawnargs.join(' ')}: ${problem}\n${output()}`))
    const timer = setTimeout(() => give('does not listen'), PATIENCE)
    const look = (): void => {
      const port = output().match(/"port": ?(\d+)|https?:\/\/[\w.-]+:(\d+)/)
      if (port === null) return
      clearTimeout(timer)
      resolve(Number(port[1] ?? port[2]))
    }
    child.stdout?.on('data', look)
    child.stderr?.on('data', look)
    child.once('error', (error) => give(error.message))
    child.once('exit', (code, signal) => give(`ended with ${code ?? signal}`))
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
