import { getIronSession, webCookies } from 'iron-session'
import { getIronSession as getIronSession8 } from 'iron-session-8'
import { describe, expect, it } from 'vitest'
import { fromIronSession } from './iron-session.js'
import { Jar } from './testing/jar.js'
import { later, moves, type OldApp } from './testing/moves.js'
import { NewApp, type NewData, oldData } from './testing/new-app.js'

const password = 'a password of iron-session, long enough'
const cookieOptions = { path: '/app', domain: 'example.com' }
const options = { password, cookieName: 'iron', cookieOptions }

type Options = typeof options & { ttl?: number; chunk?: boolean }

const open =
  (version: 8 | 9, more: Partial<Options> = {}) =>
  (): OldApp => {
    const session = (header: string, headers: Headers): Promise<object & { save(): Promise<void> }> => {
      const request = new Request('https://example.com/', { headers: { cookie: header } })
      const all = { ...options, ...more }
      return version === 9
        ? getIronSession<object>(webCookies(request, headers), all)
        : getIronSession8<object>(request, new Response(null, { headers }), all)
    }
    return {
      isStateless: true,
      from: () => fromIronSession({ ...options, ...more }),
      see: async (header) => ({ ...(await session(header, new Headers())) }),
      async signIn(data) {
        const headers = new Headers()
        if (version === 9) await Object.assign(await session('', headers), data).save()
        else {
          const response = new Response()
          const request = new Request('https://example.com/')
          await Object.assign(await getIronSession8<object>(request, response, { ...options, ...more }), data).save()
          return response.headers.getSetCookie()
        }
        return headers.getSetCookie()
      },
    }
  }

moves('iron-session 8', open(8))
moves('iron-session 9', open(9))

describe('iron-session', () => {
  const signedIn = async (old: OldApp, data: object = oldData): Promise<string> =>
    new Jar().take(await old.signIn(data)).header

  it('brings what was split into several cookies, all of which are removed', async () => {
    const old = open(9, { chunk: true })()
    const large = { user: 'ada', cart: Array.from({ length: 150 }, (_, n) => `a thing of number ${n}, for a test`) }
    const jar = new Jar().take(await old.signIn(large))
    expect(jar.names.length).toBeGreaterThan(1)
    const app = new NewApp([fromIronSession<NewData, NewData>(options)])
    expect(await app.visit(jar)).toEqual(large)
    expect(jar.names).toEqual(['__Host-sid'])
  })

  it('brings nothing when a part is missing', async () => {
    const old = open(9, { chunk: true })()
    const large = { user: 'ada', cart: Array.from({ length: 150 }, (_, n) => `a thing of number ${n}, for a test`) }
    const header = await signedIn(old, large)
    const parts = header.split('; ')
    const app = new NewApp([old.from()])
    for (const without of [parts.slice(1), parts.slice(0, -1), [...parts].reverse().slice(1)]) {
      expect(await app.see(without.join('; '))).toEqual({})
    }
  })

  it.each([8, 9] as const)('is over when its seal is, in version %i', async (version) => {
    const header = await signedIn(open(version, { ttl: 3600 })())
    const app = new NewApp([fromIronSession(options)])
    await later(3600 + 61, async () => expect(await app.see(header)).toEqual({}))
    expect(app.rejections()).toEqual(['expired'])
    expect(await app.see(header)).toEqual(oldData)
  })

  it('is over only where it is a seal of ours: a forged one is forged, whatever time it names', async () => {
    const header = await signedIn(open(9, { ttl: 3600 })())
    const app = new NewApp([fromIronSession(options)])
    await app.see(header.replace(/\*\d{13}\*/, '*1000000000000*'))
    await later(3600 + 61, () => app.see(header.replace('Fe26.2*1*', 'Fe26.2*1*0')))
    expect(app.rejections()).toEqual(['signature', 'signature'])
    await later(3600 + 59, async () => expect(await app.see(header)).toEqual(oldData))
  })

  it.each([8, 9] as const)('may be sealed with an older password, in version %i', async (version) => {
    const header = await signedIn(open(version, { password: { 1: password } as never })())
    const passwords = { 1: password, 2: 'a newer password, as long as the one before' }
    expect(await new NewApp([fromIronSession({ ...options, password: passwords })]).see(header)).toEqual(oldData)
    const without = new NewApp([fromIronSession({ ...options, password: { 2: passwords[2] } })])
    expect(await without.see(header)).toEqual({})
    expect(without.rejections()).toEqual(['signature'])
  })

  it('tells when it is over', async () => {
    const header = await signedIn(open(9, { ttl: 3600 })())
    const seen: (number | undefined)[] = []
    const from = fromIronSession({
      ...options,
      map: (old: NewData, { expiresAt }) => {
        seen.push(expiresAt)
        return old
      },
      lifetime: (_old, { expiresAt }) => (expiresAt ? { persistent: true, idleTimeout: 60 } : undefined),
    })
    const app = new NewApp([from])
    await app.see(header)
    expect(Math.abs((seen[0] as number) - Date.now() - 3_600_000)).toBeLessThan(60_000)
    const [info] = (await app.sessions.list()).sessions
    expect((info?.expiresAt as number) - Date.now()).toBeLessThanOrEqual(60_000)
  })

  it('counts as the same old session, whatever stands behind the seal', async () => {
    const header = await signedIn(open(9)())
    const app = new NewApp([fromIronSession(options)], { grace: 0 })
    expect(await app.see(header)).toEqual(oldData)
    for (const other of [header.replace('~2', ''), header.replace('~2', '~3'), `${header}~2`]) {
      expect(await app.see(other)).toEqual({})
    }
  })

  it.each([
    [{ ...options, password: 'short' }, 'password of iron-session must be at least 32 characters'],
    [{ ...options, password: {} }, 'password of iron-session'],
    [{ ...options, password: { 1: 'short' } }, 'password of iron-session'],
    [{ password }, 'cookieName of iron-session must be the name of its cookie'],
    [{ ...options, cookieOptions: { path: 'app' } }, 'path of iron-session must be'],
    [{ ...options, cookieOptions: { domain: 'a b' } }, 'domain of iron-session must be'],
    [{ ...options, map: 1 }, 'map of iron-session must be a function'],
    [undefined, 'iron-session needs the options that it had'],
  ])('refuses what can not work (%#)', (wrong, message) => {
    expect(() => fromIronSession(wrong as never)).toThrow(message)
  })
})
