import { CookieStore, MemoryStore, type SessionHandle, SessionManager } from '@fetch-sessions/core'
import { TestClock } from '@fetch-sessions/core/testing'
import { build } from 'esbuild'
import { sealData } from 'iron-session'
import { describe, expect, it } from 'vitest'
import { fromCookieSession, fromExpressSession, fromIronSession, movingIn, type OldLibrary } from './index.js'
import { Jar } from './testing/jar.js'
import { later } from './testing/moves.js'
import { NewApp, type NewData, oldData, signOut } from './testing/new-app.js'

const secret = 'thirty-two bytes of secret, at least'
const keys = ['a key of cookie-session']

/** A cookie of cookie-session. */
async function cookieOf(data: object, key: string = keys[0] as string): Promise<string> {
  const value = Buffer.from(JSON.stringify(data)).toString('base64')
  const { default: Keygrip } = await import('keygrip')
  return `session=${value}; session.sig=${new Keygrip([key]).sign(`session=${value}`)}`
}

/** A cookie of iron-session that has no end. No other visitor has the same. */
const ironCookieOf = async (data: object): Promise<string> =>
  `iron=${await sealData(data, { password: secret, ttl: 0 })}`

const fromIron = (): ReturnType<typeof fromIronSession<NewData, NewData>> =>
  fromIronSession<NewData, NewData>({ password: secret, cookieName: 'iron' })

const withThen = (value: unknown): object => Object.fromEntries([['then', value]])

