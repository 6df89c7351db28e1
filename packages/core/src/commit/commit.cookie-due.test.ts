import { describe, expect, it } from 'vitest'
import { type SessionHandle, SessionManager } from '../index.js'
import { gate } from '../testing/gate.js'
import { maxAgeOf, sessionCookies } from '../testing/response-cookies.js'
import { secret } from '../testing/secret.js'
import { reading } from '../testing/serve.js'
import { type Counter, type SessionAtSecondZero, sessionAtSecondZero } from '../testing/session-at-second-zero.js'
import { visit } from '../testing/visit.js'

type Save = (handle: SessionHandle<Counter>) => Promise<void>

const counted: Save = (handle) => handle.save((session) => void session.update('count', (n = 0) => n + 1))
const used: Save = async (handle) => {
  await handle.read()
  await handle.save()
}

type Setting = SessionAtSecondZero

/** Writes that can send no cookie. */
const writers: [string, (setting: Setting) => Promise<(save: Save) => Promise<void>>][] = [
  [
    'a socket, which knows the text of its cookie',
    async ({ sessions, cookie }) =>
      (save) =>
        save(sessions.open(cookie)),
  ],
  [
    'a socket, which knows the headers of its upgrade',
    async ({ sessions, cookie }) =>
      (save) =>
        save(sessions.open(visit(cookie).headers)),
  ],
  [
    'a socket, which knows the request of its upgrade',
    async ({ sessions, cookie }) =>
      (save) =>
        save(sessions.open(visit(cookie))),
  ],
  [
    'a stream, whose headers have gone out',
    async ({ sessions, cookie }) => {
      let held: SessionHandle<Counter> | undefined
      await sessions.handle(visit(cookie), async (handle) => {
        held = handle
        return new Response()
      })
      return (save) => save(held as SessionHandle<Counter>)
    },
  ],
]

describe.each(writers)('a cookie beside %s,', (_name, begin) => {
  it.each([
    ['reads', 'read', 'saves a change', counted],
    ['writes', 'count', 'saves a change', counted],
    ['reads', 'read', 'saves a use alone', used],
  ] as const)(
    'lags behind the record by a tenth of the idle time and the pause between two pages at most: one that %s, and it %s',
    async (...args) => {
      const [, page, , save] = args
      const setting = await sessionAtSecondZero()
      const act = await begin(setting)
      let forgets = maxAgeOf(setting.setCookie) as number
      for (let second = 10; second < 2500; second += 10) {
        setting.at(second)
        await act(save)
        if (second % 30 !== 0) continue
        const [line] = await setting[page]()
        if (line !== undefined) forgets = second + (maxAgeOf(line) as number)
        expect((await setting.deadline()) - forgets).toBeLessThanOrEqual(100)
      }
    },
  )

  it('is sent once: the response that brings it says so in the record', async () => {
    const setting = await sessionAtSecondZero()
    const act = await begin(setting)
    setting.at(110)
    await act(counted)
    setting.store.forget()
    expect([await setting.read(), await setting.read()]).toEqual([[expect.stringContaining('Max-Age=1000')], []])
    expect(setting.store.methods).toEqual(['load', 'update', 'load'])
    expect(setting.store.memory.load(setting.id)?.meta).not.toContain('due')
  })

  it('costs a page that reads no write as long as it is not behind', async () => {
    const setting = await sessionAtSecondZero()
    const act = await begin(setting)
    setting.at(50)
    await act(counted)
    setting.store.forget()
    expect([await setting.read(), setting.store.methods]).toEqual([[], ['load']])
  })

  it('has changed options with the next page that writes: it has noted none of them for itself', async () => {
    const setting = await sessionAtSecondZero({ cookie: { persistent: false } })
    const changed = setting.managerOf({ cookie: { persistent: false, sameSite: 'strict' } })
    const act = await begin({ ...setting, sessions: changed })
    await act(counted)
    expect(await setting.count(changed)).toEqual([expect.stringContaining('SameSite=Strict')])
    await act(counted)
    expect(await setting.count(changed)).toEqual([])
  })

  it('gets a lifetime that it sets', async () => {
    const setting = await sessionAtSecondZero()
    const act = await begin(setting)
    await act((handle) => handle.save((session) => session.setLifetime({ persistent: false })))
    const [line] = await setting.read()
    expect([maxAgeOf(line), line]).toEqual([undefined, expect.stringContaining('__Host-sid=')])
    expect(await setting.read()).toEqual([])
  })
})

