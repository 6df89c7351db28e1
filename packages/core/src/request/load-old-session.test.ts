import { describe, expect, it } from 'vitest'
import {
  type Arrival,
  CookieStore,
  MemoryStore,
  movesIn,
  type SessionHandle,
  SessionManager,
  SessionStoreError,
} from '../index.js'
import { liveSessions } from '../testing/live-sessions.js'
import {
  call,
  type MovingData,
  type MovingOptions,
  type MovingSetting,
  movingManager,
  read,
  shown,
  signOut,
} from '../testing/moving-in.js'
import { OldLibrary } from '../testing/old-library.js'
import { cookieAfter } from '../testing/response-cookies.js'
import { secret } from '../testing/secret.js'
import { stagedManager } from '../testing/staged-manager.js'
import { visit } from '../testing/visit.js'

const removal =
  'old=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/app; Domain=example.com; Secure; HttpOnly; SameSite=Lax'

describe("a visitor with a good cookie of another library's and none of ours", () => {
  it('starts with the old data under a new id, by reading alone, and loses the old cookie', async () => {
    const setting = movingManager()
    const cookie = setting.old.keep('a1', { user: 'ada' }, { owner: 'ada', label: 'Firefox' })
    const seen: unknown[] = []
    const response = await call(setting, cookie, async (handle) => {
      const session = await handle.read()
      seen.push(session.toJSON(), session.owner, session.label, session.isNew)
    })
    expect(seen).toEqual([{ user: 'ada' }, 'ada', 'Firefox', true])
    const [removed, set] = response.headers.getSetCookie()
    expect(removed).toBe(removal)
    expect(set).toMatch(/^__Host-sid=/)
    const ours = cookieAfter(response)
    expect(await shown(setting, ours)).toEqual({ user: 'ada' })
    expect(await setting.sessions.listByOwner('ada')).toHaveLength(1)
    expect(setting.old.records.size).toBe(0)
    expect(setting.events.map(({ type }) => type)).toEqual(['created', 'moved-in', 'loaded'])
  })

  it('starts with what the request changes of it', async () => {
    const setting = movingManager()
    const cookie = setting.old.keep('a1', { user: 'ada', visits: 1 })
    const response = await call(setting, cookie, async (handle) => {
      const session = await handle.write()
      session.update('visits', (n = 0) => n + 1)
      session.set('note', 'hi')
    })
    expect(await shown(setting, cookieAfter(response))).toEqual({ user: 'ada', visits: 2, note: 'hi' })
  })

  it('has the lifetime that was given', async () => {
    const setting = movingManager()
    const cookie = setting.old.keep('a1', { user: 'ada' }, { lifetime: { persistent: false, idleTimeout: 60 } })
    const response = await call(setting, cookie, read)
    expect(response.headers.getSetCookie()[1]).not.toContain('Max-Age')
    setting.clock.passes(61)
    expect(await shown(setting, cookieAfter(response))).toEqual({})
  })

  it('costs nothing where the request does not use its session', async () => {
    const setting = movingManager()
    const cookie = setting.old.keep('a1', { user: 'ada' })
    const answer = new Response()
    expect(await setting.sessions.handle(visit(cookie), () => answer)).toBe(answer)
    expect(setting.old.calls).toEqual([])
    expect(setting.store.calls).toEqual([])
  })

  it('waits for nothing where no old cookie came', () => {
    const { sessions, old } = movingManager()
    const handle = sessions.open('other=1')
    void handle.read()
    expect(old.calls).toEqual([])
  })

  it('is still at the old library after a handler that threw', async () => {
    const setting = movingManager()
    const cookie = setting.old.keep('a1', { user: 'ada' })
    const failing = call(setting, cookie, async (handle) => {
      await handle.read()
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    expect(setting.old.records.size).toBe(1)
    expect(await shown(setting, cookieAfter(await call(setting, cookie, read)))).toEqual({ user: 'ada' })
  })

  it('moves although the handler clears the session', async () => {
    const setting = movingManager()
    const cookie = setting.old.keep('a1', { user: 'ada' })
    const response = await call(setting, cookie, async (handle) => (await handle.write()).clear())
    expect(await shown(setting, cookieAfter(response))).toEqual({})
    expect(await shown(setting, cookie)).toEqual({})
  })

  it('can be read after the response, and moves with the next request', async () => {
    const setting = movingManager()
    const cookie = setting.old.keep('a1', { user: 'ada' })
    let handle: SessionHandle<MovingData> | undefined
    await call(setting, cookie, (given) => {
      handle = given
    })
    expect((await handle?.read())?.toJSON()).toEqual({ user: 'ada' })
    await expect(handle?.save((session) => session.set('note', 'hi'))).rejects.toThrow('already committed')
    expect(setting.old.records.size).toBe(1)
  })

  it('moves where the handler has a Request of its own within', async () => {
    const setting = movingManager()
    const cookie = setting.old.keep('a1', { user: 'ada' })
    const response = await setting.sessions.handle(visit(cookie), async (outer) => {
      ;(await outer.write()).set('note', 'outer')
      return call(setting, cookie, async (inner) => (await inner.write()).set('visits', 1))
    })
    expect(await shown(setting, cookieAfter(response))).toEqual({ user: 'ada', note: 'outer', visits: 1 })
    expect(await liveSessions(setting.sessions)).toBe(1)
  })

  it('moves where the response is no Response', async () => {
    const setting = movingManager()
    const cookie = setting.old.keep('a1', { user: 'ada' })
    const handle = setting.sessions.open(cookie)
    await handle.read()
    const headers = new Headers()
    await setting.sessions.commitHeaders(handle, headers)
    expect(headers.getSetCookie()[0]).toBe(removal)
    expect(await shown(setting, headers.getSetCookie()[1]?.split(';')[0] as string)).toEqual({ user: 'ada' })
  })

  it('moves into a session that lives in its cookie', async () => {
    const old = new OldLibrary()
    const sessions = new SessionManager<MovingData>({ store: new CookieStore(), secret }).startFrom(movesIn(old))
    const cookie = old.keep('a1', { user: 'ada' })
    const response = await call({ sessions }, cookie, read)
    expect(await shown({ sessions }, cookieAfter(response))).toEqual({ user: 'ada' })
  })
})

describe("a cookie of another library's", () => {
  it('brings nothing if it is forged or leads nowhere, and is left alone', async () => {
    const setting = movingManager()
    for (const [cookie, reason] of [
      ['old=forged', 'signature'],
      ['old=gone', 'unknown'],
    ] as const) {
      const response = await call(setting, cookie, read)
      expect(response.headers.getSetCookie()).toEqual([])
      expect(setting.events.splice(0)).toEqual([{ type: 'rejected', reason, from: 'old-library' }])
    }
    expect(setting.store.methods).not.toContain('create')
  })

  it('does not hide another one that is good', async () => {
    const setting = movingManager()
    setting.old.keep('a1', { user: 'ada' })
    const response = await call(setting, 'old=forged; old=gone; old=a1', read)
    expect(await shown(setting, cookieAfter(response))).toEqual({ user: 'ada' })
  })

  it('brings nothing where the visitor has one of ours, and stays where that has not come from it', async () => {
    const setting = movingManager()
    const { cookie: ours } = await setting.sessions.issue({ user: 'ours' })
    const cookie = `${setting.old.keep('a1', { user: 'ada' })}; ${ours}`
    const response = await call(setting, cookie, read)
    expect(response.headers.getSetCookie()).toEqual([])
    expect(await shown(setting, cookie)).toEqual({ user: 'ours' })
    expect(setting.old.calls).toEqual([])
  })

  it('does not bring back whom we have signed out everywhere', async () => {
    const setting = movingManager()
    const { cookie: ours, id } = await setting.sessions.issue({ user: 'ours' })
    await setting.sessions.destroy(id)
    const cookie = `${setting.old.keep('a1', { user: 'ada' })}; ${ours}`
    expect(await shown(setting, cookie)).toEqual({})
  })

  it('is removed beside one of ours that is dead, once another session begins', async () => {
    const setting = movingManager()
    const { cookie: ours, id } = await setting.sessions.issue({ user: 'ours' })
    await setting.sessions.destroy(id)
    const cookie = `${setting.old.keep('a1', { user: 'ada' })}; ${ours}`
    const response = await call(setting, cookie, async (handle) => (await handle.write()).set('visits', 1))
    expect(response.headers.getSetCookie()[0]).toBe(removal)
  })

  it('is good beside one that only has our name', async () => {
    const setting = movingManager()
    const cookie = `${setting.old.keep('a1', { user: 'ada' })}; __Host-sid=planted`
    expect(await shown(setting, cookie)).toEqual({ user: 'ada' })
  })

  it('may have our own name, at our own place or at another', async () => {
    for (const [path, removed] of [
      ['/', 0],
      ['/app', 1],
    ] as const) {
      const old = new OldLibrary()
      old.cookies = () => [{ name: 'old', path } as never]
      const setting = movingManager({ cookie: { name: 'old' } }, old)
      const response = await call(setting, old.keep('a1', { user: 'ada' }), read)
      expect(response.headers.getSetCookie()).toHaveLength(1 + removed)
      const ours = cookieAfter(response, '', 'old')
      expect(await shown(setting, ours)).toEqual({ user: 'ada' })
      // From then on only ours is there.
      expect((await call(setting, ours, read)).headers.getSetCookie()).toEqual([])
    }
  })

  it.each([
    ['is no data that a session can hold', { user: () => 1 }],
    ['the schema refuses', { user: 7 }],
  ])('brings nothing if what it leads to %s, and stays to be brought in later', async (_name, data) => {
    const schema = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (value: unknown) =>
          (value as MovingData).user === 'ada'
            ? { value: value as MovingData }
            : { issues: [{ message: 'no', path: ['user'] }] },
      },
    } as const
    const setting = movingManager({ schema })
    const cookie = setting.old.keep('a1', data)
    const response = await call(setting, cookie, read)
    expect(response.headers.getSetCookie()).toEqual([])
    expect(setting.events).toMatchObject([{ type: 'rejected', reason: 'data', from: 'old-library' }])
    expect(setting.old.records.size).toBe(1)
    const strict = movingManager({ schema, onInvalidData: 'throw' }, setting.old)
    await expect(strict.sessions.read(cookie)).rejects.toMatchObject({ code: 'ERR_SESSION_DATA' })
  })

  const limited = Object.assign(new MemoryStore(), { limits: { dataBytes: 4000, ownerBytes: 100 } })
  const long = 'x'.repeat(5000)

  it.each<[string, Arrival, MovingOptions]>([
    ['more data than `maxDataBytes`', { data: { note: long } }, { maxDataBytes: 4000 }],
    ['more data than the store takes', { data: { note: long } }, { store: limited }],
    ['a longer owner than the store takes', { data: { user: 'ada' }, owner: long }, { store: limited }],
    ['more data than a cookie takes', { data: { note: long } }, { store: new CookieStore() }],
    ['a longer owner than a cookie takes', { data: { user: 'ada' }, owner: long }, { store: new CookieStore() }],
    [
      'more data than a cookie takes that can be revoked',
      { data: { note: long } },
      { store: new CookieStore({ revocations: new MemoryStore() }) },
    ],
    [
      'more data than a cookie takes that is signed alone',
      { data: { note: long } },
      { store: new CookieStore({ encrypt: false }) },
    ],
  ])(
    'brings nothing if it leads to %s, and stays to be brought in later',
    async (_name, { data, ...more }, options) => {
      const setting = movingManager(options)
      const cookie = setting.old.keep('a1', { ...data }, more)
      const response = await call(setting, cookie, async (handle) => {
        expect((await handle.read()).toJSON()).toEqual({})
      })
      expect(response.headers.getSetCookie()).toEqual([])
      expect(setting.events).toMatchObject([
        { type: 'rejected', reason: 'data', from: 'old-library', error: { code: 'ERR_SESSION_TOO_LARGE' } },
      ])
      expect(setting.old.records.size).toBe(1)
      const strict = movingManager({ ...options, onInvalidData: 'throw' }, setting.old)
      await expect(strict.sessions.read(cookie)).rejects.toMatchObject({ code: 'ERR_SESSION_TOO_LARGE' })
    },
  )

  it('moves into a cookie or stays where it is, however little room is missing', async () => {
    const { sessions, old, events } = movingManager({ store: new CookieStore() })
    const outcomes: string[] = []
    for (let length = 2600; length < 2900; length++) {
      const note = 'x'.repeat(length)
      const cookie = old.keep(`a${length}`, { note })
      const ours = cookieAfter(await call({ sessions }, cookie, read))
      outcomes.push(`${events.map(({ type }) => type)}`)
      expect(await shown({ sessions }, ours)).toEqual(outcomes.at(-1) === 'rejected' ? {} : { note })
      events.length = 0
    }
    expect(new Set(outcomes)).toEqual(new Set(['created,moved-in', 'rejected']))
  })

  it('stays where it is if the request adds too much for a cookie', async () => {
    const setting = movingManager({ store: new CookieStore() })
    const cookie = setting.old.keep('a1', { user: 'ada' })
    const tooMuch = call(setting, cookie, async (handle) => (await handle.write()).set('note', long))
    await expect(tooMuch).rejects.toMatchObject({ code: 'ERR_SESSION_TOO_LARGE' })
    expect(setting.old.records.size).toBe(1)
    expect(await shown(setting, cookieAfter(await call(setting, cookie, read)))).toEqual({ user: 'ada' })
  })

  it('brings nothing if it leads to nothing', async () => {
    const setting = movingManager()
    const response = await call(setting, setting.old.keep('a1', {}), read)
    expect(response.headers.getSetCookie()).toEqual([])
    expect(await liveSessions(setting.sessions)).toBe(0)
  })
})

