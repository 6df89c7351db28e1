import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
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

const adapters = ['fetch', 'hono', 'itty-router']
const client = (path: string): Client => new Client(`http://127.0.0.1:${server.port}${path}`)
const read = async (visitor: Client): Promise<unknown> => (await visitor.visit('/read')).json()

describe.each(adapters)(`one Response for everybody, %s on ${runtime.label}`, (adapter) => {
  it.each(['empty', 'empty-clone', 'empty-wrapped', 'text-clone', 'redirect'])(
    'carries no visitor’s cookie to another: %s',
    async (constant) => {
      const names = ['ada', 'bob', 'eve', 'joe']
      const visitors = names.map(() => client(`/${adapter}`))
      const answers = await Promise.all(
        visitors.map((visitor, i) => visitor.visit(`/shared/${constant}/sign-in?user=${names[i]}`)),
      )
      const seen = await Promise.all(visitors.map(read))
      const own = names.map((user) => ({ isNew: false, user }))
      if (runtime.server === 'workerd' && constant === 'text-clone') {
        // There, no request may touch a body that another one has made: most get an error instead.
        expect(seen).toEqual(own.map((session, i) => (answers[i]?.ok ? session : { isNew: true })))
      } else {
        expect(answers.map((response) => response.headers.getSetCookie().length)).toEqual([1, 1, 1, 1])
        expect(seen).toEqual(own)
      }
      for (const path of [`/${adapter}/shared/${constant}`, `/outside/${constant}`]) {
        const { headers } = await client('').visit(path)
        expect([path, headers.getSetCookie(), headers.get('cache-control')]).toEqual([path, [], null])
      }
      expect(await read(client(`/${adapter}`))).toEqual({ isNew: true })
    },
  )
})

describe.each(
  adapters.flatMap((adapter) =>
    ['nested', 'nested-cookies'].flatMap((nesting) =>
      ['unused', 'read', 'write'].map((outside) => ({ adapter, nesting, outside })),
    ),
  ),
)(`the same manager outside and inside, $nesting in $adapter, $outside outside, on ${runtime.label}`, (setting) => {
  const { adapter, nesting, outside } = setting
  it('lets what is done inside reach the browser', async () => {
    const visitor = client(`/${nesting}/${adapter}`)
    const visit = async (path: string): Promise<string[]> => {
      const { headers } = await visitor.visit(`${path}?outside=${outside}`, { method: 'POST' })
      return headers.getSetCookie()
    }
    expect(await visit('/count')).toHaveLength(1)
    expect(await read(visitor)).toMatchObject({ isNew: false, count: 1 })
    const before = visitor.cookie
    expect(await visit('/sign-in')).toHaveLength(1)
    expect(await read(visitor)).toMatchObject({ isNew: false, count: 1, user: 'ada' })
    expect(visitor.cookie).not.toBe(before)
    expect(await visit('/sign-out')).toHaveLength(1)
    expect([visitor.cookie, await read(visitor)]).toEqual(['', { isNew: true }])
  })
})
