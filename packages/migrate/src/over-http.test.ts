import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { MemoryStore, SessionManager } from '@fetch-sessions/core'
import { session } from '@fetch-sessions/hono'
import { redisStore } from '@fetch-sessions/redis'
import { serve } from '@hono/node-server'
import { RedisStore } from 'connect-redis'
import expressSession from 'express-session'
import { Hono } from 'hono'
import { createClient } from 'redis'
import { afterAll, describe, expect, it } from 'vitest'
import { fromExpressSession, movingIn } from './express-session.js'
import { expressApp } from './testing/express-app.js'
import type { Served } from './testing/http.js'
import { Jar } from './testing/jar.js'
import { findRedis } from './testing/servers.js'

interface Data {
  user: string
  visits: number
}

const secret = 'a secret of express-session'
const prefix = `http-${process.pid}:`
const url = await findRedis()
const client = url === undefined ? undefined : await createClient({ url }).connect()
const open: (() => void | Promise<void>)[] = []

afterAll(async () => {
  for (const close of open) await close()
  for await (const keys of client?.scanIterator({ MATCH: `${prefix}*` }) ?? []) {
    if (keys.length > 0) await client?.del(keys)
  }
  client?.destroy()
})

const store = (): RedisStore => new RedisStore({ client, prefix })

const newSessions = (): SessionManager<Data> =>
  movingIn(
    new SessionManager<Data>({
      store: redisStore(client as never, { prefix: `${prefix}new:` }),
      secret: 'a secret of the new library, long enough',
    }),
    [fromExpressSession({ secret, store: store(), map: ({ user }: { user: string }) => ({ user }) })],
  )

async function oldApp(): Promise<Served> {
  const app = await expressApp(expressSession({ secret, store: store(), resave: false, saveUninitialized: false }))
  open.push(() => app.close())
  return app
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port

/** The application in Hono, in another process as far as the first one can tell: all they share is Redis. */
async function honoApp(): Promise<string> {
  const app = new Hono()
    .use(session(newSessions()))
    .get('/', async (c) => {
      const session = await c.var.session.write()
      session.update('visits', (visits = 0) => visits + 1)
      return c.text(session.get('user') ?? 'nobody')
    })
    .post('/sign-out', async (c) => {
      const session = await c.var.session.write()
      session.destroy()
      return c.text('bye')
    })
  const server = await new Promise<Server>((listening) => {
    const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, () => listening(server as Server))
  })
  open.push(() => new Promise((closed) => server.close(() => closed())))
  return `http://127.0.0.1:${portOf(server)}`
}

describe.skipIf(client === undefined)('an application that moves from Express to Hono, over HTTP and Redis', () => {
  it('keeps a visitor signed in, whichever of its processes answers the first requests', async () => {
    const old = await oldApp()
    const jar = new Jar().take(await old.signIn({ user: 'ada' }))
    const before = jar.header
    const processes = [await honoApp(), await honoApp()]
    const answers = await Promise.all(
      [0, 1, 0, 1, 0].map((n) => fetch(processes[n] as string, { headers: { cookie: before } })),
    )
    for (const answer of answers) {
      expect(await answer.text()).toBe('ada')
      jar.take(answer.headers.getSetCookie())
    }
    expect(jar.names).toEqual(['__Host-sid'])
    expect(new Set(answers.map((answer) => answer.headers.getSetCookie().at(-1))).size).toBe(1)
    const keys = (await client?.keys(`${prefix}new:*`)) as string[]
    expect(keys).toHaveLength(2)
    expect(await (await fetch(processes[1] as string, { headers: { cookie: jar.header } })).text()).toBe('ada')
    expect(await old.see(before)).toEqual({})
  })

  it('signs out of both', async () => {
    const old = await oldApp()
    const jar = new Jar().take(await old.signIn({ user: 'grace' }))
    const before = jar.header
    const app = await honoApp()
    const answer = await fetch(`${app}/sign-out`, { method: 'POST', headers: { cookie: before } })
    expect(jar.take(answer.headers.getSetCookie()).names).toEqual([])
    expect(await (await fetch(app, { headers: { cookie: before } })).text()).toBe('nobody')
    expect(await old.see(before)).toEqual({})
  })

  it("works on Node's own server, without a Response", async () => {
    const old = await oldApp()
    const jar = new Jar().take(await old.signIn({ user: 'alan' }))
    const sessions = newSessions()
    const server = createServer(async (request, response) => {
      const handle = sessions.open(request.headers.cookie)
      const user = (await handle.read()).get('user')
      const headers = new Headers()
      await sessions.commitHeaders(handle, headers)
      response.setHeaders(headers).end(user ?? 'nobody')
    })
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    open.push(() => new Promise((closed) => server.close(() => closed())))
    const app = `http://127.0.0.1:${portOf(server)}`
    const first = await fetch(app, { headers: { cookie: jar.header } })
    expect(await first.text()).toBe('alan')
    expect(jar.take(first.headers.getSetCookie()).names).toEqual(['__Host-sid'])
    expect(await (await fetch(app, { headers: { cookie: jar.header } })).text()).toBe('alan')
  })
})

describe('a store of ours that can not compare and set', () => {
  it('may make a session for each of several requests at once, each of them good', async () => {
    const memory = new MemoryStore()
    // As one that writes whatever was there.
    const lastWriter = {
      atomic: false,
      load: (id: string) => memory.load(id),
      create: (id: string, record: never) =>
        memory.create(id, record) || memory.delete(id) === memory.create(id, record),
      update: (id: string, record: never) => memory.update(id, record),
      touch: (id: string, expiresAt: number, version: number) => memory.touch(id, expiresAt, version),
      delete: (id: string) => memory.delete(id),
    }
    const records = { kind: 'records', get: async () => ({ user: 'ada' }), destroy: async () => {} } as const
    const { default: signature } = await import('cookie-signature')
    const sessions = movingIn<Data>({ store: lastWriter, secret: 'a secret of the new library, long enough' }, [
      fromExpressSession({ secret, store: records }),
    ])
    const header = `connect.sid=${encodeURIComponent(`s:${signature.sign('a-sid', secret)}`)}`
    const answers = await Promise.all(
      [1, 2, 3].map(() =>
        sessions.handle(new Request('https://example.com/', { headers: { cookie: header } }), async (handle) => {
          return new Response((await handle.read()).get('user'))
        }),
      ),
    )
    for (const answer of answers) {
      expect(await answer.text()).toBe('ada')
      const cookie = new Jar().take(answer.headers.getSetCookie()).header
      expect((await sessions.read(cookie)).get('user')).toBe('ada')
    }
  })
})
