import type { AddressInfo } from 'node:net'
import fastifyCookie from '@fastify/cookie'
import fastifySessionOfOld from '@fastify/session'
import { MemoryStore, SessionManager } from '@fetch-sessions/core'
import { session } from '@fetch-sessions/hono'
import { expressSession, fastifySession, sessionOf } from '@fetch-sessions/node'
import express from 'express'
import expressSessionOfOld, { type MemoryStore as ExpressMemoryStore } from 'express-session'
import fastify from 'fastify'
import { Hono, type MiddlewareHandler } from 'hono'
import { CookieStore, sessionMiddleware } from 'hono-sessions'
import { afterAll, describe, expect, it } from 'vitest'
import { fromExpressSession, fromFastifySession, fromHonoSessions, movingIn, type OldLibrary } from './index.js'
import { Jar } from './testing/jar.js'

interface Data {
  user: string
}

const secret = 'a secret that both have, and that is long enough'
const closing: (() => unknown)[] = []

afterAll(async () => {
  for (const close of closing) await close()
})

const newSessions = (old: OldLibrary<Data>): SessionManager<Data> =>
  movingIn(new SessionManager<Data>({ store: new MemoryStore(), secret, cookie: { secure: false } }), [old], {
    keepOld: true,
  })

/** An application that has both, with a handler for each: `/in` and `/old` use the old session, `/new` and `/out` ours. */
type App = (path: string, cookie: string) => Promise<Response>

/** What a visitor sees. `copy`: by a copy of the cookies that they had before the move. */
async function visited(app: App): Promise<{ seen: string[]; names: string[]; copy: string[] }> {
  const jar = new Jar()
  const visit = async (path: string, of = jar): Promise<string> => {
    const response = await app(path, of.header)
    of.take(response.headers.getSetCookie())
    return response.text()
  }
  await visit('/in')
  const { header } = jar
  const copied = (): Jar => new Jar().take(header.split('; ').map((pair) => `${pair}; Path=/`))
  const seen: string[] = []
  for (const path of ['/new', '/old', '/new', '/out', '/old', '/new']) seen.push(await visit(path))
  return { seen, names: jar.names, copy: [await visit('/old', copied()), await visit('/new', copied())] }
}

const signedOut = ['ada', 'ada', 'ada', 'bye', 'nobody', 'nobody']

describe('both libraries in one application, with `keepOld`', () => {
  it.each([
    { resave: false, saveUninitialized: false },
    { resave: true, saveUninitialized: true },
    { resave: false, saveUninitialized: false, rolling: true },
    { resave: true, saveUninitialized: true, rolling: true },
  ])('sign out of both in Express where ours is mounted first (%#)', async (options) => {
    const store: ExpressMemoryStore = new expressSessionOfOld.MemoryStore()
    const app = express()
    app.use(expressSession(newSessions(fromExpressSession({ secret, store })), { as: 'visitor' }))
    app.use(expressSessionOfOld({ secret, store, ...options, cookie: { maxAge: 600_000 } }))
    const old = (request: object): { user?: string } => (request as { session: { user?: string } }).session
    const ours = (request: object) => sessionOf<Data>(request as never, 'visitor')
    app.get('/in', (request, response) => {
      old(request).user = 'ada'
      response.end()
    })
    app.get('/old', (request, response) => void response.send(old(request).user ?? 'nobody'))
    app.get('/new', async (request, response) => {
      response.send((await ours(request).read()).get('user') ?? 'nobody')
    })
    app.get('/out', async (request, response) => {
      ;(await ours(request).write()).destroy()
      response.send('bye')
    })
    const server = app.listen(0, '127.0.0.1')
    closing.push(() => server.close())
    await new Promise((listening) => server.once('listening', listening))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const { seen, copy } = await visited((path, cookie) => fetch(url + path, { headers: { cookie } }))
    expect(seen).toEqual(signedOut)
    expect(copy).toEqual(['nobody', 'nobody'])
  })

  it.each([
    { isLast: true },
    { isLast: true, rolling: false, saveUninitialized: false },
    { isLast: false, rolling: false, saveUninitialized: false },
  ])(
    'sign out of both in Fastify where ours is registered last, or the old one saves what has changed alone (%#)',
    async ({ isLast, ...options }) => {
      const store: ExpressMemoryStore = new expressSessionOfOld.MemoryStore()
      const app = fastify()
      closing.push(() => app.close())
      const sessions = newSessions(fromFastifySession({ secret, store }))
      if (!isLast) await app.register(fastifySession, { sessions, as: 'visitor' } as never)
      await app.register(fastifyCookie)
      await app.register(fastifySessionOfOld, { secret, store: store as never, cookie: { secure: false }, ...options })
      if (isLast) await app.register(fastifySession, { sessions, as: 'visitor' } as never)
      const ours = (request: object) => (request as { visitor: ReturnType<typeof sessions.open> }).visitor
      app.get('/in', async ({ session }) => {
        session.set('user' as never, 'ada' as never)
        return ''
      })
      app.get('/old', async ({ session }) => session.get('user' as never) ?? 'nobody')
      app.get('/new', async (request) => (await ours(request).read()).get('user') ?? 'nobody')
      app.get('/out', async (request) => {
        ;(await ours(request).write()).destroy()
        return 'bye'
      })
      const { seen, copy } = await visited(async (url, cookie) => {
        const { body, headers } = await app.inject({ url, headers: { cookie } })
        const lines = [headers['set-cookie'] ?? []].flat()
        return new Response(body, { headers: lines.map((line) => ['set-cookie', line] as [string, string]) })
      })
      expect(seen).toEqual(signedOut)
      expect(copy).toEqual(['nobody', 'nobody'])
    },
  )

  it('sign out of both in Hono where ours is used first', async () => {
    const options = { store: new CookieStore(), encryptionKey: secret, sessionCookieName: 'old' }
    const old = (c: { get(name: string): unknown }) =>
      c.get('session') as { get(key: string): unknown; set(key: string, value: string): void }
    const app = new Hono()
      .use(session(newSessions(fromHonoSessions(options)), { as: 'visitor' }))
      .use(sessionMiddleware(options) as unknown as MiddlewareHandler)
      .get('/in', (c) => {
        old(c as never).set('user', 'ada')
        return c.text('')
      })
      .get('/old', (c) => c.text((old(c as never).get('user') as string) ?? 'nobody'))
      .get('/new', async (c) => c.text((await c.var.visitor.read()).get('user') ?? 'nobody'))
      .get('/out', async (c) => {
        ;(await c.var.visitor.write()).destroy()
        return c.text('bye')
      })
    const { seen, names } = await visited(async (path, cookie) =>
      app.request(`http://localhost${path}`, { headers: { cookie } }),
    )
    expect(seen).toEqual(signedOut)
    expect(names).not.toContain('sid')
  })
})
