import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { bundle } from '../src/bundle.js'
import { type Program, write } from '../src/program.js'
import { type StartedProcess, start } from '../src/started-process.js'
import { Client } from './client.js'
import { runtime } from './runtime.js'

let program: Program
let server: StartedProcess

beforeAll(async () => {
  const entry = fileURLToPath(new URL(`../src/servers/${runtime.server}.ts`, import.meta.url))
  program = write(runtime, await bundle(runtime, { entryPoints: [entry] }))
  server = await start(program.command)
})

afterAll(async () => {
  await server?.stop()
  program?.remove()
})

/** Opens a socket, sends a message, and closes it again. */
function talk(path: string, cookie = ''): Promise<{ setCookie: string[]; answer: string }> {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}${path}`, { headers: { cookie } })
  return new Promise((resolve, reject) => {
    let setCookie: string[] = []
    socket.on('upgrade', ({ headers }) => {
      setCookie = headers['set-cookie'] ?? []
    })
    socket.on('open', () => socket.send('count'))
    socket.on('message', (data) => {
      resolve({ setCookie, answer: String(data) })
      socket.close()
    })
    socket.on('error', reject)
  })
}

/** Hono's helper for Bun upgrades without headers. */
const opensWithCookie = (adapter: string): boolean => !(runtime.server === 'bun' && adapter === 'hono')

describe.each(runtime.server === 'node' ? ['hono'] : ['hono', 'fetch'])(
  `a WebSocket, %s on ${runtime.label}`,
  (adapter) => {
    const dropped = async (): Promise<number> =>
      (await fetch(`http://127.0.0.1:${server.port}/sockets/hono/dropped`)).json() as Promise<number>
    const sendsCookie = opensWithCookie(adapter)

    it(`of a new session ${sendsCookie ? 'opens with its cookie' : 'opens, and an event tells of the cookie'}`, async () => {
      const before = await dropped()
      const { setCookie, answer } = await talk(`/sockets/${adapter}/first`)
      expect([setCookie.length, (await dropped()) - before, answer]).toEqual(sendsCookie ? [1, 0, '2'] : [0, 1, '2'])
      if (sendsCookie) {
        const cookie = setCookie[0]?.split(';')[0]
        expect((await talk(`/sockets/${adapter}/late`, cookie)).answer).toBe('3')
      }
    })

    it('uses its session for the first time after the upgrade', async () => {
      const client = new Client(`http://127.0.0.1:${server.port}/sockets/hono`)
      await client.visit('/start')
      expect(await talk(`/sockets/${adapter}/late`, client.cookie)).toEqual({ setCookie: [], answer: '2' })
      expect((await talk(`/sockets/${adapter}/late`, client.cookie)).answer).toBe('3')
    })
  },
)

describe.runIf(runtime.server === 'bun')('a WebSocket on Bun whose handler commits nothing by hand', () => {
  it('of a new session opens, and an event tells of the cookie', async () => {
    const dropped = async (): Promise<number> =>
      (await fetch(`http://127.0.0.1:${server.port}/sockets/hono/dropped`)).json() as Promise<number>
    const before = await dropped()
    expect(await talk('/sockets/plain/')).toEqual({ setCookie: [], answer: '2' })
    expect((await dropped()) - before).toBe(1)
  })
})
