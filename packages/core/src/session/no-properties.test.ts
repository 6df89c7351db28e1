import { describe, expect, it } from 'vitest'
import { MemoryStore, type SessionHandle, SessionManager } from '../index.js'
import { sessionCookies } from '../testing/response-cookies.js'
import { secret } from '../testing/secret.js'
import { reading, writing } from '../testing/serve.js'
import { visit } from '../testing/visit.js'

const sessions = new SessionManager({ store: new MemoryStore(), secret })

/** What those write who come from a library whose session is an object to put things on. */
const habits: Readonly<Record<string, (target: { user?: string }) => void>> = {
  'in a module': (target) => {
    target.user = 'ada'
  },
  // As a script that is not strict sets it: what is refused there without an error, nobody hears of.
  'where nobody looks whether it was': (target) => void Reflect.set(target, 'user', 'ada'),
  'with Object.assign': (target) => void Object.assign(target, { user: 'ada' }),
}

describe.each(Object.entries(habits))('a property that is set %s', (_where, act) => {
  it.each<[string, (handle: SessionHandle) => object | Promise<object>]>([
    ['a session that can be written', (handle) => handle.write()],
    ['a session that can be read', (handle) => handle.read()],
    ['a handle', (handle) => handle],
  ])('on %s is a TypeError that says what to do', async (_what, of) => {
    const target = await of(sessions.open(visit()))
    expect(() => act(target)).toThrow(TypeError)
    expect(() => act(target)).toThrow('user is not kept: ')
    expect(() => act(target)).toThrow('use write() and set(key, value)')
  })
})

describe('a session', () => {
  it('can be awaited, shown and asked for what it does not have', async () => {
    const session = await sessions.read(visit())
    expect(await session).toBe(session)
    expect(JSON.stringify(session)).toBe('{}')
    expect((session as { user?: string }).user).toBe(undefined)
    expect(session instanceof Object).toBe(true)
  })
})

describe('a key', () => {
  it.each([
    ['an object', { user: 'ada' }],
    ['a symbol', Symbol('user')],
    ['nothing', undefined],
  ])('that is %s is a TypeError, and not stored nowhere', async (_what, key) => {
    const response = await writing(sessions, '', (session) => {
      expect(() => session.set(key as never, 1)).toThrow(/key must be a string/)
      expect(() => session.set(key as never, undefined)).toThrow(/key must be a string/)
      expect(() => session.update(key as never, () => 1)).toThrow(/key must be a string/)
    })
    expect(sessionCookies(response)).toEqual([])
  })

  it('may be a number', async () => {
    const { cookie } = await sessions.issue({ 1: 'one' })
    await reading(sessions, cookie, (session) => expect(session.get('1')).toBe('one'))
  })
})
