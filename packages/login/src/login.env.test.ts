import { MemoryStore } from '@fetch-sessions/core'
import { describe, expect, it } from 'vitest'
import { createLogin } from './index.js'
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
    const [one, two]: Env[] = [
      { SECRET: secret, users: new Map([['ada', user]]) },
      { SECRET: `another ${secret}`, users: new Map() },
    ]
    const cookies: string[] = []
    for (const env of [one, two, one] as Env[]) {
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

  it('is missed in words where env was forgotten', async () => {
    const { login: of } = login()
    const request = new Request('https://example.com/')
    expect(() => of.of(request)).toThrow(/needs env/)
    await expect(of.guard()(request)).rejects.toThrow(/needs env/)
  })
})
