import { describe, expect, it } from 'vitest'
import {
  SessionCommittedError,
  SessionError,
  type SessionHandle,
  SessionManager,
  type WritableSession,
} from '../index.js'
import { changes, committed, type Data, setUp } from '../testing/committed-request.js'
import { gate } from '../testing/gate.js'
import { secret } from '../testing/secret.js'
import { StagedStore } from '../testing/staged-store.js'
import { visit } from '../testing/visit.js'

describe('a session whose response was committed', () => {
  it.each(changes)('throws a SessionCommittedError at %s, and nothing of it is stored', async (_, change) => {
    const setting = setUp()
    const { sessions, store } = setting
    const { cookie, id } = await sessions.issue({ visits: 1 })
    let session: WritableSession<Data> | undefined
    const { handle } = await committed(setting, cookie, async (given) => {
      session = await given.write()
    })
    const before = store.load(id)
    expect(() => change(session as WritableSession<Data>)).toThrow(SessionCommittedError)
    expect(() => change(session as WritableSession<Data>)).toThrow(
      expect.objectContaining({ code: 'ERR_SESSION_COMMITTED' }),
    )
    await handle.save()
    expect(store.load(id)).toEqual(before)
  })

  it.each(changes)('throws at %s when it was new as well, and no session starts', async (_, change) => {
    const setting = setUp()
    let session: WritableSession<Data> | undefined
    const { handle, response } = await committed(setting, '', async (given) => {
      session = await given.write()
    })
    expect(() => change(session as WritableSession<Data>)).toThrow(SessionCommittedError)
    await handle.save()
    expect(setting.store.size).toBe(0)
    expect(response.headers.has('set-cookie')).toBe(false)
  })

  it('can still be read', async () => {
    const setting = setUp()
    const { cookie, id } = await setting.sessions.issue({ visits: 1, cart: { items: ['tea'] } })
    let session: WritableSession<Data> | undefined
    await committed(setting, cookie, async (given) => {
      session = await given.write()
      session.set('visits', 2)
    })
    expect(session?.id).toBe(id)
    expect(session?.get('visits')).toBe(2)
    expect(session?.has('cart')).toBe(true)
    expect(session?.keys()).toEqual(['visits', 'cart'])
    expect(session?.toJSON()).toEqual({ visits: 2, cart: { items: ['tea'] } })
  })

  it('gives frozen values, since a change in place would be lost', async () => {
    const setting = setUp()
    const { cookie } = await setting.sessions.issue({ cart: { items: ['tea'] } })
    let session: WritableSession<Data> | undefined
    await committed(setting, cookie, async (given) => {
      session = await given.write()
    })
    expect(Object.isFrozen(session?.get('cart'))).toBe(true)
    expect(() => session?.get('cart')?.items.push('milk')).toThrow(TypeError)
  })

  it('never stores half of what is done to an object that was held since before', async () => {
    const setting = setUp()
    const { cookie } = await setting.sessions.issue({ cart: { items: ['tea'] }, note: 'a' })
    let cart: { items: string[] } | undefined
    const { handle } = await committed(setting, cookie, async (given) => {
      cart = (await given.write()).get('cart')
    })
    try {
      cart?.items.push('milk')
    } catch {
      // Frozen is fine, too.
    }
    await handle.save((session) => session.set('note', 'b'))
    const session = await setting.sessions.read(visit(cookie))
    expect(session.toJSON()).toEqual({ cart: { items: ['tea'] }, note: 'b' })
  })
})

