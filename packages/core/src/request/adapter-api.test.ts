import { beforeEach, describe, expect, it } from 'vitest'
import {
  completeHeaders,
  isDueUnused,
  SessionConflictError,
  type SessionEvent,
  type SessionHandle,
  SessionManager,
  signOutAtOnce,
  tellFailure,
} from '../index.js'
import { ofAnotherCopy } from '../testing/of-another-copy.js'
import { secret } from '../testing/secret.js'
import { StagedStore } from '../testing/staged-store.js'

interface Data {
  user: string
}

let store: StagedStore
let events: SessionEvent[]

const manager = (options: object = {}): SessionManager<Data> =>
  new SessionManager<Data>({ store, secret, onEvent: (event) => events.push(event), ...options })

beforeEach(() => {
  store = new StagedStore()
  events = []
})

describe('completeHeaders', () => {
  it('is no promise for a session that nobody has asked for, and touches no header', () => {
    const headers = new Headers()
    expect(completeHeaders(manager().open(undefined), headers)).toBeUndefined()
    expect([...headers]).toEqual([])
  })

  it('is no promise for one that was only read, from a store that answers at once', async () => {
    const sessions = manager()
    const { cookie } = await sessions.issue({ user: 'ada' })
    const handle = sessions.open(cookie)
    await handle.read()
    const headers = new Headers()
    expect(completeHeaders(handle, headers)).toBeUndefined()
    expect(headers.get('vary')).toBe('Cookie')
  })

  it('stores what changed, and puts the cookie on any kind of headers', async () => {
    const sessions = manager()
    const handle = sessions.open(undefined)
    ;(await handle.write()).set('user', 'ada')
    const headers = new Headers({ 'cache-control': 'public, max-age=60', 'set-cookie': 'other=1' })
    const { get, has, set, append, delete: remove, keys, getSetCookie } = headers
    const parts = { get, has, set, append, delete: remove, keys, getSetCookie }
    const bound = Object.entries(parts).map(([name, method]) => [name, method.bind(headers)])
    await completeHeaders(handle, Object.fromEntries(bound))
    expect([headers.getSetCookie().length, headers.get('cache-control'), store.memory.size]).toEqual([
      2,
      'private, max-age=60',
      1,
    ])
  })

  it('throws what went wrong, tells onEvent, and then sends no cookie', async () => {
    const sessions = manager()
    const handle = sessions.open(undefined)
    ;(await handle.write()).set('user', 'ada')
    store.fail('create')
    await expect((async () => completeHeaders(handle, new Headers()))()).rejects.toMatchObject({
      code: 'ERR_SESSION_STORE',
    })
    expect(events.map(({ type }) => type)).toEqual(['failed'])
    const headers = new Headers()
    store.forget()
    await completeHeaders(handle, headers, { save: 'nothing' })
    expect([headers.getSetCookie(), headers.get('vary'), store.methods]).toEqual([[], 'Cookie', []])
  })

  it('carries out a sign-out alone for a request that failed', async () => {
    const sessions = manager()
    const { id, cookie } = await sessions.issue({ user: 'ada' })
    const [changed, ended] = [sessions.open(cookie), sessions.open(cookie)]
    ;(await changed.write()).set('user', 'eve')
    await completeHeaders(changed, new Headers(), { save: 'sign-out' })
    expect((await sessions.peek(id))?.get('user')).toBe('ada')
    ;(await ended.write()).destroy()
    await completeHeaders(ended, new Headers(), { save: 'sign-out' })
    expect(await sessions.peek(id)).toBeUndefined()
  })

  it.each([
    ['an object', {}],
    ['nothing', undefined],
    ['a function', manager],
  ])('takes a handle that a manager has opened, and nothing else: %s', (_name, other) => {
    expect(() => completeHeaders(other as never, new Headers())).toThrow(/TypeError|no handle of a session/)
  })

  it('takes one that another copy of this package has made', async () => {
    const handle = ofAnotherCopy(manager({ persistence: 'always' }).open(undefined))
    expect(isDueUnused(handle)).toBe(true)
    ;(await handle.write()).set('user', 'ada')
    const headers = new Headers()
    await completeHeaders(handle, headers)
    expect([headers.getSetCookie().length, headers.get('vary'), store.memory.size]).toEqual([1, 'Cookie', 1])
  })
})

