import { fileURLToPath } from 'node:url'
import { build, transform } from 'esbuild'
import { describe, expect, it } from 'vitest'

const ROOT: string = fileURLToPath(new URL('../../../', import.meta.url))

/** Signs in and comes back, in each kind of store; then what sits on top of a session. */
const APPLICATION = `
import { CookieStore, MemoryStore, SessionManager } from '@fetch-sessions/core'
import { Visitor } from '@fetch-sessions/core/testing'
import { deviceBound } from '@fetch-sessions/device-bound'
import { withSession } from '@fetch-sessions/fetch'
import { session } from '@fetch-sessions/hono'
import { createLogin } from '@fetch-sessions/login'
import { Hono } from 'hono'

const secret = 'a secret of these tests, of 32 bytes or more'
const count = async (handle) => {
  const session = await handle.write()
  session.regenerate()
  return new Response(session.update('visits', (visits = 0) => visits + 1))
}

async function secondAnswer(target) {
  const visitor = new Visitor(target)
  await visitor.get('/')
  return (await visitor.get('/')).text()
}

export async function answers() {
  const inFetch = (store) => withSession((_request, handle) => count(handle), { store, secret })
  const sessions = new SessionManager({ store: new MemoryStore(), secret })
  const bound = deviceBound(sessions)
  const login = createLogin({ sessions, secret, userId: ({ id }) => id, loadUser: (id) => ({ id }), credential: () => 'hash' })
  const app = new Hono().use(session(sessions)).get('/', async (c) => {
    const user = await login.of(c.req.raw).user()
    await login.of(c.req.raw).signIn({ id: 'ada' }, { factor: 'password' })
    return bound.register(c.req.raw, c.text(user?.id ?? 'nobody'))
  })
  return {
    memory: await secondAnswer(inFetch(new MemoryStore())),
    cookie: await secondAnswer(inFetch(new CookieStore())),
    login: await secondAnswer(app),
  }
}
`

async function bundled(target: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: APPLICATION, resolveDir: `${ROOT}packages/login` },
    // Its paths lead to the sources, so that nothing has to be built before.
    tsconfig: `${ROOT}tsconfig.json`,
    bundle: true,
    write: false,
    format: 'esm',
    target,
  })
  return outputFiles[0]?.text ?? ''
}

/** As TypeScript compiles JavaScript for an older target: a field without an initial value is left out. */
async function withAssignments(code: string): Promise<string> {
  const compilerOptions = { useDefineForClassFields: false }
  return (await transform(code, { loader: 'ts', tsconfigRaw: { compilerOptions } })).code
}

async function answersOf(code: string): Promise<unknown> {
  const { answers } = await import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`)
  return answers()
}

const EXPECTED = { memory: '2', cookie: '2', login: 'ada' }

describe('an application opens its sessions', () => {
  // Before es2022 the fields of a class are assignments, and before es2018 there is no spread of objects.
  it.each(['es2022', 'es2021', 'es2020', 'es2017'])('bundled for %s', async (target) => {
    expect(await answersOf(await bundled(target))).toEqual(EXPECTED)
  })

  it('with fields that are assignments, where they have a value at all', async () => {
    expect(await answersOf(await withAssignments(await bundled('es2022')))).toEqual(EXPECTED)
  })
})
