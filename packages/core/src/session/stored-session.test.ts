import { describe, expect, it } from 'vitest'
import { MemoryStore, SessionDataError, SessionError, type SessionEvent, SessionManager } from '../index.js'
import { cookieAfter } from '../testing/response-cookies.js'
import { secret } from '../testing/secret.js'
import { type Setting, stagedManager } from '../testing/staged-manager.js'
import { visit } from '../testing/visit.js'

interface Data {
  user: string
  visits: number
}

const setUp = stagedManager<Data>

describe('stored text that is no session data', () => {
  it.each(['', 'null', '[]', '1', '"text"', '{', 'undefined', 'true'])(
    'is a new session by default, or a SessionDataError that does not quote it: %j',
    async (data) => {
      const store = new MemoryStore()
      const events: SessionEvent[] = []
      const sessions = new SessionManager({ store, secret, onEvent: (event) => events.push(event) })
      const { cookie, id } = await sessions.issue({})
      const record = store.load(id)
      store.update(id, { ...(record as NonNullable<typeof record>), data, version: 2 })
      events.length = 0
      expect((await sessions.read(visit(cookie))).isNew).toBe(true)
      expect(events).toMatchObject([{ type: 'rejected', reason: 'data', id }])
      const strict = new SessionManager({ store, secret, onInvalidData: 'throw' })
      await expect(strict.read(visit(cookie))).rejects.toThrow(SessionDataError)
    },
  )
})

describe('stored data that is not what the codec makes', () => {
  const broken: [string, string][] = [
    ['nothing', ''],
    ['no JSON', '{"user":"ada"'],
    ['null', 'null'],
    ['an array', '["user","ada"]'],
    ['a number', '42'],
    ['a string', '"ada"'],
    ['true', 'true'],
  ]

  const withData = async (setting: Setting<Data>, data: string): Promise<{ cookie: string; id: string }> => {
    const issued = await setting.sessions.issue({ user: 'ada' })
    const record = setting.store.memory.load(issued.id)
    if (record === undefined) throw new Error('not stored')
    setting.store.memory.update(issued.id, { ...record, data, version: record.version + 1 })
    return issued
  }

  it.each(broken)('(%s) is a new session under a new id, an event tells, and nothing is shown', async (_, data) => {
    const setting = setUp()
    const { sessions, store, events } = setting
    const { cookie, id } = await withData(setting, data)
    const response = await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      expect(session.isNew).toBe(true)
      expect(session.size).toBe(0)
      expect(session.id).not.toBe(id)
      session.set('visits', 1)
      return new Response()
    })
    expect(events).toContainEqual(expect.objectContaining({ type: 'rejected', reason: 'data', id }))
    expect((await sessions.read(visit(cookieAfter(response)))).toJSON()).toEqual({ visits: 1 })
    expect(store.memory.load(id)?.data).toBe(data)
  })

  it.each(broken)('(%s) is a SessionDataError if that is asked for, and the record stays', async (_, data) => {
    const setting = setUp({ onInvalidData: 'throw' })
    const { sessions, store } = setting
    const { cookie, id } = await withData(setting, data)
    const error: unknown = await sessions.read(visit(cookie)).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(SessionDataError)
    expect(error).toMatchObject({ code: 'ERR_SESSION_DATA' })
    expect(store.memory.load(id)?.data).toBe(data)
  })

  it('in other fields of the record is treated the same', async () => {
    const fields: object[] = [
      { data: undefined },
      { data: { user: 'ada' } },
      { createdAt: undefined },
      { createdAt: 'yesterday' },
      { expiresAt: Number.NaN },
      { expiresAt: undefined },
      { version: undefined },
      { meta: '{' },
      { meta: 'null' },
      { meta: '[]' },
    ]
    for (const field of fields) {
      const { sessions, store } = setUp()
      const { cookie, id } = await sessions.issue({ user: 'ada' })
      const record = store.memory.load(id)
      const tampered = new SessionManager<Data>({
        store: {
          load: () => ({ ...record, ...field }) as never,
          create: (newId, newRecord) => store.memory.create(newId, newRecord),
          update: () => expect.unreachable(),
          touch: () => expect.unreachable(),
          delete: () => false,
        },
        secret,
        now: () => 1_800_000_000_000,
      })
      const session = await tampered.read(visit(cookie))
      if (session.isNew) {
        expect(session.id).not.toBe(id)
        expect(session.size, JSON.stringify(field)).toBe(0)
      } else {
        // Notes that mean nothing may be passed over, as those of a record that another program wrote.
        expect(Object.keys(field), JSON.stringify(field)).toEqual(['meta'])
        expect(Number.isFinite(session.expiresAt.getTime())).toBe(true)
      }
    }
  })

  it('which another writes while a request holds the session is not written over', async () => {
    const setting = setUp()
    const { sessions, store } = setting
    const { cookie, id } = await sessions.issue({ user: 'ada' })
    const handle = sessions.open(visit(cookie))
    const session = await handle.write()
    const record = store.memory.load(id)
    if (record === undefined) throw new Error('not stored')
    store.memory.update(id, { ...record, data: 'rubbish', version: 2 })
    session.set('visits', 1)
    await handle.save().catch((error: unknown) => expect(error).toBeInstanceOf(SessionError))
    expect(store.memory.load(id)?.data).toBe('rubbish')
  })
})
