import type { AddressInfo } from 'node:net'
import cookie, { Signer } from '@fastify/cookie'
import fastifySession from '@fastify/session'
import { RedisStore } from 'connect-redis'
import fastify from 'fastify'
import { createClient } from 'redis'
import { afterAll, describe, expect, it } from 'vitest'
import { connectRedisRecords, type FastifySessionOptions, fromFastifySession } from './fastify-session.js'
import { type Served, servedAt } from './testing/http.js'
import { Jar } from './testing/jar.js'
import { later, moves, type OldApp } from './testing/moves.js'
import { NewApp, type NewData, oldData } from './testing/new-app.js'
import { findRedis } from './testing/servers.js'

const secret = 'a secret of @fastify/session, long enough'
const prefix = `fastify-${process.pid}:`
const servers: Served[] = []
const url = await findRedis()
const client = url === undefined ? undefined : await createClient({ url }).connect()
const store = client && new RedisStore({ client, prefix })

afterAll(async () => {
  for (const server of servers) await server.close()
  for await (const keys of client?.scanIterator({ MATCH: `${prefix}*` }) ?? []) {
    if (keys.length > 0) await client?.del(keys)
  }
  client?.destroy()
})

type Options = Partial<FastifySessionOptions<NewData, NewData>>

const open =
  (more: object = {}, options: Options = {}) =>
  async (): Promise<OldApp> => {
    const all = { secret, store, cookie: { secure: false }, ...more }
    const app = fastify()
    await app.register(cookie)
    await app.register(fastifySession, { ...all, cookie: { ...all.cookie } } as never)
    app.post('/app', async (request) => {
      for (const [key, value] of Object.entries(request.body as object))
        request.session.set(key as never, value as never)
    })
    app.get('/app', async (request) => ({
      user: request.session.get('user' as never),
      cart: request.session.get('cart' as never),
    }))
    await app.listen({ port: 0, host: '127.0.0.1' })
    const server = servedAt((app.addresses()[0] as AddressInfo).port, () => app.close())
    servers.push(server)
    return {
      isStateless: false,
      from: () => fromFastifySession({ ...all, ...options } as FastifySessionOptions<NewData, NewData>),
      signIn: (data) => server.signIn(data),
      see: (header) => server.see(header),
    }
  }

describe.skipIf(client === undefined)('@fastify/session', () => {
  moves('@fastify/session with connect-redis', open())
  moves(
    '@fastify/session with connect-redis, read without it',
    open({}, { store: connectRedisRecords(client as never, { prefix }) }),
  )
  moves(
    '@fastify/session with another name, prefix, algorithm and place',
    open({
      cookieName: 'old',
      cookiePrefix: 's:',
      algorithm: 'sha512',
      cookie: { secure: false, path: '/app', domain: 'example.com' },
    }),
  )
  moves('@fastify/session with a signer', open({ secret: new Signer(secret) }))

  const signedIn = async (old: OldApp): Promise<string> => new Jar().take(await old.signIn(oldData)).header

  it('may be signed with an older secret', async () => {
    const header = await signedIn(await open()())
    const newer = 'a newer secret, as long as the one before'
    const from = (secret: string[]) => fromFastifySession<NewData, NewData>({ secret, store: store as never })
    const without = new NewApp([from([newer])])
    expect(await without.see(header)).toEqual({})
    expect(without.rejections()).toEqual(['signature'])
    expect(await new NewApp([from([newer, secret])]).see(header)).toEqual(oldData)
  })

  it('is over when its record says so, although Redis still has it', async () => {
    const old = await open({ cookie: { secure: false, maxAge: 60_000 } })()
    const header = await signedIn(old)
    const app = new NewApp([old.from()])
    await later(61, async () => expect(await app.see(header)).toEqual({}))
    expect(app.rejections()).toEqual(['unknown'])
    expect(await app.see(header)).toEqual(oldData)
  })

  it.each([
    [{ store }, 'secret of @fastify/session is missing'],
    [{ secret }, 'store of @fastify/session must be'],
    [{ secret, store, algorithm: 'md4' }, 'algorithm of @fastify/session must be one of sha1, sha256, sha384, sha512'],
    [{ secret, store, cookieName: 'a;b' }, 'cookieName of @fastify/session must be'],
  ])('refuses what can not work (%#)', (wrong, message) => {
    expect(() => fromFastifySession(wrong as never)).toThrow(message)
  })
})
