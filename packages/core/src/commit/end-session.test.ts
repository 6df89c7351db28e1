import { describe, expect, it } from 'vitest'
import { liveSessions } from '../testing/live-sessions.js'
import { cookieAfter, sessionCookies } from '../testing/response-cookies.js'
import { regenerate, signOut, writing } from '../testing/serve.js'
import { stagedManager } from '../testing/staged-manager.js'
import { StagedStore } from '../testing/staged-store.js'
import { visit } from '../testing/visit.js'

interface Data {
  user: string
}

const setUp = stagedManager<Data>

describe('a sign-out', () => {
  it('is a closing note by compare-and-set, then the deletion', async () => {
    const { sessions, store } = setUp()
    const { cookie, id } = await sessions.issue({ user: 'ada' })
    store.forget()
    await signOut(sessions, cookie)
    expect(store.calls.map((call) => [call.method, call.id])).toEqual([
      ['load', id],
      ['update', id],
      ['delete', id],
    ])
    expect(store.calls[1]?.record).toMatchObject({ version: 2, meta: expect.stringContaining('"ended":true') })
  })

  it('of a session that got a new id since this request loaded it ends the one that took over', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    let next = ''
    const response = await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      next = cookieAfter(await regenerate(sessions, cookie))
      session.destroy()
      return new Response()
    })
    expect(sessionCookies(response)).toEqual([expect.stringContaining('Max-Age=0')])
    expect(await liveSessions(sessions)).toBe(0)
    expect((await sessions.read(visit(next))).isNew).toBe(true)
  })

  it('follows through several new ids', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      let newest = cookie
      for (let times = 0; times < 4; times++) newest = cookieAfter(await regenerate(sessions, newest))
      session.destroy()
      return new Response()
    })
    expect(await liveSessions(sessions)).toBe(0)
  })

  it.each([1, 4])('ends it also where the store can not compare and set, after %i new ids', async (newIds) => {
    const { sessions } = setUp({ store: Object.assign(new StagedStore(), { atomic: false }) })
    const { cookie } = await sessions.issue({ user: 'ada' })
    let newest = cookie
    await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      for (let times = 0; times < newIds; times++) newest = cookieAfter(await regenerate(sessions, newest))
      session.destroy()
      return new Response()
    })
    expect((await sessions.read(visit(newest))).isNew).toBe(true)
    expect(await liveSessions(sessions)).toBe(0)
  })

  it('wins over a write that comes first, whatever that has stored', async () => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    store.beforeNext('update', async () => {
      await writing(sessions, cookie, (session) => session.set('user', 'grace'))
    })
    await signOut(sessions, cookie)
    expect(store.memory.size).toBe(0)
  })

  it('never hits the marker of a new id that comes between its note and the deletion', async () => {
    for (const method of ['update', 'delete'] as const) {
      const { sessions, store } = setUp()
      const { cookie } = await sessions.issue({ user: 'ada' })
      let other: Response | undefined
      store.beforeNext(method, async () => {
        other = await regenerate(sessions, cookie)
      })
      await signOut(sessions, cookie)
      expect(await liveSessions(sessions)).toBe(0)
      expect((await sessions.read(visit(cookieAfter(other as Response)))).isNew).toBe(true)
    }
  })

  it('whose deletion fails leaves the session as it was, and can be tried again', async () => {
    const { sessions, store } = setUp()
    const { cookie, id } = await sessions.issue({ user: 'ada' }, { owner: 'ada' })
    const before = store.memory.load(id)
    store.beforeNext('delete', () => Promise.reject(new Error('out of reach')))
    await expect(signOut(sessions, cookie)).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
    expect(store.memory.load(id)).toEqual({ ...before, version: 3 })
    await signOut(sessions, cookie)
    expect(store.memory.size).toBe(0)
  })

  it('whose restoring fails as well tells of the deletion, and the session opens nothing', async () => {
    for (const how of ['throws', 'rejects'] as const) {
      const { sessions, store } = setUp()
      const { cookie } = await sessions.issue({ user: 'ada' })
      const cause = new Error('the deletion')
      store.beforeNext('delete', () => {
        store.fail('update', how)
        throw cause
      })
      await expect(signOut(sessions, cookie)).rejects.toMatchObject({ code: 'ERR_SESSION_STORE', cause })
      store.heal()
      expect((await sessions.read(visit(cookie))).isNew).toBe(true)
    }
  })

  it.each(['before the other one fails', 'after it'])(
    'that finds another one under way takes it over, and holds: %s',
    async (when) => {
      const { sessions, store } = setUp()
      const { cookie } = await sessions.issue({ user: 'ada' })
      let otherHasFailed = (): void => {}
      const waiting = new Promise<void>((resolve) => (otherHasFailed = resolve))
      let second: Promise<Response> | undefined
      store.beforeNext('delete', async () => {
        let hasLoaded = (): void => {}
        const loaded = new Promise<void>((resolve) => (hasLoaded = resolve))
        second = sessions.handle(visit(cookie), async (handle) => {
          const session = await handle.write()
          expect(session.isNew).toBe(true)
          hasLoaded()
          if (when === 'after it') await waiting
          session.destroy()
          return new Response('bye')
        })
        await (when === 'after it' ? loaded : second)
        throw new Error('out of reach')
      })
      await expect(signOut(sessions, cookie)).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
      otherHasFailed()
      expect(sessionCookies((await second) as Response)).toEqual([expect.stringContaining('Max-Age=0')])
      expect(store.memory.size).toBe(0)
    },
  )

  it('that takes another one over, and fails like that one, takes no cookie away', async () => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    let second: Promise<Response> | undefined
    store.beforeNext('delete', async () => {
      store.fail('delete')
      second = signOut(sessions, cookie)
      await expect(second).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
      throw new Error('out of reach')
    })
    await expect(signOut(sessions, cookie)).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
    store.heal()
    await signOut(sessions, cookie)
    expect(store.memory.size).toBe(0)
  })
})
