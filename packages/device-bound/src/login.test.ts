import { createLogin } from '@fetch-sessions/login'
import { describe, expect, it } from 'vitest'
import { secret } from '../../core/src/testing/secret.js'
import { application } from './testing/application.js'
import { Browser } from './testing/browser.js'

interface User {
  id: string
  passwordHash: string
}

/** An application whose people sign in by login, and whose sessions are bound to their devices. */
function setUp() {
  const { sessions, bound, clock } = application()
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
      await login.of(request).signIn(ada)
      return bound.register(request, new Response('signed in'))
    }
    const refused = await guards[pathname]?.(request)
    if (refused !== undefined) return refused
    return new Response((await login.of(request).userId()) ?? 'nobody')
  }
  const fetch = async (request: Request): Promise<Response> =>
    bound.handle(request) ?? sessions.handle(request, () => answer(request))
  return { fetch, clock }
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

  it('knows people whose browser can not do this, and asks for proof where a guard does', async () => {
    const { fetch, clock } = setUp()
    const browser = new Browser(fetch)
    await browser.visit('/sign-in')
    clock.passes(3600)
    expect(await browser.visit('/members')).toBe('ada')
    expect((await browser.ask('/transfer')).status).toBe(403)
  })
})
