import { createLogin } from '@fetch-sessions/login'
import { describe, expect, it } from 'vitest'
import { secret } from '../../core/src/testing/secret.js'
import type { DeviceBoundOptions } from './index.js'
import { application } from './testing/application.js'
import { Browser } from './testing/browser.js'

interface User {
  id: string
  passwordHash: string
}

/** An application whose people sign in by login, and whose sessions are bound to their devices. */
function setUp(options: DeviceBoundOptions = {}) {
  const { sessions, bound, clock, events } = application(options)
  const ada: User = { id: 'ada', passwordHash: '$argon2id$of-ada' }
  const login = createLogin<User>({
    sessions,
    secret,
    userId: (user) => user.id,
    loadUser: (id) => (id === ada.id ? ada : undefined),
    credential: (user) => user.passwordHash,
    deviceBound: bound,
  })
  const guards: Record<string, (request: Request) => Promise<Response | undefined>> = {
    '/members': login.guard(),
    '/transfer': login.guard({ proven: true }),
  }
  const answer = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url)
    if (pathname === '/sign-in') {
      const auth = login.of(request)
      const before = await auth.userId()
      await auth.signIn(ada)
      return bound.register(request, new Response(`${before ?? 'nobody'}, then ${await auth.userId()}`))
    }
    const refused = await guards[pathname]?.(request)
    if (refused !== undefined) return refused
    return new Response((await login.of(request).userId()) ?? 'nobody')
  }
  const fetch = async (request: Request): Promise<Response> =>
    bound.handle(request) ?? sessions.handle(request, () => answer(request))
  return { fetch, clock, events }
}

describe('login over sessions that are bound to a device', () => {
  it('knows the owner, and a copy of all cookies only until maxAge', async () => {
    const { fetch, clock } = setUp()
    const owner = new Browser(fetch, 'ES256')
    await owner.visit('/sign-in')
    expect(await owner.visit('/members')).toBe('ada')
    expect(await owner.visit('/transfer')).toBe('ada')
    const thief = owner.stolen()
    clock.passes(599)
    expect(await thief.visit('/members')).toBe('ada')
    clock.passes(1)
    for (const path of ['/members', '/transfer']) expect((await thief.ask(path)).status).toBe(401)
    expect(await thief.visit('/')).toBe('nobody')

    owner.loseBoundCookie()
    expect(await owner.visit('/members')).toBe('ada')
    expect(await owner.visit('/transfer')).toBe('ada')
  })

  it.each(['optional', 'required'] as const)(
    'knows who signs in within the same request, and misses no proof there: %s',
    async (policy) => {
      const { fetch, events } = setUp({ policy })
      const browser = new Browser(fetch, 'ES256')
      expect(await browser.visit('/sign-in')).toBe('nobody, then ada')
      expect(await browser.visit('/members')).toBe('ada')
      expect(events.map(({ type }) => type)).toEqual(['registered', 'proven'])
      // Another device with the session's cookie alone signs in, and so is no thief any more.
      const thief = browser.stolen()
      thief.loseBoundCookie()
      expect(await thief.visit('/sign-in')).toBe('nobody, then ada')
      expect(events.map(({ type }) => type)).toEqual(['registered', 'proven', 'missing'])
    },
  )

  it('knows people whose browser can not do this, and asks for proof where a guard does', async () => {
    const { fetch, clock } = setUp()
    const browser = new Browser(fetch)
    await browser.visit('/sign-in')
    clock.passes(3600)
    expect(await browser.visit('/members')).toBe('ada')
    expect((await browser.ask('/transfer')).status).toBe(403)
  })
})
