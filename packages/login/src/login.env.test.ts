import { MemoryStore } from '@fetch-sessions/core'
import { withSession } from '@fetch-sessions/fetch'
import { session as honoSession } from '@fetch-sessions/hono'
import { session as ittySession } from '@fetch-sessions/itty-router'
import { Hono } from 'hono'
import { type IRequest, Router } from 'itty-router'
import { describe, expect, it } from 'vitest'
import { guard as honoGuard } from './hono.js'
import { createLogin } from './index.js'
import { guard as ittyGuard } from './itty-router.js'
import { secret, type User } from './testing/site.js'

const user: User = { id: 'ada', passwordHash: 'hash of ada' }

describe('what is made of env', () => {
  interface Env {
    SECRET: string
    users: Map<string, User>
  }

  const login = () => {
    const made: Env[] = []
    const seen: Env[] = []
    const login = createLogin<User, Env>({
      sessions: (env) => {
        made.push(env)
        return { store: new MemoryStore(), secret: env.SECRET }
      },
      secret: (env) => env.SECRET,
      userId: ({ id }) => id,
      loadUser: (id, env) => {
        seen.push(env)
        return env.users.get(id)
      },
      credential: ({ passwordHash }) => passwordHash,
    })
    return { login, made, seen }
  }

  it('is made once for each env, and one manager serves the adapter and the login', async () => {
    const { login: of, made, seen } = login()
    const [one, two]: [Env, Env] = [
      { SECRET: secret, users: new Map([['ada', user]]) },
      { SECRET: `another ${secret}`, users: new Map() },
    ]
    const cookies: string[] = []
    for (const env of [one, two, one]) {
      const request = new Request('https://example.com/')
      const response = await of.sessions(env).handle(request, async () => {
        await of.of(request, env).signIn(user)
        return new Response()
      })
      cookies.push(response.headers.getSetCookie()[0]?.split(';')[0] ?? '')
    }
    expect(made).toEqual([one, two])
    const again = new Request('https://example.com/', { headers: { cookie: cookies[0] ?? '' } })
    expect(await of.of(again, one).user()).toBe(user)
    expect(seen).toEqual([one])
    expect(await of.guard()(new Request(again), one)).toBeUndefined()
    expect((await of.guard()(new Request(again), two))?.status).toBe(401)
  })

  const wants = (browser: Map<string, string>, path: string): Request =>
    new Request(`https://example.com${path}`, { method: 'POST', headers: { cookie: browser.get('cookie') ?? '' } })

  it.each(['withSession', 'Hono', 'itty-router'])('serves an adapter by `login.sessions`: %s', async (adapter) => {
    const { login: of, made } = login()
    const raw = of.guard()
    const fetchers: Record<string, (request: Request, env: Env) => Promise<Response>> = {
      withSession: withSession(async (request, _session, env: Env) => {
        if (request.url.endsWith('/sign-in')) await of.of(request, env).signIn(user)
        return (await raw(request, env)) ?? new Response((await of.of(request, env).user())?.id)
      }, of.sessions),
      Hono: async (request, env) =>
        new Hono<{ Bindings: Env }>()
          .use(honoSession((c) => of.sessions(c.env)))
          .post('/sign-in', async (c, next) => {
            await of.of(c.req.raw, c.env).signIn(user)
            await next()
          })
          .post('*', honoGuard(of), (c) => c.text(c.var.user.id))
          .fetch(request, env),
      'itty-router': (request, env) =>
        Router({ ...ittySession(of.sessions) })
          .post('/sign-in', async (request: IRequest, env: Env) => {
            await of.of(request as unknown as Request, env).signIn(user)
          })
          .post('*', ittyGuard(of), (request) => new Response(request.user.id))
          .fetch(request, env) as Promise<Response>,
    }
    const fetcher = fetchers[adapter] as (request: Request, env: Env) => Promise<Response>
    const env: Env = { SECRET: secret, users: new Map([['ada', user]]) }
    const browser = new Map<string, string>()
    const statuses: number[] = []
    for (const path of ['/', '/sign-in', '/']) {
      const response = await fetcher(wants(browser, path), env)
      statuses.push(response.status)
      const [line] = response.headers.getSetCookie()
      if (line !== undefined) browser.set('cookie', line.split(';')[0] ?? '')
    }
    expect([statuses, made.length]).toEqual([[401, 200, 200], 1])
  })

  it('is missed in words where env was forgotten', async () => {
    const { login: of } = login()
    const request = new Request('https://example.com/')
    expect(() => of.of(request)).toThrow(/needs env/)
    // @ts-expect-error it needs env
    await expect(of.guard()(request)).rejects.toThrow(/needs env/)
  })
})