describe('a change while the response is being committed', () => {
  it.each(changes)('by %s is refused and not lost without a word', async (_, change) => {
    const store = new StagedStore()
    const sessions = new SessionManager<Data>({ store, secret })
    const { cookie, id } = await sessions.issue({ visits: 1 })
    const { opened, open } = gate()
    const updating = gate()
    let session: WritableSession<Data> | undefined
    const visiting = sessions.handle(visit(cookie), async (handle) => {
      session = await handle.write()
      session.set('note', 'saved')
      store.beforeNext('update', () => {
        updating.open()
        return opened
      })
      return new Response()
    })
    await updating.opened
    expect(() => change(session as WritableSession<Data>)).toThrow(SessionCommittedError)
    open()
    await visiting
    expect(store.memory.load(id)).toMatchObject({ data: '{"visits":1,"note":"saved"}', owner: undefined })
  })

  it('is possible again if the commit fails', async () => {
    const store = new StagedStore()
    const sessions = new SessionManager<Data>({ store, secret })
    const { cookie, id } = await sessions.issue({ visits: 1 })
    const request = visit(cookie)
    const session = await sessions.write(request)
    session.set('visits', 2)
    store.fail('update')
    await expect(sessions.commit(request, new Response())).rejects.toThrow(SessionError)
    store.heal()
    session.set('note', 'added')
    await sessions.commit(request, new Response())
    expect(store.memory.load(id)?.data).toBe('{"visits":2,"note":"added"}')
  })
})

describe('after the commit, a new session can not start', () => {
  const start = async (handle: SessionHandle<Data>): Promise<void> => {
    ;(await handle.write()).set('visits', 1)
    await handle.save()
  }

  it('for a visitor without a cookie: it is a SessionCommittedError, and nothing is stored', async () => {
    const setting = setUp()
    const { handle } = await committed(setting, '')
    await expect(start(handle)).rejects.toThrow(SessionCommittedError)
    expect(setting.store.size).toBe(0)
  })

  it('for a visitor with a forged cookie either', async () => {
    const setting = setUp()
    const { handle } = await committed(setting, `__Host-sid=${'A'.repeat(43)}.${'A'.repeat(43)}`)
    await expect(start(handle)).rejects.toThrow(SessionCommittedError)
    expect(setting.store.size).toBe(0)
  })

  it('but an empty one can be read, and saving it stores nothing', async () => {
    const setting = setUp()
    const { handle } = await committed(setting, '')
    const session = await handle.read()
    expect(session.isNew).toBe(true)
    expect(session.size).toBe(0)
    await handle.save()
    expect(setting.store.size).toBe(0)
  })

  it('when the request had destroyed its own', async () => {
    const setting = setUp()
    const { sessions, store } = setting
    const { cookie } = await sessions.issue({ visits: 1 })
    const { handle } = await committed(setting, cookie, async (given) => {
      ;(await given.write()).destroy()
    })
    await expect(start(handle)).rejects.toThrow(SessionError)
    expect(store.size).toBe(0)
  })

  it('when the session was destroyed by another request meanwhile', async () => {
    const setting = setUp()
    const { sessions, store } = setting
    const { cookie, id } = await sessions.issue({ visits: 1 })
    const { handle } = await committed(setting, cookie, async (given) => {
      await given.read()
    })
    await sessions.destroy(id)
    await expect(start(handle)).rejects.toThrow(SessionError)
    expect(store.size).toBe(0)
  })

  it('when the session expired meanwhile', async () => {
    const setting = setUp()
    const { sessions, store, clock } = setting
    const { cookie } = await sessions.issue({ visits: 1 })
    const { handle } = await committed(setting, cookie, async (given) => {
      await given.read()
    })
    clock.time += 60_000
    await expect(start(handle)).rejects.toThrow(SessionError)
    expect(store.size).toBe(0)
  })

  it('when the handler threw and its new session was given up', async () => {
    const { sessions, store } = setUp()
    const request = visit()
    const handled = sessions.handle(request, async (given) => {
      ;(await given.write()).set('visits', 1)
      throw new Error('no')
    })
    await expect(handled).rejects.toThrow('no')
    await expect(start(sessions.open(request))).rejects.toThrow(SessionCommittedError)
    expect(store.size).toBe(0)
  })
})

describe('save() without a session', () => {
  it('does nothing before, during and after a request that never asked', async () => {
    const { sessions, store, events } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    events.length = 0
    const request = visit(cookie)
    await sessions.open(request).save()
    await sessions.handle(request, async (handle) => {
      await handle.save()
      return new Response()
    })
    await sessions.open(request).save()
    expect(events).toEqual([])
    expect(store.size).toBe(1)
  })
})
