import { H3, useSession } from 'h3'
import { createApp, eventHandler, readBody, toNodeListener, useSession as useSession1 } from 'h3-1'
import { afterAll, describe, expect, it } from 'vitest'
import { fromH3Session, type H3SessionOptions } from './h3-session.js'
import { type Served, serve } from './testing/http.js'
import { Jar } from './testing/jar.js'
import { later, moves, type OldApp } from './testing/moves.js'
import { NewApp, type NewData, oldData } from './testing/new-app.js'

const password = 'a password of h3, which is long enough'
const servers: Served[] = []

afterAll(async () => {
  for (const server of servers) await server.close()
})

type Options = H3SessionOptions<NewData, NewData>

const open =
  (version: 1 | 2, more: Partial<Options> = {}) =>
  async (): Promise<OldApp> => {
    const options = { password, ...more }
    const from = () => fromH3Session<NewData, NewData>(options)
    if (version === 1) {
      const app = createApp()
      app.use(
        eventHandler(async (event) => {
          const session = await useSession1(event, options as never)
          if (event.method === 'POST') await session.update(await readBody(event))
          return session.data
        }),
      )
      const server = await serve(toNodeListener(app))
      servers.push(server)
      return { isStateless: true, from, signIn: (data) => server.signIn(data), see: (header) => server.see(header) }
    }
    const app = new H3()
    app.all('/', async (event) => {
      const session = await useSession(event, options as never)
      if (event.req.method === 'POST') await session.update((await event.req.json()) as object)
      return session.data
    })
    return {
      isStateless: true,
      from,
      signIn: async (data) =>
        (await app.request('/', { method: 'POST', body: JSON.stringify(data) })).headers.getSetCookie(),
      see: async (header) => (await app.request('/', { headers: { cookie: header } })).json(),
    }
  }

moves('h3 1', open(1))
moves('h3 2', open(2))
moves(
  'h3 1 with another name and place of its cookie, for a time',
  open(1, { name: 'nuxt-session', maxAge: 3600, cookie: { path: '/app', domain: 'example.com' } }),
)
moves(
  'h3 2 with another name and place of its cookie, for a time',
  open(2, { name: 'nuxt-session', maxAge: 3600, cookie: { path: '/app', domain: 'example.com' } }),
)

describe('h3', () => {
  const large = { user: 'ada', cart: Array.from({ length: 150 }, (_, n) => `a thing of number ${n}, for a test`) }

  it('brings what was split into several cookies, all of which are removed', async () => {
    const old = await open(2)()
    const jar = new Jar().take(await old.signIn(large))
    expect(jar.names.length).toBeGreaterThan(2)
    expect(await new NewApp([old.from()]).visit(jar)).toEqual(large)
    expect(jar.names).toEqual(['__Host-sid'])
  })

  it('brings nothing when a part is missing', async () => {
    const old = await open(2)()
    const parts = new Jar().take(await old.signIn(large)).header.split('; ')
    const app = new NewApp([old.from()])
    for (const part of parts) {
      expect(await app.see(parts.filter((other) => other !== part).join('; '))).toEqual({})
    }
  })

  it.each([1, 2] as const)('is over when its time is, in version %i', async (version) => {
    const old = await open(version, { maxAge: 3600 })()
    const { header } = new Jar().take(await old.signIn(oldData))
    const app = new NewApp([old.from()])
    await later(3601, async () => expect(await app.see(header)).toEqual({}))
    await later(3700, async () => expect(await app.see(header)).toEqual({}))
    expect(app.rejections()).toEqual(['expired', 'expired'])
    expect(await app.see(header)).toEqual(oldData)
  })

  it('is tried twice at most, since a forged one costs thousands of rounds', async () => {
    const app = new NewApp([await open(2)()].map((old) => old.from()))
    const forged = Array.from({ length: 4 }, (_, n) => `h3=Fe26.2**salt${n}*iv*e**salt*mac`).join('; ')
    expect(await app.visit(new Jar(), () => {}, forged)).toEqual({})
    expect(app.events.filter(({ type }) => type === 'rejected')).toHaveLength(2)
  })

  it('is found behind a forged one', async () => {
    const old = await open(2)()
    const header = new Jar().take(await old.signIn(oldData)).header
    const app = new NewApp([old.from()])
    expect(await app.visit(new Jar(), () => {}, `h3=Fe26.2**salt*iv*e**salt*mac; ${header}`)).toEqual(oldData)
  })

  it('is over when it was not used for its time', async () => {
    const old = await open(2, { idleTimeout: 600 })()
    const { header } = new Jar().take(await old.signIn(oldData))
    const app = new NewApp([old.from()])
    await later(601, async () => expect(await app.see(header)).toEqual({}))
    expect(await app.see(header)).toEqual(oldData)
  })

  it('moves once, however often its cookie was sealed anew', async () => {
    const old = await open(2)()
    const { header } = new Jar().take(await old.signIn(oldData))
    const app = new NewApp([old.from()], { grace: 0 })
    const again = new H3()
    again.all('/', async (event) => {
      const session = await useSession(event, { password })
      await session.update({ visits: 1 })
      return null
    })
    const resealed = new Jar().take((await again.request('/', { headers: { cookie: header } })).headers.getSetCookie())
    expect(resealed.header).not.toBe(header)
    expect(await app.see(header)).toEqual(oldData)
    expect(await app.see(resealed.header)).toEqual({})
  })

  it.each([
    [{}, 'password of h3 must be the one that it had'],
    [{ password: 'short' }, 'password of h3 must be'],
    [{ password, cookie: false }, 'cookie of h3 is false'],
    [{ password, name: 'a b' }, 'name of h3 must be'],
  ])('refuses what can not work (%#)', (wrong, message) => {
    expect(() => fromH3Session(wrong as never)).toThrow(message)
  })
})