describe('movingIn', () => {
  it('takes a manager or its options, and returns the manager', async () => {
    const manager = new SessionManager({ store: new MemoryStore(), secret })
    expect(movingIn(manager, [])).toBe(manager)
    const sessions = movingIn({ store: new MemoryStore(), secret }, [fromCookieSession({ keys })])
    expect((await sessions.read(await cookieOf(oldData))).toJSON()).toEqual(oldData)
  })

  it('takes several libraries, of which the first good cookie counts', async () => {
    const app = new NewApp([fromIron(), fromCookieSession({ keys })])
    const jar = new Jar()
    expect(await app.visit(jar, () => {}, `iron=old; ${await cookieOf(oldData)}`)).toEqual(oldData)
    expect(app.rejections()).toEqual(['malformed'])
  })

  it('brings a session that lives in its cookie, as long as the old one can be brought', async () => {
    const app = new NewApp([fromCookieSession({ keys })], { store: new CookieStore() as never })
    const header = await cookieOf(oldData)
    const jar = new Jar()
    expect(await app.visit(jar, () => {}, header)).toEqual(oldData)
    expect(await app.visit(jar)).toEqual(oldData)
    // Nobody notes what has moved.
    expect(await app.see(header)).toEqual(oldData)
  })

  it('ends with `until`, and remembers no longer than that', async () => {
    const until = Date.now() + 3_600_000
    const app = new NewApp([fromIron()], { until })
    const header = await ironCookieOf(oldData)
    await app.see(header)
    await later(1800, async () =>
      expect(await app.see(await ironCookieOf({ user: 'grace' }))).toEqual({ user: 'grace' }),
    )
    await later(3601, async () => {
      expect(await app.see(await ironCookieOf({ user: 'alan' }))).toEqual({})
      // The notes are as old as the sessions by then.
      expect(await app.sessions.deleteExpired()).toBe(2)
    })
  })

  it('ends with `until` by the clock of the sessions', async () => {
    const clock = new TestClock()
    const until = clock.time + 10_000
    const app = new NewApp([fromCookieSession({ keys })], { until, manager: { now: clock.now } })
    clock.advance(9)
    expect(await app.see(await cookieOf(oldData))).toEqual(oldData)
    clock.advance(1)
    expect(await app.see(await cookieOf({ user: 'grace' }))).toEqual({})
  })

  it('moves nobody twice, whatever the clock of the sessions says', async () => {
    const clock = new TestClock()
    const app = new NewApp([fromIron()], { manager: { now: clock.now } })
    const header = await ironCookieOf(oldData)
    clock.advance({ days: 1000 })
    expect(await app.see(header)).toEqual(oldData)
    clock.advance({ days: 399 })
    expect(await app.see(header)).toEqual({})
    expect(app.events.filter(({ type }) => type === 'moved-in')).toHaveLength(1)
  })

  it('takes an old cookie that is over by the clock of the sessions for expired', async () => {
    const clock = new TestClock()
    const app = new NewApp([fromIron()], { manager: { now: clock.now } })
    clock.advance({ hours: 2 })
    expect(await app.see(`iron=${await sealData(oldData, { password: secret, ttl: 3600 })}`)).toEqual({})
    expect(app.rejections()).toEqual(['expired'])
  })

  it('still ends at a sign-out what an old cookie leads to after `until`', async () => {
    const ended: string[] = []
    const records = {
      kind: 'records',
      get: async () => ({ user: 'ada' }),
      destroy: async (sid: string) => ended.push(sid),
    } as const
    const { default: signature } = await import('cookie-signature')
    const header = `connect.sid=${encodeURIComponent(`s:${signature.sign('a-sid', secret)}`)}`
    const app = new NewApp([fromExpressSession({ secret, store: records })], { until: Date.now() - 1 })
    expect(await app.see(header)).toEqual({})
    expect(ended).toEqual([])
    const jar = new Jar().take([`${header}; Path=/`])
    expect(await app.visit(jar, signOut)).toEqual({})
    expect(ended).toEqual(['a-sid'])
    expect(jar.names).toEqual([])
  })

  it('refuses data that the session can not hold, and tells why', async () => {
    const app = new NewApp([fromCookieSession({ keys, map: () => ({ visits: Number.NaN }) })])
    expect(await app.see(await cookieOf(oldData))).toEqual({})
    const [event] = app.events
    expect(event).toMatchObject({ type: 'rejected', reason: 'data', from: 'cookie-session' })
    expect((event as unknown as { error: Error }).error).not.toHaveProperty('cause')
  })

  it.each(['map', 'owner', 'label', 'lifetime'])('can not wait for `%s`, nor for its failure', async (name) => {
    const failures: unknown[] = []
    const note = (error: unknown): void => void failures.push(error)
    process.on('unhandledRejection', note)
    for (const answer of [
      async () => ({}),
      () => Promise.reject(new Error('no such user')),
      () => withThen(() => {}),
    ]) {
      const app = new NewApp([fromCookieSession({ keys, [name]: answer as never })])
      expect(await app.see(await cookieOf(oldData))).toEqual({})
      expect((app.events[0] as unknown as { error: Error }).error.message).toContain(
        `${name} returned a promise: it has to answer at once`,
      )
    }
    // Node tells of them when it has nothing else to do.
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', note)
    expect(failures).toEqual([])
  })

  it('brings data that has a key `then`', async () => {
    const app = new NewApp([fromCookieSession({ keys })])
    expect(await app.see(await cookieOf(withThen(1)))).toEqual(withThen(1))
    const mapped = new NewApp([fromCookieSession({ keys, map: () => withThen('soon') as never })])
    expect(await mapped.see(await cookieOf(oldData))).toEqual(withThen('soon'))
  })

  it.each<[string, object, OldLibrary<never>, boolean]>([
    ['of our name at our place', { secure: false }, fromCookieSession({ keys, name: 'sid' }), true],
    ['that is one of several', { name: 'a.sig' }, fromCookieSession({ keys, name: 'a' }), true],
    ['of our name at another path', { secure: false }, fromCookieSession({ keys, name: 'sid', path: '/app' }), false],
    ['of our name for a domain', { secure: false }, fromCookieSession({ keys, name: 'sid', domain: 'a.com' }), false],
    ['of another name', {}, fromCookieSession({ keys, name: 'sid' }), false],
  ])('with `keepOld`, an old cookie %s', (_name, cookie, library, isRefused) => {
    const begin = (keepOld: boolean) => () =>
      movingIn(new SessionManager({ store: new MemoryStore(), secret, cookie }), [library], { keepOld })
    expect(begin(false)).not.toThrow()
    if (isRefused) expect(begin(true)).toThrow('keepOld can not keep the cookie of cookie-session')
    else expect(begin(true)).not.toThrow()
  })

  it('names an option that neither the library nor we have', () => {
    expect(() => fromCookieSession({ keys, mapp: () => ({}) } as never)).toThrow('cookie-session: mapp is no option')
    const copied = { keys, maxAge: 1, httpOnly: true, sameSite: 'lax', secure: true, overwrite: true, signed: true }
    expect(() => fromCookieSession(copied)).not.toThrow()
  })

  it('keeps an old session for a release in which `map` is mended, although a guest is at work here', async () => {
    const { sessions: broken } = new NewApp([fromCookieSession({ keys, map: () => undefined as never })])
    const jar = new Jar().take((await cookieOf(oldData)).split('; '))
    const add = async (handle: SessionHandle<NewData>): Promise<Response> => {
      ;(await handle.write()).set('visits', 1)
      return new Response()
    }
    const request = (): Request => new Request('https://example.com/', { headers: { cookie: jar.header } })
    jar.take((await broken.handle(request(), add)).headers.getSetCookie())
    jar.take((await broken.handle(request(), add)).headers.getSetCookie())
    expect(jar.names).toEqual(['session', 'session.sig', '__Host-sid'])
    // As if the browser had forgotten ours.
    const mended = new NewApp([fromCookieSession<NewData, NewData>({ keys })])
    expect(await mended.see(await cookieOf(oldData))).toEqual(oldData)
  })

  it.each<[string, (old: NewData) => never]>([
    [
      'a TypeError',
      ({ user }) => {
        throw new TypeError(`no ${user}`)
      },
    ],
    [
      'something',
      ({ user }) => {
        throw user
      },
    ],
  ])('says that `map` threw %s, and nothing of the data', async (what, map) => {
    const app = new NewApp([fromCookieSession({ keys, map })])
    await app.see(await cookieOf(oldData))
    const [{ error } = {}] = app.events as { error?: Error }[]
    expect(error?.message).toContain(`map, owner, label or lifetime threw ${what}`)
    expect(error?.message).not.toContain(oldData.user)
    expect(error).not.toHaveProperty('cause')
  })

  it.each([
    [undefined, undefined, 'movingIn takes a list'],
    [[{}], undefined, 'movingIn takes a list'],
    [[], { grace: -1 }, 'grace must be a number of seconds'],
    [[], { grace: 1e9 }, 'grace must be a number of seconds'],
    [[], { until: 'tomorrow' }, 'until must be a Date'],
    [[], { keepOld: 'yes' }, 'keepOld must be true or false'],
    [[], { keep: true }, 'keep is no option of movingIn'],
  ])('refuses what can not work (%#)', (from, options, message) => {
    expect(() => movingIn({ store: new MemoryStore(), secret }, from as never, options as never)).toThrow(message)
  })

  it('names no manager twice', () => {
    const manager = movingIn({ store: new MemoryStore(), secret }, [])
    expect(() => movingIn(manager, [])).toThrow('startFrom was called before')
    expect(() => movingIn(undefined as never, [])).toThrow('sessions is missing')
  })
})

describe('a bundle', () => {
  /** The modules that a bundle of this line has, where nothing but what is used stays. */
  const bundled = async (line: string): Promise<string> => {
    const { metafile } = await build({
      stdin: { contents: line, resolveDir: import.meta.dirname, loader: 'ts' },
      alias: { '@fetch-sessions/core': `${import.meta.dirname}/../../core/src/index.ts` },
      bundle: true,
      format: 'esm',
      write: false,
      metafile: true,
      treeShaking: true,
      external: ['node:*'],
    })
    const [output] = Object.values(metafile.outputs)
    return Object.entries(output?.inputs ?? {})
      .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
      .map(([path]) => path)
      .join('\n')
  }

  it('has what one library needs, and nothing of the others', async () => {
    const express = await bundled("export { movingIn, fromExpressSession } from './index.js'")
    expect(express).toContain('express-session.ts')
    expect(express).not.toMatch(/jose|iron-webcrypto|noble|hash-wasm/)
    const iron = await bundled("export { movingIn, fromIronSession } from './index.js'")
    expect(iron).toContain('iron-webcrypto')
    expect(iron).not.toMatch(/jose|noble|hash-wasm/)
  })
})
