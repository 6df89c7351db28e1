import { connect } from 'node:net'

/** How long a server may take to accept a connection, in milliseconds. */
const PATIENCE = 3000

/**
 * The address of a server that tests need: that of the environment variable, else the local one. `undefined` if nothing
 * accepts connections there, after saying so; the tests are then to be skipped. Under `CI=true` a missing server fails
 * the run instead, so that no skip hides that nothing was tested.
 *
 * @throws Error under `CI=true` if nothing accepts connections
 */
export async function findServer(name: string, variable: string, local: string): Promise<string | undefined> {
  const url = process.env[variable] ?? local
  const { hostname, port } = new URL(url)
  if (await accepts(hostname, Number(port))) return url
  const problem = `${name} does not accept connections at ${hostname}:${port} (set ${variable} to another address)`
  if (process.env.CI === 'true') throw new Error(problem)
  console.warn(`Skipped: ${problem}`)
  return undefined
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: PATIENCE })
    const end = (isUp: boolean) => (): void => {
      socket.destroy()
      resolve(isUp)
    }
    socket.on('connect', end(true)).on('error', end(false)).on('timeout', end(false))
  })
}