describe("another library's store that is down", () => {
  const failing = (options?: MovingOptions): MovingSetting & { cookie: string } => {
    const setting = movingManager(options)
    const cookie = setting.old.keep('a1', { user: 'ada' })
    setting.old.beforeLoad = () => {
      throw new Error('out of reach')
    }
    return { ...setting, cookie }
  }

  it('is an error and never a sign-out', async () => {
    const { sessions, cookie } = failing()
    await expect(sessions.read(cookie)).rejects.toThrow(SessionStoreError)
    await expect(sessions.read(cookie)).rejects.toThrow('"load of old-library"')
  })

  it('is what `onStoreFailure` says for those who only read', async () => {
    const setting = failing({ onStoreFailure: 'anonymous' })
    const session = await setting.sessions.read(setting.cookie)
    expect(session.isDegraded).toBe(true)
    await expect(setting.sessions.write(visit(setting.cookie))).rejects.toThrow(SessionStoreError)
    const response = await call(setting, setting.cookie, read)
    expect(response.headers.getSetCookie()).toEqual([])
  })

  it('has `storeTimeout` to answer', async () => {
    const setting = movingManager({ storeTimeout: 0.02 })
    const cookie = setting.old.keep('a1', { user: 'ada' })
    setting.old.beforeLoad = () => new Promise(() => {})
    await expect(setting.sessions.read(cookie)).rejects.toThrow(SessionStoreError)
  })
})

describe('startFrom', () => {
  it('can be called once', () => {
    const { sessions } = movingManager()
    expect(() => sessions.startFrom(movesIn(new OldLibrary()))).toThrow('startFrom was called before')
  })

  it('says what to do with old sessions that are not wrapped', () => {
    const { sessions } = stagedManager()
    // @ts-expect-error: the types say so as well.
    expect(() => sessions.startFrom(new OldLibrary())).toThrow(TypeError)
    for (const plain of [new OldLibrary(), {}, undefined] as never[]) {
      expect(() => sessions.startFrom(plain)).toThrow('startFrom(movesIn(oldSessions))')
    }
    for (const none of [{}, undefined] as never[]) expect(() => movesIn(none)).toThrow('movesIn takes old sessions')
  })

  it('leaves a sign-out without an old cookie as it was', async () => {
    const setting = movingManager()
    const { cookie } = await setting.sessions.issue({ user: 'ada' })
    expect((await call(setting, cookie, signOut)).headers.getSetCookie()).toHaveLength(1)
    expect(await liveSessions(setting.sessions)).toBe(0)
  })
})
