import { describe, expect, it } from 'vitest'
import { MemoryStore, SessionManager, SessionTooLargeError } from '../index.js'
import { cookieAfter } from '../testing/response-cookies.js'
import { secret } from '../testing/secret.js'
import { writing } from '../testing/serve.js'
import { StagedStore } from '../testing/staged-store.js'
import { visit } from '../testing/visit.js'

const manager = (): SessionManager => new SessionManager({ store: new MemoryStore(), secret, maxDataBytes: 1e7 })

const nested = (depth: number): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth))
const nestedObjects = (depth: number): unknown => JSON.parse(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`)

/** All that walks over a value: set, equal set, read, write, change in place, update, merge. */
async function useAll(value: unknown): Promise<void> {
  const sessions = manager()
  const response = await writing(sessions, '', (session) => session.set('deep', value).set('deep', value))
  const cookie = cookieAfter(response)
  const read = await sessions.read(visit(cookie))
  read.get('deep')
  read.toJSON()
  await sessions.handle(visit(cookie), async (handle) => {
    const session = await handle.write()
    session.get('deep')
    session.update('deep', (deep) => deep)
    session.set('more', value)
    await writing(sessions, cookie, (other) => other.set('other', 1))
    return new Response()
  })
  expect((await sessions.read(visit(cookie))).keys().sort()).toEqual(['deep', 'more', 'other'])
}

describe('a value that is nested', () => {
  it.each([
    ['arrays', nested],
    ['objects', nestedObjects],
  ])('500 levels deep is fine, in %s', async (_, make) => {
    await useAll(make(500))
  })

  it.each([501, 4000, 100_000])(
    '%d levels deep is a TypeError that names the key, where it is set, and at once',
    async (depth) => {
      // Built without recursion, which the parser might have.
      let arrays: unknown = []
      let objects: unknown = 1
      for (let level = 1; level < depth; level++) arrays = [arrays]
      for (let level = 0; level < depth; level++) objects = { a: objects }
      for (const value of [arrays, objects]) {
        await writing(manager(), '', (session) => {
          const started = performance.now()
          expect(() => session.set('deep', value)).toThrow(TypeError)
          expect(() => session.set('deep', value)).toThrow(/"deep".*500 levels/)
          expect(() => session.update('deep', () => value)).toThrow(/"deep"/)
          expect(performance.now() - started).toBeLessThan(1000)
        })
      }
    },
  )

  it('too deep in place is a TypeError that names the key, at the commit, and nothing is stored', async () => {
    const store = new StagedStore()
    const sessions = new SessionManager<{ list: unknown[] }>({ store, secret })
    const { cookie, id } = await sessions.issue({ list: [] })
    const before = store.memory.load(id)
    let deep: unknown = []
    for (let level = 0; level < 5000; level++) deep = [deep]
    const written = writing(sessions, cookie, (session) => void session.get('list')?.push(deep))
    await expect(written).rejects.toThrow(TypeError)
    await expect(written).rejects.toThrow(/"list"/)
    expect(store.memory.load(id)).toEqual(before)
  })
})

describe('a walk over a value', () => {
  it.each<[string, (size: number) => unknown]>([
    ['empty arrays beside a deep one', (size) => [nested(400), ...Array.from({ length: size }, () => [])]],
    ['objects', (size) => Array.from({ length: size }, (_, index) => ({ index, of: { some: 'kind' } }))],
    [
      'one wide object',
      (size) => Object.fromEntries(Array.from({ length: size }, (_, index) => [`key${index}`, [index]])),
    ],
  ])('takes time linear in its size: %s', async (_, make) => {
    const timeFor = async (size: number): Promise<number> => {
      const value = make(size)
      const started = performance.now()
      await useAll(value)
      return performance.now() - started
    }
    await timeFor(1000)
    const isLinear = async (): Promise<boolean> => {
      const small = await timeFor(4000)
      // Ten times the size; quadratic would be a hundred times.
      return (await timeFor(40_000)) < Math.max(small, 20) * 45
    }
    // Something else may have had the machine in between: that is no matter of size, and does not come three times.
    expect((await isLinear()) || (await isLinear()) || (await isLinear())).toBe(true)
  })
})

describe('more data than fits', () => {
  it('is a SessionTooLargeError at the commit, with size and limit in bytes, and nothing is stored', async () => {
    const store = new StagedStore()
    const sessions = new SessionManager<{ text: string }>({ store, secret, maxDataBytes: 100 })
    // {"text":""} are 11 bytes.
    await writing(sessions, '', (session) => session.set('text', 'x'.repeat(89)))
    const { cookie, id } = await sessions.issue({ text: 'é' })
    const before = store.memory.load(id)
    for (const text of ['x'.repeat(90), 'é'.repeat(45), '😀'.repeat(23)]) {
      const written = writing(sessions, cookie, (session) => session.set('text', text))
      await expect(written).rejects.toThrow(SessionTooLargeError)
      await expect(written).rejects.toMatchObject({ code: 'ERR_SESSION_TOO_LARGE', limit: 100 })
      await expect(written).rejects.toHaveProperty('size', 11 + new TextEncoder().encode(text).length)
    }
    expect(store.memory.load(id)).toEqual(before)
  })

  it('is 262 144 bytes by default', async () => {
    const sessions = new SessionManager<{ text: string }>({ store: new MemoryStore(), secret })
    await sessions.issue({ text: 'x'.repeat(262_133) })
    await expect(sessions.issue({ text: 'x'.repeat(262_134) })).rejects.toMatchObject({ size: 262_145, limit: 262_144 })
  })

  it('for the store is refused before the store does: data and owner', async () => {
    const store = Object.assign(new StagedStore(), { limits: { dataBytes: 50, ownerBytes: 10 } })
    const sessions = new SessionManager<{ text: string }>({ store, secret })
    await expect(sessions.issue({ text: 'x'.repeat(40) })).rejects.toMatchObject({ limit: 50 })
    await expect(sessions.issue({ text: 'x' }, { owner: 'é'.repeat(6) })).rejects.toMatchObject({ size: 12, limit: 10 })
    expect(store.calls).toEqual([])
    await sessions.issue({ text: 'x' }, { owner: 'é'.repeat(5) })
  })

  it('that two requests make together is refused for the one that is too late', async () => {
    const sessions = new SessionManager<Record<string, string>>({ store: new MemoryStore(), secret, maxDataBytes: 100 })
    const { cookie } = await sessions.issue({})
    const late = sessions.handle(visit(cookie), async (handle) => {
      ;(await handle.write()).set('a', 'x'.repeat(60))
      await writing(sessions, cookie, (session) => session.set('b', 'x'.repeat(60)))
      return new Response()
    })
    await expect(late).rejects.toThrow(SessionTooLargeError)
    expect((await sessions.read(visit(cookie))).keys()).toEqual(['b'])
  })
})
