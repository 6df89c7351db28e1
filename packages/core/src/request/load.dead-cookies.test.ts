import { describe, expect, it } from 'vitest'
import { CookieStore, MemoryStore, SessionManager } from '../index.js'
import { Clock } from '../testing/clock.js'
import { cookieAfter, sessionCookies } from '../testing/response-cookies.js'
import { secret } from '../testing/secret.js'
import { regenerate, signOut, writing } from '../testing/serve.js'
import { visit } from '../testing/visit.js'

interface Data {
  user: string
}

const stores: [string, () => MemoryStore | CookieStore][] = [
  ['a MemoryStore', () => new MemoryStore()],
  ['an encrypted CookieStore', () => new CookieStore({ revocations: new MemoryStore(), maxStaleness: 0 })],
  ['a signed CookieStore', () => new CookieStore({ encrypt: false, revocations: new MemoryStore(), maxStaleness: 0 })],
]

function setUp(store: MemoryStore | CookieStore) {
  const clock = new Clock()
  const sessions = new SessionManager<Data>({ store, secret, now: clock.now, idleTimeout: 1000 })
  const userOf = async (...cookies: string[]): Promise<string | undefined> =>
    (await sessions.read(visit(cookies.join('; ')))).get('user')
  const begin = async (): Promise<string> => (await sessions.issue({ user: 'old' }, { owner: 'old' })).cookie
  const deaths: Record<'expired' | 'signed out' | 'ended by its owner' | 'regenerated', () => Promise<string>> = {
    expired: async () => {
      const cookie = await begin()
      clock.passes(1000)
      return cookie
    },
    'signed out': async () => {
      const cookie = await begin()
      await signOut(sessions, cookie)
      return cookie
    },
    'ended by its owner': async () => {
      const cookie = await begin()
      clock.passes(1)
      await sessions.destroyByOwner('old')
      return cookie
    },
    regenerated: async () => {
      const cookie = await begin()
      await regenerate(sessions, cookie)
      return cookie
    },
  }
  return { sessions, userOf, deaths }
}

const names = ['expired', 'signed out', 'ended by its owner', 'regenerated'] as const

describe.each(stores)('with %s, dead cookies', (_store, make) => {
  it.each(names)('do not hide a live one, before or behind it: one that is %s', async (death) => {
    const { sessions, userOf, deaths } = setUp(make())
    const dead = await deaths[death]()
    const { cookie, id } = await sessions.issue({ user: 'ada' })
    expect(await userOf(dead)).toBeUndefined()
    expect(await userOf(dead, cookie)).toBe('ada')
    expect(await userOf(cookie, dead)).toBe('ada')
    const response = await writing(sessions, `${dead}; ${cookie}`, (session) => {
      expect([session.id, session.isNew]).toEqual([id, false])
      session.set('user', 'grace')
    })
    const [changed = cookie] = sessionCookies(response)
    expect(await userOf(dead, changed.split(';')[0] as string)).toBe('grace')
  })

  it.each(names.flatMap((first) => names.map((second) => [first, second] as const)))(
    'do not hide a live one where there are two: %s and %s',
    async (first, second) => {
      const { sessions, userOf, deaths } = setUp(make())
      const dead = [await deaths[first](), await deaths[second]()]
      const { cookie } = await sessions.issue({ user: 'ada' })
      expect(await userOf(...dead)).toBeUndefined()
      expect(await userOf(...dead, cookie)).toBe('ada')
      expect(await userOf(dead[0] as string, cookie, dead[1] as string)).toBe('ada')
      expect(await userOf(cookie, ...dead)).toBe('ada')
    },
  )

  it('do not take the new cookie’s place when somebody signs in behind them', async () => {
    const { sessions, userOf, deaths } = setUp(make())
    const dead = [await deaths.expired(), await deaths['signed out']()]
    const response = await writing(sessions, dead.join('; '), (session) => session.set('user', 'ada'))
    expect(await userOf(...dead, cookieAfter(response))).toBe('ada')
  })
})
