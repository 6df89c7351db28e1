import { createCookie as createRemixCookie } from '@remix-run/cookie'
import { createCookieSessionStorage as createRemixStorage } from '@remix-run/session/cookie-storage'
import { createCookie, createCookieSessionStorage, createSessionStorage } from 'react-router'
import { describe, expect, it } from 'vitest'
import { fromRemixSession, type RemixSessionOptions } from './remix-session.js'
import { Jar } from './testing/jar.js'
import { moves, movesEachTime, type OldApp } from './testing/moves.js'
import { NewApp, type NewData, oldData } from './testing/new-app.js'

const secrets = ['a secret of Remix']
const place = { path: '/app', domain: 'example.com' }

type Options = RemixSessionOptions<NewData, NewData>

/** React Router's, which is that of `@remix-run/node` and its like as well. */
const reactRouter = (options: Options) => async (): Promise<OldApp> => {
  const storage = createCookieSessionStorage<Record<string, unknown>>(options as never)
  return {
    isStateless: true,
    from: () => fromRemixSession<NewData, NewData>(options),
    async signIn(data) {
      const session = await storage.getSession()
      for (const [key, value] of Object.entries(data)) {
        if (key === 'flash') session.flash('note', value)
        else session.set(key, value)
      }
      return [await storage.commitSession(session)]
    },
    see: async (header) => (await storage.getSession(header)).data,
  }
}

/** With the data elsewhere. */
const withStorage = (cookie: Options['cookie']) => async (): Promise<OldApp> => {
  const records = new Map<string, string>()
  const readData = async (id: string) => JSON.parse(records.get(id) ?? 'null')
  const deleteData = async (id: string) => void records.delete(id)
  const storage = createSessionStorage<Record<string, unknown>>({
    cookie: createCookie(cookie.name ?? '__session', cookie as never),
    readData,
    deleteData,
    async createData(data) {
      const id = crypto.randomUUID()
      records.set(id, JSON.stringify(data))
      return id
    },
    updateData: async (id, data) => void records.set(id, JSON.stringify(data)),
  })
  return {
    isStateless: false,
    from: () => fromRemixSession<NewData, NewData>({ cookie, readData, deleteData }),
    async signIn(data) {
      const session = await storage.getSession()
      for (const [key, value] of Object.entries(data)) session.set(key, value)
      return [await storage.commitSession(session)]
    },
    see: async (header) => (await storage.getSession(header)).data,
  }
}

const remix = (cookie: { name: string } & Options['cookie']) => async (): Promise<OldApp> => {
  const { name, ...options } = cookie
  const sessionCookie = createRemixCookie(name, options as never)
  const storage = createRemixStorage()
  const read = async (header: string) => storage.read(await sessionCookie.parse(header))
  return {
    isStateless: true,
    from: () => fromRemixSession<NewData, NewData>({ cookie }),
    async signIn(data) {
      const session = await read('')
      for (const [key, value] of Object.entries(data)) {
        if (key === 'flash') session.flash('note', value)
        else session.set(key, value)
      }
      return [await sessionCookie.serialize((await storage.save(session)) as string)]
    },
    see: async (header) => (await read(header)).data[0],
  }
}

movesEachTime('React Router', reactRouter({ cookie: { secrets } }))
movesEachTime(
  'React Router with another name and place of its cookie',
  reactRouter({ cookie: { name: 'old', secrets, ...place } }),
)
moves('React Router with its data in a database', withStorage({ secrets }))
moves('@remix-run/session', remix({ name: 'session', secrets }))
moves('@remix-run/session with another place of its cookie', remix({ name: 'session', secrets, ...place }))

describe('Remix and React Router', () => {
  const signedIn = async (old: OldApp, data: object = oldData): Promise<string> =>
    new Jar().take(await old.signIn(data)).header

  it.each([
    ['React Router', reactRouter({ cookie: { secrets } })],
    ['@remix-run/session', remix({ name: '__session', secrets })],
  ])('may be signed with an older secret, in %s', async (_name, open) => {
    const header = await signedIn(await open())
    const without = new NewApp([fromRemixSession({ cookie: { secrets: ['a newer one'] } })])
    expect(await without.see(header)).toEqual({})
    expect(without.rejections()).toEqual(['signature'])
    const both = ['a newer one', ...secrets]
    expect(await new NewApp([fromRemixSession({ cookie: { secrets: both } })]).see(header)).toEqual(oldData)
  })

  it.each([
    ['React Router', reactRouter({ cookie: { secrets } })],
    ['@remix-run/session', remix({ name: '__session', secrets })],
  ])('brings flash values as well, in %s', async (_name, open) => {
    const old = await open()
    const header = await signedIn(old, { user: 'ada', flash: 'saved' })
    expect(await new NewApp([old.from()]).see(header)).toEqual({ user: 'ada', note: 'saved' })
  })

  it('may have an id that is not signed, with its data in a database', async () => {
    const old = await withStorage({ name: 'id' })()
    const header = await signedIn(old)
    const app = new NewApp([old.from()])
    expect(await app.see('id=IjEi')).toEqual({})
    expect(await app.see(header)).toEqual(oldData)
    expect(await old.see(header)).toEqual({})
  })

  it('is one session, with whichever of the secrets it is signed, where its data has an id', async () => {
    const both = ['a newer one', ...secrets]
    const [one, two] = both.map((secret) => createRemixCookie('__session', { secrets: [secret] }))
    const storage = createRemixStorage()
    const session = await storage.read(null)
    for (const [key, value] of Object.entries(oldData)) session.set(key, value)
    const value = (await storage.save(session)) as string
    const app = new NewApp([fromRemixSession({ cookie: { secrets: both } })], { grace: 0 })
    expect(await app.see(new Jar().take([(await one?.serialize(value)) as string]).header)).toEqual(oldData)
    expect(await app.see(new Jar().take([(await two?.serialize(value)) as string]).header)).toEqual({})
  })

  it.each([
    [{}, 'cookie of remix must be the options that the cookie was made of'],
    [{ cookie: createCookie('__session', { secrets }) }, 'cookie of remix must be the options'],
    [{ cookie: {} }, 'cookie.secrets of remix is missing'],
    [{ cookie: { secrets: [''] } }, 'cookie.secrets of remix must be'],
    [{ cookie: { secrets }, readData: () => {} }, 'deleteData of remix and readData are needed both'],
    [{ cookie: { secrets, name: 'a b' } }, 'cookie.name of remix must be'],
  ])('refuses what can not work (%#)', (wrong, message) => {
    expect(() => fromRemixSession(wrong as never)).toThrow(message)
  })
})