describe('a cookie that is due', () => {
  it.each([
    ['longer', { idleTimeout: 5000 }, 5000],
    ['shorter', { idleTimeout: 300 }, 300],
    ['as long as the browser is open', { persistent: false }, undefined],
  ])('is sent with the next page, after edit has made the lifetime %s', async (_name, own, age) => {
    const { sessions, id, read } = await sessionAtSecondZero()
    await sessions.edit(id, (session) => session.setLifetime(own))
    await sessions.edit(id, (session) => void session.set('count', 1))
    const lines = await read()
    expect(lines.map(maxAgeOf)).toEqual([age])
    expect(await read()).toEqual([])
  })

  it('is sent by the page whose write is made together with that of the socket', async () => {
    const { sessions, store, cookie, at, read, id } = await sessionAtSecondZero()
    at(50)
    const isPageLoaded = gate()
    const goOn = gate()
    const page = sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      isPageLoaded.open()
      await goOn.opened
      session.update('count', (n = 0) => n + 1)
      return new Response()
    })
    await isPageLoaded.opened
    at(110)
    await counted(sessions.open(cookie))
    expect(store.memory.load(id)?.meta).toContain('due')
    goOn.open()
    expect(sessionCookies(await page)).toHaveLength(1)
    expect(await read()).toEqual([])
    expect(store.memory.load(id)?.meta).not.toContain('due')
  })

  it('stays due where a page fails', async () => {
    const { sessions, cookie, at, read } = await sessionAtSecondZero()
    at(110)
    await counted(sessions.open(cookie))
    const failing = sessions.handle(visit(cookie), async (handle) => {
      await handle.read()
      throw new RangeError('of the page')
    })
    await expect(failing).rejects.toThrow(RangeError)
    expect(await read()).toHaveLength(1)
  })

  it('stays due while an exclusive work is done without a response', async () => {
    const { sessions, cookie, at, read } = await sessionAtSecondZero()
    at(110)
    await counted(sessions.open(cookie))
    await sessions.open(cookie).exclusive(() => {})
    expect(await read()).toHaveLength(1)
  })
})

describe('save() in a request that ends with a response', () => {
  it('is one write, also where the cookie follows', async () => {
    const { sessions, cookie, store, at } = await sessionAtSecondZero()
    at(110)
    const response = await sessions.handle(visit(cookie), async (handle) => {
      await counted(handle)
      return new Response()
    })
    expect(sessionCookies(response)).toHaveLength(1)
    expect(store.methods).toEqual(['load', 'update'])
  })

  /** As an application does by itself whose framework has no Request. */
  async function byText({ sessions }: Pick<Setting, 'sessions'>, cookie: string): Promise<string[]> {
    const headers = new Headers()
    const handle = sessions.open(cookie)
    await counted(handle)
    await sessions.commitHeaders(handle, headers)
    return headers.getSetCookie()
  }

  it('of a new session is one write, where no adapter is at work', async () => {
    const setting = await sessionAtSecondZero()
    expect(await byText(setting, '')).toHaveLength(1)
    expect(setting.store.methods).toEqual(['create'])
  })

  it('is one write where the cookie is not behind, and the cookie comes with another one where it is', async () => {
    const setting = await sessionAtSecondZero()
    setting.at(50)
    expect(await byText(setting, setting.cookie)).toEqual([])
    expect(setting.store.methods).toEqual(['load', 'update'])
    setting.at(110)
    setting.store.forget()
    expect(await byText(setting, setting.cookie)).toHaveLength(1)
    expect(setting.store.methods).toEqual(['load', 'update', 'update'])
    expect(await setting.read()).toEqual([])
  })

  it('brings changed options of the cookie', async () => {
    const setting = await sessionAtSecondZero()
    const sessions = setting.managerOf({ cookie: { sameSite: 'strict' } })
    expect(await byText({ sessions }, setting.cookie)).toEqual([expect.stringContaining('SameSite=Strict')])
    expect(await byText({ sessions }, setting.cookie)).toEqual([])
  })
})

describe('requests at the same moment', () => {
  it('that only read go on where the data is larger by now than may be stored', async () => {
    const { store, cookie, clock, at } = await sessionAtSecondZero()
    const smaller = new SessionManager({ store, secret, now: clock.now, idleTimeout: 1000, maxDataBytes: 10 })
    at(950)
    const allRead = gate()
    store.before('update', () => allRead.opened)
    let readers = 0
    const look = (): void => {
      if (++readers === 3) allRead.open()
    }
    const pages = [1, 2, 3].map(() => reading(smaller, cookie, look))
    for (const response of await Promise.all(pages)) expect(sessionCookies(response)).toHaveLength(1)
  })
})
