import { createServer } from 'node:http'
import { Visitor } from '@fetch-sessions/core/testing'
import { withSession } from '@fetch-sessions/fetch'
import { session } from '@fetch-sessions/hono'
import { createLogin } from '@fetch-sessions/login'
import {
  CookieStore,
  expressSession,
  fastifySession,
  MemoryStore,
  nodeSession,
  SessionManager,
} from '@fetch-sessions/node'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'

const stores = [
  ['MemoryStore', MemoryStore],
  ['CookieStore', CookieStore],
]

const managerOf = (Store) =>
  new SessionManager({
    store: new Store(),
    secret: crypto.getRandomValues(Buffer.alloc(32)),
    cookie: { secure: false },
  })

/** A visit, with a value of the platform's own, whose prototype is another realm's. */
async function count(handle) {
  const session = await handle.write()
  session.set('kept', structuredClone({ list: [1, { two: 2 }] }))
  return `Visit ${session.update('count', (n = 0) => n + 1)}`
}

/** What the first visits say to one visitor. */
async function visits(target) {
  const visitor = new Visitor(target)
  const texts = []
  for (let visit = 0; visit < 3; visit++) texts.push(await (await visitor.get('/')).text())
  return texts
}

const EXPECTED = ['Visit 1', 'Visit 2', 'Visit 3']

let server

async function addressOf(listening) {
  server = listening
  await new Promise((resolve) => server.once('listening', resolve))
  return `http://localhost:${server.address().port}`
}

afterEach(() => server?.close().closeAllConnections())

describe.each(stores)('with a %s, visits are counted', (_name, Store) => {
  it('by withSession', async () => {
    const handler = withSession(async (_request, handle) => new Response(await count(handle)), managerOf(Store))
    expect(await visits(handler)).toEqual(EXPECTED)
  })

  it('in Hono', async () => {
    const app = new Hono().use(session(managerOf(Store))).get('/', async (c) => c.text(await count(c.var.session)))
    expect(await visits(app.fetch)).toEqual(EXPECTED)
  })

  it('in Express, by each way to send an answer', async () => {
    const app = express().use(expressSession(managerOf(Store)))
    const ways = [
      (res, text) => res.send(text),
      (res, text) => res.send(Buffer.from(text)),
      (res, text) => {
        res.write(Buffer.from(text.slice(0, 1)))
        res.end(new TextEncoder().encode(text.slice(1)))
      },
    ]
    app.get('/', async (req, res) => {
      const text = await count(req.session)
      ways[text.at(-1) - 1](res, text)
    })
    expect(await visits(await addressOf(app.listen(0)))).toEqual(EXPECTED)
  })

  it('in Fastify', async () => {
    const app = fastify()
    await app.register(fastifySession, { sessions: managerOf(Store) })
    app.get('/', (request) => count(request.session))
    await app.listen({ port: 0 })
    server = app.server
    expect(await visits(`http://localhost:${app.server.address().port}`)).toEqual(EXPECTED)
  })

  it('by node:http', async () => {
    const listener = nodeSession(managerOf(Store), async (req, res) => res.end(Buffer.from(await count(req.session))))
    expect(await visits(await addressOf(createServer(listener).listen(0)))).toEqual(EXPECTED)
  })
})

it('somebody signs in, by bytes as the secret', async () => {
  const sessions = managerOf(MemoryStore)
  const login = createLogin({
    sessions,
    secret: Buffer.alloc(40, 'another secret of these tests'),
    userId: ({ id }) => id,
    loadUser: (id) => ({ id }),
    credential: () => 'a hash',
  })
  const app = new Hono().use(session(sessions)).get('/', async (c) => {
    const user = await login.of(c.req.raw).user()
    await login.of(c.req.raw).signIn({ id: 'ada' }, { factor: 'password' })
    return c.text(user?.id ?? 'nobody')
  })
  expect(await visits(app.fetch)).toEqual(['nobody', 'ada', 'ada'])
})
