import { CookieStore, MemoryStore, SessionManager } from '@fetch-sessions/core'
import { TestClock } from '@fetch-sessions/core/testing'
import { build } from 'esbuild'
import { sealData } from 'iron-session'
import { describe, expect, it } from 'vitest'
import { BroughtCookies } from './brought-cookies.js'
import { fromCookieSession, fromExpressSession, fromIronSession, movingIn } from './index.js'
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
    const promised = new NewApp([fromCookieSession({ keys, map: (async () => ({})) as never })])
    await promised.see(await cookieOf(oldData))
    expect((promised.events[0] as unknown as { error: Error }).error.message).toContain(
      'map must return an object, and no promise',
    )
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

describe('the cookies of a request', () => {
  it('are read by name, in their order, without quotes and decoded', () => {
    const cookies = new BroughtCookies('a=1;  b="2%203" ; a=%E0%A4%A; =x; c; a=; aa=4')
    expect(cookies.values('a')).toEqual(['1', '%E0%A4%A'])
    expect(cookies.values('b')).toEqual(['2 3'])
    expect(cookies.raw('b')).toEqual(['2%203'])
    expect([cookies.has('a'), cookies.has('c'), cookies.has('d')]).toEqual([true, false, false])
    expect(cookies.names((name) => name.startsWith('a'))).toEqual(['a', 'aa'])
  })

  it.each(['\u00a0', '\u000b', '\ufeff'])('are not those behind another blank than a space or a tab (%#)', (blank) => {
    const cookies = new BroughtCookies(`${blank}__Host-a=forged; \t__Host-b=1\t`)
    expect([cookies.has('__Host-a'), cookies.raw('__Host-b')]).toEqual([false, ['1']])
  })

  it('are no more than a few, each no longer than a browser keeps', () => {
    const many = Array.from({ length: 100 }, (_, n) => `a=${n}`).join('; ')
    expect(new BroughtCookies(many).values('a')).toHaveLength(4)
    expect(new BroughtCookies(`a=${'x'.repeat(4097)}; a=${'x'.repeat(4096)}`).values('a')).toHaveLength(1)
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