describe('isDueUnused', () => {
  it.each([
    ['changed', '__Host-sid=a.b', false],
    ['existing', '', false],
    ['existing', '__Host-sid=a.b', true],
    ['always', '', true],
  ] as const)('with persistence %s and the cookie "%s" is %s', (persistence, cookie, expected) => {
    expect(isDueUnused(manager({ persistence }).open(cookie))).toBe(expected)
  })
})

describe('tellFailure', () => {
  it('tells onEvent of an error of a session, and of no other', async () => {
    const handle = manager().open(undefined)
    tellFailure(handle, new Error('of the application'))
    store.fail('load')
    const { cookie } = await manager().issue({ user: 'ada' })
    const error = await manager()
      .read(cookie)
      .catch((error: unknown) => error)
    events.length = 0
    tellFailure(handle, error)
    expect(events).toEqual([{ type: 'failed', error }])
  })

  it('hides no error behind one of its own, whatever the handle is', () => {
    const error = new SessionConflictError(1)
    const told: unknown[] = []
    const ofAnotherCopy = { tellFailure: (error: unknown) => told.push(error) }
    tellFailure(ofAnotherCopy as never, error)
    tellFailure({} as never, error)
    expect(told).toEqual([error])
  })
})

describe('signOutAtOnce', () => {
  const destroyed = async (): Promise<void> => {
    while (events.at(-1)?.type !== 'destroyed') await new Promise((soon) => setTimeout(soon))
  }

  async function open(): Promise<SessionHandle<Data>> {
    const { cookie } = await manager().issue({ user: 'ada' })
    store.forget()
    events.length = 0
    return manager().open(cookie)
  }

  it('carries out what was asked for before, and what is from then on', async () => {
    const before = await open()
    ;(await before.write()).destroy()
    signOutAtOnce(before)
    await destroyed()
    const after = await open()
    signOutAtOnce(after)
    const session = await after.write()
    session.destroy()
    await destroyed()
    expect(store.memory.size).toBe(0)
  })

  it('is carried out by a handle of another copy of this package', async () => {
    const handle = ofAnotherCopy(await open())
    signOutAtOnce(handle)
    ;(await handle.write()).destroy()
    await destroyed()
    expect(store.memory.size).toBe(0)
  })

  it('leaves all else to the commit, which does not do it again', async () => {
    const handle = await open()
    signOutAtOnce(handle)
    const session = await handle.write()
    session.set('user', 'bob')
    expect(store.methods).toEqual(['load'])
    session.destroy()
    const headers = new Headers()
    await completeHeaders(handle, headers)
    expect([store.methods, headers.getSetCookie().join()]).toEqual([
      ['load', 'update', 'delete'],
      expect.stringContaining('Max-Age=0'),
    ])
  })

  it('touches nothing where nobody asks, or where all is over', async () => {
    const unused = await open()
    signOutAtOnce(unused)
    const over = await open()
    await completeHeaders(over, new Headers())
    signOutAtOnce(over)
    expect([store.methods, events]).toEqual([[], []])
  })

  it('leaves a sign-out that is being stored to who stores it', async () => {
    const handle = await open()
    ;(await handle.write()).destroy()
    store.fail('delete')
    const completing = completeHeaders(handle, new Headers())
    signOutAtOnce(handle)
    await expect(completing).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
    expect(store.methods.filter((method) => method === 'delete')).toHaveLength(1)
  })

  it('tells onEvent of a store that fails, and leaves the session to be ended by the commit', async () => {
    const handle = await open()
    signOutAtOnce(handle)
    store.fail('delete')
    ;(await handle.write()).destroy()
    while (events.length < 2) await new Promise((soon) => setTimeout(soon))
    expect(events.at(-1)).toMatchObject({ type: 'dropped', reason: 'store' })
    store.heal()
    await completeHeaders(handle, new Headers())
    expect(store.memory.size).toBe(0)
  })
})
