import type { AddressInfo } from 'node:net'
import secureSession from '@fastify/secure-session'
import fastify from 'fastify'
import { afterAll, describe, expect, it } from 'vitest'
import { type FastifySecureSessionOptions, fromFastifySecureSession } from './fastify-secure-session.js'
import { type Served, servedAt } from './testing/http.js'
import { Jar } from './testing/jar.js'
import { later, moves, type OldApp } from './testing/moves.js'
import { NewApp, type NewData, oldData } from './testing/new-app.js'

const key = Buffer.from('a key of secure-session, 32 bytes'.slice(0, 32))
const servers: Served[] = []

afterAll(async () => {
  for (const server of servers) await server.close()
})

type Options = FastifySecureSessionOptions<NewData, NewData>

const open =
  (options: Options = { key }) =>
  async (): Promise<OldApp> => {
    const app = fastify()
    await app.register(secureSession, { ...options, cookie: { ...options.cookie } } as never)
    app.post('/app', async (request) => {
      for (const [key, value] of Object.entries(request.body as object))
        request.session.set(key as never, value as never)
    })
    app.get('/app', async (request) => request.session.data() ?? {})
    await app.listen({ port: 0, host: '127.0.0.1' })
    const server = servedAt((app.addresses()[0] as AddressInfo).port, () => app.close())
    servers.push(server)
    return {
      isStateless: true,
      from: () => fromFastifySecureSession(options),
      signIn: (data) => server.signIn(data),
      see: (header) => server.see(header),
    }
  }

moves('@fastify/secure-session', open())
moves(
  '@fastify/secure-session with another name and place of its cookie',
  open({ key: [key.toString('base64')], cookieName: 'old', cookie: { path: '/app', domain: 'example.com' } }),
)

describe('@fastify/secure-session', () => {
  const signedIn = async (old: OldApp): Promise<string> => new Jar().take(await old.signIn(oldData)).header

  it('may be encrypted with an older key', async () => {
    const header = await signedIn(await open()())
    const newer = Buffer.from('another key of the same length!!')
    const without = new NewApp([fromFastifySecureSession({ key: newer })])
    expect(await without.see(header)).toEqual({})
    expect(without.rejections()).toEqual(['signature'])
    expect(await new NewApp([fromFastifySecureSession({ key: [newer, key] })]).see(header)).toEqual(oldData)
  })

  it('may have a secret instead, of which the key is made anew', async () => {
    const options = { secret: 'a secret of secure-session, long enough' }
    const header = await signedIn(await open(options)())
    expect(await new NewApp([fromFastifySecureSession(options)]).see(header)).toEqual(oldData)
  }, 120_000)

  it('may be signed as well', async () => {
    const old = await open({ key, cookie: { signed: true } as never })()
    const header = await signedIn(old)
    expect(decodeURIComponent(header)).toMatch(/;[^;]+[.][^;]+$/)
    expect(await new NewApp([old.from()]).see(header)).toEqual(oldData)
  })

  it('is over when its time is', async () => {
    const header = await signedIn(await open({ key, expiry: 60 })())
    const app = new NewApp([fromFastifySecureSession({ key, expiry: 60 })])
    await later(62, async () => expect(await app.see(header)).toEqual({}))
    expect(app.rejections()).toEqual(['expired'])
    expect(await app.see(header)).toEqual(oldData)
  })

  it.each([
    [{}, 'secret of @fastify/secure-session must be at least 32 bytes'],
    [{ key: 'short' }, 'key of @fastify/secure-session must be 32 bytes'],
    [{ key: [] }, 'key of @fastify/secure-session must be 32 bytes'],
    [{ secret: 'short' }, 'secret of @fastify/secure-session must be at least 32 bytes'],
    [
      { secret: 'a secret of secure-session, long enough', salt: 'short' },
      'salt of @fastify/secure-session must be 16 bytes',
    ],
    [{ key, expiry: '1d' }, 'expiry of @fastify/secure-session must be a number of seconds'],
    [{ key, cookieName: 'a b' }, 'cookieName of @fastify/secure-session must be'],
  ])('refuses what can not work (%#)', (wrong, message) => {
    expect(() => fromFastifySecureSession(wrong as never)).toThrow(message)
  })
})
