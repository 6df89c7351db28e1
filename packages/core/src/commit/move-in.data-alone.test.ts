import { describe, expect, it } from 'vitest'
import { gate } from '../testing/gate.js'
import { liveSessions } from '../testing/live-sessions.js'
import {
  call,
  count,
  movingVisitor,
  read,
  shown,
  signIn,
  signOut,
  type VisitorSetting,
  type Work,
} from '../testing/moving-in.js'
import type { OldLibrary } from '../testing/old-library.js'
import { cookieAfter } from '../testing/response-cookies.js'
import { visit } from '../testing/visit.js'

/** The cookie is that of each visitor whose data is this. */
function setUp(change: (old: OldLibrary) => void = () => {}): VisitorSetting {
  return movingVisitor((old) => {
    old.hasKeys = false
    change(old)
    // What such a cookie leads to is in the cookie.
    old.beforeLoad = () => void old.keep('a1', { user: 'ada', visits: 0 })
  })
}

const note =
  (text: string): Work =>
  async (handle) =>
    (await handle.write()).set('note', text)

describe('an old cookie that holds data alone, as other visitors with the same data have it,', () => {
  it.each([0, 59, 61, 3600])('brings another visitor a session of their own, %i seconds later', async (seconds) => {
    const setting = setUp()
    const one = cookieAfter(await call(setting, setting.cookie, note('of one')))
    setting.clock.passes(seconds)
    const other = cookieAfter(
      await call(setting, setting.cookie, async (handle) => {
        expect((await handle.read()).toJSON()).toEqual({ user: 'ada', visits: 0 })
        await note('of another')(handle)
      }),
    )
    expect(await shown(setting, one)).toEqual({ user: 'ada', visits: 0, note: 'of one' })
    expect(await shown(setting, other)).toEqual({ user: 'ada', visits: 0, note: 'of another' })
    expect(setting.events.filter(({ type }) => type === 'moved-in')).toHaveLength(2)
  })

  it.each([
    ['signs out', signOut],
    ['signs in', signIn],
  ])('keeps the session of another visitor alive where one %s', async (_name, work) => {
    const setting = setUp()
    const other = cookieAfter(await call(setting, setting.cookie, count))
    await call(setting, setting.cookie, work)
    expect(await shown(setting, other)).toEqual({ user: 'ada', visits: 1 })
    const ours = cookieAfter(await call(setting, setting.cookie, count))
    await call(setting, `${setting.cookie}; ${ours}`, work)
    expect(await shown(setting, other)).toEqual({ user: 'ada', visits: 1 })
    expect(await shown(setting, cookieAfter(await call(setting, setting.cookie, read)))).toMatchObject({ user: 'ada' })
  })

  it('brings a session to each of several requests at once', async () => {
    const setting = setUp()
    const { opened, open } = gate()
    let loaded = 0
    const responses = await Promise.all(
      [1, 2, 3].map(() =>
        call(setting, setting.cookie, async (handle) => {
          await handle.read()
          if (++loaded === 3) open()
          await opened
          await count(handle)
        }),
      ),
    )
    const cookies = responses.map((response) => cookieAfter(response))
    expect(new Set(cookies).size).toBe(3)
    for (const cookie of cookies) expect(await shown(setting, cookie)).toEqual({ user: 'ada', visits: 1 })
    expect(await liveSessions(setting.sessions)).toBe(3)
  })

  it('brings one session where the handler has a Request of its own within', async () => {
    const setting = setUp()
    const response = await setting.sessions.handle(visit(setting.cookie), async (outer) => {
      await note('outer')(outer)
      return call(setting, setting.cookie, count)
    })
    expect(await shown(setting, cookieAfter(response))).toEqual({ user: 'ada', note: 'outer', visits: 1 })
    expect(await liveSessions(setting.sessions)).toBe(1)
  })

  it.each([false, true])('leaves nothing in the store but sessions, with the old library kept: %s', async (isKept) => {
    const setting = setUp((old) => {
      old.isKept = isKept
    })
    await call(setting, setting.cookie, read)
    await call(setting, setting.cookie, signOut)
    expect(setting.store.methods).toEqual(['create'])
    expect(await liveSessions(setting.sessions)).toBe(1)
  })

  it('is removed by a move and by a sign-out', async () => {
    const setting = setUp()
    for (const work of [read, signOut]) {
      const response = await call(setting, setting.cookie, work)
      expect(response.headers.getSetCookie()[0]).toMatch(/^old=; Max-Age=0/)
    }
  })

  it('brings nothing where the visitor has one of ours', async () => {
    const setting = setUp()
    const ours = cookieAfter(await call(setting, setting.cookie, count))
    await call(setting, `${setting.cookie}; ${ours}`, count)
    expect(await shown(setting, ours)).toEqual({ user: 'ada', visits: 2 })
    expect(await liveSessions(setting.sessions)).toBe(1)
  })
})
