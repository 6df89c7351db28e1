import { type SessionEnv, type Storage, useSession, useSessionStorage } from '@hono/session'
import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { fromHonoSession, type HonoSessionOptions } from './hono-session.js'
import { Jar } from './testing/jar.js'
import { later, moves, type OldApp } from './testing/moves.js'
import { NewApp, type NewData, oldData } from './testing/new-app.js'

const secret = 'a secret of @hono/session, long enough'
const key = new TextEncoder().encode('a key of @hono/session, 32 bytes')

type Options = HonoSessionOptions<NewData, NewData>

function storage(): Storage<object> {
  const records = new Map<string, string>()
  return {
    get: (sid) => JSON.parse(records.get(sid) ?? 'null'),
    set: (sid, value) => void records.set(sid, JSON.stringify(value)),
    delete: (sid) => void records.delete(sid),
  }
}

const open =
  (make: () => Options & { duration?: { absolute: number; inactivity?: number } } = () => ({ secret })) =>
  async (): Promise<OldApp> => {
    const options = make()
    const app = new Hono<SessionEnv<Record<string, unknown>>>()
    if (options.storage) app.use(useSessionStorage(options.storage as never))
    app.use(useSession(options as never))
    app.post('/', async (c) => {
      await c.var.session.update(await c.req.json())
      return c.body(null)
    })
    app.get('/', async (c) => c.json((await c.var.session.get()) ?? {}))
    return {
      isStateless: options.storage === undefined,
      from: () => fromHonoSession<NewData, NewData>(options),
      signIn: async (data) =>
        (await app.request('/', { method: 'POST', body: JSON.stringify(data) })).headers.getSetCookie(),
      see: async (header) => (await app.request('/', { headers: { cookie: header } })).json(),
    }
  }

moves('@hono/session with its data in the cookie', open())
moves(
  '@hono/session with a key, for a time',
  open(() => ({ secret: key, duration: { absolute: 3600, inactivity: 600 } })),
)
moves(
  '@hono/session with a storage',
  open(() => ({ secret, storage: storage() })),
)

describe('@hono/session', () => {
  it('is over when its cookie says so', async () => {
    const old = await open(() => ({ secret, duration: { absolute: 60 } }))()
    const { header } = new Jar().take(await old.signIn(oldData))
    const app = new NewApp([old.from()])
    await later(61, async () => expect(await app.see(header)).toEqual({}))
    expect(app.rejections()).toEqual(['expired'])
    expect(await app.see(header)).toEqual(oldData)
  })

  it('tells when it began and when it is over', async () => {
    const old = await open(() => ({ secret, duration: { absolute: 60 } }))()
    const { header } = new Jar().take(await old.signIn(oldData))
    const seen: unknown[] = []
    const map = (data: NewData, about: object): NewData => {
      seen.push(about)
      return data
    }
    await new NewApp([fromHonoSession({ secret, map })]).see(header)
    const [{ id, createdAt, expiresAt }] = seen as [{ id: string; createdAt: number; expiresAt: number }]
    expect(id).toMatch(/\w{20}/)
    expect(expiresAt - createdAt).toBe(60_000)
    expect(Math.abs(Date.now() - createdAt)).toBeLessThan(10_000)
  })

  it('brings nothing with another secret', async () => {
    const { header } = new Jar().take(await (await open()()).signIn(oldData))
    const app = new NewApp([fromHonoSession({ secret: 'another secret of @hono/session' })])
    expect(await app.see(header)).toEqual({})
    expect(app.rejections()).toEqual(['signature'])
  })

  it.each([
    [{}, 'secret of @hono/session is missing'],
    [{ secret: '' }, 'secret of @hono/session is missing'],
    [{ secret, storage: {} }, 'storage of @hono/session must be what useSessionStorage was given'],
    [{ secret, name: 'a b' }, 'name of @hono/session must be'],
  ])('refuses what can not work (%#)', (wrong, message) => {
    expect(() => fromHonoSession(wrong as never)).toThrow(message)
  })
})
