import cookieSession from 'cookie-session'
import type { RequestHandler } from 'express'
import Keygrip from 'keygrip'
import { afterAll, describe, expect, it } from 'vitest'
import { type CookieSessionOptions, fromCookieSession } from './cookie-session.js'
import { expressApp } from './testing/express-app.js'
import type { Served } from './testing/http.js'
import { Jar } from './testing/jar.js'
import { movesEachTime, type OldApp } from './testing/moves.js'
import { NewApp, type NewData, oldData } from './testing/new-app.js'

const keys = ['a key of cookie-session']
const servers: Served[] = []

afterAll(async () => {
  for (const server of servers) await server.close()
})

type Options = CookieSessionOptions<NewData, NewData>

const open =
  (options: Options = { keys }) =>
  async (): Promise<OldApp> => {
    const server = await expressApp(cookieSession(options as never) as unknown as RequestHandler)
    servers.push(server)
    return {
      isStateless: true,
      from: () => fromCookieSession(options),
      signIn: (data) => server.signIn(data),
      see: (header) => server.see(header),
    }
  }

movesEachTime('cookie-session', open())
movesEachTime(
  'cookie-session with another name and place of its cookies',
  open({ secret: 'a secret', name: 'old', path: '/app', domain: 'example.com' }),
)
movesEachTime('cookie-session with a keygrip of SHA-256', open({ keys: new Keygrip(['a key'], 'sha256') }))

describe('cookie-session', () => {
  const signedIn = async (old: OldApp, data: object = oldData): Promise<string> =>
    new Jar().take(await old.signIn(data)).header

  it('may be signed with an older key', async () => {
    const header = await signedIn(await open()())
    const without = new NewApp([fromCookieSession({ keys: ['a newer one'] })])
    expect(await without.see(header)).toEqual({})
    expect(without.rejections()).toEqual(['signature'])
    expect(await new NewApp([fromCookieSession({ keys: ['a newer one', ...keys] })]).see(header)).toEqual(oldData)
  })

  it('brings nothing of a cookie without its signature, or with that of another one', async () => {
    const [one, two] = [await signedIn(await open()()), await signedIn(await open()(), { user: 'grace' })]
    const [value, signature] = [one.split('; ')[0], two.split('; ')[1]] as [string, string]
    const app = new NewApp([fromCookieSession({ keys })])
    expect(await app.see(value)).toEqual({})
    expect(await app.see(`${value}; ${signature}`)).toEqual({})
    expect(app.rejections()).toEqual(['signature', 'signature'])
  })

  it.each([
    [{}, 'keys of cookie-session is missing'],
    [{ keys: [] }, 'keys of cookie-session is missing'],
    [{ keys: [1] }, 'keys of cookie-session must be'],
    [{ keys, signed: false }, 'signed of cookie-session must be true'],
    [{ keys, name: '' }, 'name of cookie-session must be'],
  ])('refuses what can not work (%#)', (wrong, message) => {
    expect(() => fromCookieSession(wrong as never)).toThrow(message)
  })
})
