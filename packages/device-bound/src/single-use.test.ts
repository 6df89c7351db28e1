import { CookieStore, MemoryStore, type SessionStore } from '@fetch-sessions/core'
import { describe, expect, it } from 'vitest'
import { deviceBound } from './index.js'
import { application } from './testing/application.js'
import { Browser } from './testing/browser.js'

describe('singleUse', () => {
  it('takes each answer once, so that a copy of a refresh is worth nothing', async () => {
    for (const [singleUse, status] of [
      [false, 200],
      [true, 403],
    ] as const) {
      const { fetch } = application({ singleUse })
      const owner = new Browser(fetch, 'ES256')
      await owner.visit('/sign-in')
      await owner.visit('/')
      owner.loseBoundCookie()
      await owner.visit('/')
      const copy = owner.sent.at(-1)
      const thief = owner.stolen()
      const response = await thief.post(copy?.url ?? '', copy?.jwt, owner.session?.identifier)
      expect(response.status).toBe(status)
      owner.loseBoundCookie()
      expect(await owner.visit('/')).toBe('proven ada')
    }
  })

  it('lets one of several copies through that come at once', async () => {
    const { fetch, events } = application({ singleUse: true })
    const owner = new Browser(fetch, 'ES256')
    await owner.visit('/sign-in')
    await owner.visit('/')
    const { refreshUrl, identifier, challenge, device } = owner.session as NonNullable<Browser['session']>
    const jwt = await device.refresh(challenge ?? '')
    const all = await Promise.all(Array.from({ length: 6 }, () => owner.post(refreshUrl, jwt, identifier)))
    expect(all.map(({ status }) => status).sort()).toEqual([200, 403, 403, 403, 403, 403])
    expect(events.filter((event) => event.type === 'rejected').map((event) => event.reason)).toEqual(
      Array(5).fill('used'),
    )
  })

  it('has the browser try again later where another session came along', async () => {
    const { fetch, sessions } = application({ singleUse: true })
    const owner = new Browser(fetch, 'ES256')
    await owner.visit('/sign-in')
    const { cookie } = await sessions.issue({ user: 'ada' })
    owner.cookies.set('__Host-sid', cookie.replace('__Host-sid=', ''))
    expect((await owner.refresh()).status).toBe(503)
    expect(owner.session).toBeDefined()
  })

  it('needs a session with each refresh, so it does not go with other places', () => {
    const { sessions } = application()
    expect(() => deviceBound(sessions, { singleUse: true, refreshInitiators: ['news.example'] })).toThrow(/singleUse/)
  })

  it.each<[string, SessionStore | CookieStore]>([
    ['in its cookie', new CookieStore()],
    ['in its cookie, with revocations', new CookieStore({ revocations: new MemoryStore() })],
    ['in a store that does not compare and set', Object.assign(new MemoryStore(), { atomic: false })],
  ])('is refused where the session lives %s', (_where, store) => {
    const { sessions } = application({}, { store, warnings: false })
    const make = (): unknown => deviceBound(sessions, { singleUse: true })
    expect(make).toThrow(TypeError)
    expect(make).toThrow(/^fetch-sessions: singleUse needs a store on the server that compares and sets/)
    expect(() => deviceBound(sessions)).not.toThrow()
  })
})
