import { describe, expect, it } from 'vitest'
import { CookieStore, MemoryStore, SessionManager, SessionStoreError } from '../index.js'
import { call, movingManager, movingVisitor, read, shown, signIn, signOut } from '../testing/moving-in.js'
import { secret } from '../testing/secret.js'
import { StagedStore } from '../testing/staged-store.js'
import { randomText } from './base64url.js'
import { isId, noteIdOf } from './note-id.js'

/** All keys that a store has been asked for. */
const keysOf = (store: StagedStore): string[] => [...new Set(store.calls.map(({ id }) => id))]

describe('the id of a note', () => {
  it('has the shape that stores know, and is that of no session', () => {
    for (let i = 0; i < 1000; i++) {
      const id = randomText()
      expect(isId(id)).toBe(true)
      expect(noteIdOf(id)).toMatch(/^[\w-]{43}$/)
      expect(isId(noteIdOf(id))).toBe(false)
    }
  })
})

describe('what is noted of a session of another library', () => {
  it.each([
    ['moved here', read],
    ['was signed out', signOut],
    ['moved here and got a new id', signIn],
  ])('can not be undone by whoever knows where the note is, after it %s', async (_, work) => {
    const setting = movingVisitor((old) => {
      old.grace = 0
    })
    const { sessions, store, cookie, old } = setting
    await call(setting, cookie, work)
    // As a cookie is that holds all of its session.
    old.keep('a1', { user: 'ada' })
    for (const id of keysOf(store)) {
      await sessions.destroy(id)
      expect(await sessions.edit(id, (session) => session.destroy())).toBe(false)
      expect(await sessions.peek(id)).toBe(undefined)
    }
    await sessions.destroyByOwner('ada')
    expect(await shown(setting, cookie)).toEqual({})
  })

  it('is in no list', async () => {
    const setting = movingManager()
    await call(setting, setting.old.keep('a1', { user: 'ada' }, { owner: 'ada' }), read)
    const { sessions } = await setting.sessions.list()
    expect(sessions).toEqual(await setting.sessions.listByOwner('ada'))
    expect(sessions.map(({ id }) => isId(id))).toEqual([true])
  })
})

describe('what revocations note of an owner', () => {
  /** Where the note is, which whoever knows the owner can find out. */
  async function placeOf(owner: string): Promise<string> {
    const revocations = new StagedStore()
    await new SessionManager({ store: new CookieStore({ revocations }), secret }).destroyByOwner(owner)
    const [key, ...others] = keysOf(revocations)
    expect(others).toEqual([])
    return key as string
  }

  it('can not be made by destroy', async () => {
    const sessions = new SessionManager({ store: new CookieStore({ revocations: new MemoryStore() }), secret })
    const { cookie } = await sessions.issue({ user: 'ada' }, { owner: 'ada' })
    expect(await sessions.destroy(await placeOf('ada'))).toBe(false)
    expect((await sessions.read(cookie)).isNew).toBe(false)
    await sessions.destroyByOwner('ada')
    expect((await sessions.read(cookie)).isNew).toBe(true)
  })

  it.each(['', 'null', '{}', '{"time":1}', '{"time":"1","floor":1}'])(
    'is an error if another program has written %j over it, and ends nothing less',
    async (data) => {
      const revocations = new MemoryStore()
      const store = new CookieStore({ revocations, maxStaleness: 0 })
      const sessions = new SessionManager({ store, secret })
      const { cookie } = await sessions.issue({ user: 'ada' }, { owner: 'ada' })
      await sessions.destroyByOwner('ada')
      const key = await placeOf('ada')
      const record = revocations.load(key)
      if (record === undefined) return expect.unreachable()
      revocations.update(key, { ...record, data, version: record.version + 1 })
      await expect(sessions.read(cookie)).rejects.toThrow(SessionStoreError)
      await expect(sessions.destroyByOwner('ada')).rejects.toThrow(SessionStoreError)
    },
  )
})
