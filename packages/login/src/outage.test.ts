import { MemoryStore } from '@fetch-sessions/core'
import { describe, expect, it } from 'vitest'
import type { Auth } from './index.js'
import { site, type User, userOf } from './testing/site.js'

describe('an outage', () => {
  it('of loadUser fails the request and signs nobody out', async () => {
    let isDown = false
    const of = site({
      loadUser: async (id) => {
        if (isDown) throw new Error('connection refused')
        return { id, passwordHash: `hash of ${id}` }
      },
    })
    const browser = of.browser()
    await browser.visit((auth) => auth.signIn(userOf(of, 'ada')))
    const { cookie } = browser
    isDown = true
    await expect(browser.visit((auth) => auth.user())).rejects.toThrow('connection refused')
    const guard = of.login.guard()
    await expect(browser.visit((_auth, request) => guard(request))).rejects.toThrow('connection refused')
    isDown = false
    expect(await browser.visit((auth) => auth.user())).toMatchObject({ id: 'ada' })
    expect(browser.cookie).toBe(cookie)
  })

  it('of loadUser is not remembered within a request', async () => {
    let calls = 0
    const of = site({
      loadUser: async (id): Promise<User> => {
        if (++calls === 1) throw new Error('busy')
        return { id, passwordHash: `hash of ${id}` }
      },
    })
    const browser = of.browser()
    await browser.visit((auth) => auth.signIn(userOf(of, 'ada')))
    await browser.visit(async (auth) => {
      await expect(auth.user()).rejects.toThrow('busy')
      expect(await auth.user()).toMatchObject({ id: 'ada' })
    })
  })

  it('of the store fails the request', async () => {
    const store = new MemoryStore()
    const of = site({ store })
    const browser = of.browser()
    await browser.visit((auth) => auth.signIn(userOf(of, 'ada')))
    store.load = () => {
      throw new Error('down')
    }
    await expect(browser.visit((auth) => auth.user())).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
  })

  it.each([
    ['a sign-in', (auth, { bob }) => auth.signIn(bob, { remember: true })],
    ['an impersonation', (auth, { bob }) => auth.impersonate(bob)],
    ['a step-up', (auth) => auth.confirm('passkey')],
    ['a new credential', (auth, { ada }) => auth.credentialChanged(ada)],
  ] satisfies [string, (auth: Auth<User>, users: { ada: User; bob: User }) => Promise<void>][])(
    'of the store leaves nothing of %s, also where the handler goes on',
    async (_what, act) => {
      const store = new MemoryStore()
      const of = site({ store })
      const browser = of.browser()
      await browser.visit((auth) => auth.signIn(userOf(of, 'ada')))
      const { cookie } = browser
      const before = await of.sessions.listByOwner('ada')
      of.told()
      const { create } = store
      await browser.visit(async (auth) => {
        await auth.user()
        store.create = () => {
          throw new Error('down')
        }
        const users = { ada: userOf(of, 'ada'), bob: userOf(of, 'bob') }
        await expect(act(auth, users)).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
        store.create = create
        expect(await auth.userId()).toBe('ada')
      })
      expect([of.told(), browser.cookie, await of.sessions.listByOwner('ada')]).toEqual([[], cookie, before])
      const now = browser.visit(async (auth) => [
        await auth.user(),
        await auth.actor(),
        await auth.isFresh(60, 'passkey'),
      ])
      expect(await now).toEqual([userOf(of, 'ada'), undefined, false])
    },
  )

  it('of the store that can not end the user’s other sessions is told with a new credential, which goes on here', async () => {
    const store = new MemoryStore()
    const of = site({ store })
    const [here, there] = [of.browser(), of.browser()]
    for (const browser of [here, there]) await browser.visit((auth) => auth.signIn(userOf(of, 'ada')))
    of.told()
    const { deleteByOwner } = store
    store.deleteByOwner = () => {
      throw new Error('down')
    }
    await here.visit(async (auth) => {
      await auth.user()
      userOf(of, 'ada').passwordHash = 'another'
      const changing = auth.credentialChanged(userOf(of, 'ada'))
      await expect(changing).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
    })
    store.deleteByOwner = deleteByOwner
    const about = { userId: 'ada', sessionId: expect.any(String) }
    expect(of.events).toEqual([
      expect.objectContaining({ type: 'credential-changed', ...about }),
      expect.objectContaining({ type: 'ending-failed', by: 'credentialChanged', ...about }),
    ])
    expect(of.events[0]).not.toHaveProperty('count')
    expect(await here.visit((auth) => auth.user())).toBe(userOf(of, 'ada'))
    expect(await of.sessions.listByOwner('ada')).toHaveLength(2)

    await here.visit((auth) => auth.credentialChanged(userOf(of, 'ada')))
    expect(of.events.at(-1)).toMatchObject({ type: 'credential-changed', count: 1 })
    expect(await here.visit((auth) => auth.user())).toBe(userOf(of, 'ada'))
    expect(await there.visit((auth) => auth.user())).toBeUndefined()
  })

  it('of the store that makes everybody anonymous is a 503 of the guard, and no invitation to sign in', async () => {
    const store = new MemoryStore()
    const of = site({ store, session: { onStoreFailure: 'anonymous' } })
    const browser = of.browser()
    await browser.visit((auth) => auth.signIn(userOf(of, 'ada')))
    store.load = () => {
      throw new Error('down')
    }
    const guard = of.login.guard()
    const request = browser.request('/', { headers: { accept: 'text/html' } })
    const refused = await of.sessions.handle(request, async () => (await guard(request)) ?? new Response())
    expect([refused.status, refused.headers.get('location')]).toEqual([503, null])
    expect(refused.headers.getSetCookie()).toEqual([])
    expect(of.told().at(-1)).toBe('refused')
  })

  it.each([undefined, null])('is not what a user is who is gone: loadUser gives %s', async (nobody) => {
    let user: User | undefined | null = { id: 'ada', passwordHash: 'hash of ada' }
    const of = site({ loadUser: async () => user })
    const browser = of.browser()
    await browser.visit((auth) => auth.signIn(userOf(of, 'ada')))
    of.told()
    user = nobody
    expect(await browser.visit((auth) => auth.user())).toBeUndefined()
    expect(of.events).toEqual([expect.objectContaining({ type: 'ended', reason: 'unknown-user', userId: 'ada' })])
    expect(await of.sessions.listByOwner('ada')).toEqual([])
    expect((await of.sessions.read(browser.request())).size).toBe(0)
  })

  it('is made of a loadUser that gives somebody else', async () => {
    const of = site({ loadUser: async () => ({ id: 'bob', passwordHash: 'hash of bob' }) })
    const browser = of.browser()
    await browser.visit((auth) => auth.signIn(userOf(of, 'ada')))
    await expect(browser.visit((auth) => auth.user())).rejects.toThrow(/another user/)
  })
})
