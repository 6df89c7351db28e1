import { describe, expect, it } from 'vitest'
import { CookieStore, movesIn, SessionManager } from '../index.js'
import {
  call,
  count,
  type MovingData,
  type MovingOptions,
  type MovingSetting,
  movingManager,
  read,
  shown,
  signIn,
  signOut,
} from '../testing/moving-in.js'
import { cookieAfter } from '../testing/response-cookies.js'
import { secret } from '../testing/secret.js'

const names = (response: Response): string[] => response.headers.getSetCookie().map((line) => line.split('=')[0] ?? '')

/** A release that can't bring in what the visitor's old session holds. */
function refusing(options: MovingOptions = {}): MovingSetting & { cookie: string; mended: MovingSetting } {
  const setting = movingManager({ maxDataBytes: 100, ...options })
  const { store, old, clock } = setting
  const cookie = old.keep('a1', { user: 'ada', note: 'x'.repeat(200) })
  const sessions = new SessionManager<MovingData>({ store, secret, now: clock.now, ...options }).startFrom(movesIn(old))
  return { ...setting, cookie, mended: { ...setting, sessions } }
}

describe.each<[string, MovingOptions]>([
  ['in the store', {}],
  ['in the cookie', { store: new CookieStore() }],
])('an old session that could not be brought in, beside one of ours %s', (_name, options) => {
  it('keeps its cookie when a session of ours begins, and as long as that goes on', async () => {
    const { cookie, ...setting } = refusing(options)
    const first = await call(setting, cookie, count)
    expect(names(first)).toEqual(['__Host-sid'])
    const both = `${cookie}; ${cookieAfter(first)}`
    expect(names(await call(setting, both, read))).toEqual([])
    expect(names(await call(setting, both, count))).not.toContain('old')
    expect(setting.old.records.size).toBe(1)
  })

  it('is brought in by a mended release once the one of ours is over', async () => {
    const { cookie, mended, ...setting } = refusing(options)
    const both = `${cookie}; ${cookieAfter(await call(setting, cookie, count))}`
    expect(names(await call(mended, both, read))).toEqual([])
    expect(await shown(mended, both)).toEqual({ visits: 1 })
    // The browser has forgotten ours.
    expect(await shown(mended, cookie)).toMatchObject({ user: 'ada' })
  })

  it('loses its cookie where ours gets a new id, as at a sign-in', async () => {
    const { cookie, ...setting } = refusing(options)
    const both = `${cookie}; ${cookieAfter(await call(setting, cookie, count))}`
    expect(names(await call(setting, both, signIn))).toEqual(['old', '__Host-sid'])
    expect(names(await call(setting, cookie, signIn))).toEqual(['old', '__Host-sid'])
  })

  it('is ended by a sign-out', async () => {
    const { cookie, mended, ...setting } = refusing(options)
    const both = `${cookie}; ${cookieAfter(await call(setting, cookie, count))}`
    expect(names(await call(setting, both, signOut))).toEqual(['old', '__Host-sid'])
    expect(setting.old.records.size).toBe(0)
    expect(await shown(mended, cookie)).toEqual({})
  })
})

describe('an old cookie that leads to a session of ours', () => {
  it('is removed by each answer that brings that one, since some may be lost', async () => {
    const setting = movingManager()
    const cookie = setting.old.keep('a1', { user: 'ada' })
    await call(setting, cookie, read)
    expect(names(await call(setting, cookie, read))).toEqual(['old', '__Host-sid'])
  })
})
