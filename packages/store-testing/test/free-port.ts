import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * Below those that Linux (32768 and up), macOS and Windows give to outgoing connections and to whoever listens on 0, and
 * above the last that `fetch` refuses (10080).
 */
const [FIRST, END] = [10_100, 32_768]

const TRIES = 100

/**
 * A port for a program that must be told one. The system's own choice would be gone again soon: any connection, and any
 * server of a test beside this one, may get it before the program listens.
 *
 * @throws Error if a hundred ports in a row are taken
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < TRIES; tries++) {
    const port = randomInt(FIRST, END)
    if (await isFree(port)) return port
  }
  throw new Error(`No free port found between ${FIRST} and ${END}`)
}

async function isFree(port: number): Promise<boolean> {
  // On every address, so that a listener on any of them shows.
  const server = createServer().listen(port)
  try {
    await once(server, 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}
