import cookieSession from 'cookie-session'
import type { RequestHandler } from 'express'
import Keygrip from 'keygrip'
import { afterAll, describe, expect, it } from 'vitest'
import { type CookieSessionOptions, fromCookieSession } from './cookie-session.js'
import { expressApp } from './testing/express-app.js'
import type { Served } from './testing/http.js'
import { Jar } from './testing/jar.js'
import { later, moves, type OldApp } from './testing/moves.js'
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

moves('cookie-session', open())
moves(
  'cookie-session with another name and place of its cookies',
  open({ secret: 'a secret', name: 'old', path: '/app', domain: 'example.com' }),
)
moves('cookie-session with a keygrip of SHA-256', open({ keys: new Keygrip(['a key'], 'sha256') }))

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

  it('is good for ever, and so is the note that it has moved', async () => {
    const header = await signedIn(await open()())
    const app = new NewApp([fromCookieSession({ keys })])
    await app.see(header)
    await later(390 * 86_400, async () => expect(await app.see(header)).toEqual({}))
  })

  it('is one session, however its signature is spelt', async () => {
    const header = await signedIn(await open()())
    const app = new NewApp([fromCookieSession({ keys })], { grace: 0 })
    expect(await app.see(header)).toEqual(oldData)
    const last = header.at(-1) as string
    for (const other of [`${header}=`, `${header}==`, header.replace(/-/g, '+').replace(/_/g, '/')]) {
      expect(await app.see(other)).toEqual({})
    }
    for (const letter of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_') {
      if (letter !== last) expect(await app.see(header.slice(0, -1) + letter)).toEqual({})
    }
  })

  it('is one session, with whichever of the keys it is signed', async () => {
    const both = ['a newer one', ...keys]
    const value = (await signedIn(await open()())).split('; ')[0] as string
    const app = new NewApp([fromCookieSession({ keys: both })], { grace: 0 })
    const signed = (key: string) => `${value}; session.sig=${new Keygrip([key]).sign(value)}`
    expect(await app.see(signed(both[1] as string))).toEqual(oldData)
    expect(await app.see(signed(both[0] as string))).toEqual({})
  })

  it('has another session for another visitor with the same data', async () => {
    const app = new NewApp([fromCookieSession({ keys })], { grace: 0 })
    // All is in the cookie, and the two have the same one.
    const [one, two] = [await signedIn(await open()()), await signedIn(await open()(), { ...oldData, user: 'grace' })]
    expect(await app.see(one)).toMatchObject({ user: 'ada' })
    expect(await app.see(two)).toMatchObject({ user: 'grace' })
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
