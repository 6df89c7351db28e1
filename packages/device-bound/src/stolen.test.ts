import { describe, expect, it } from 'vitest'
import { application } from './testing/application.js'
import { Browser } from './testing/browser.js'
import { Device, partsOf } from './testing/device.js'

describe('copies of all cookies, on another device', () => {
  it('are worth nothing after maxAge, and the owner goes on', async () => {
    const { fetch, clock, events } = application()
    const owner = new Browser(fetch, 'ES256')
    await owner.visit('/sign-in')
    await owner.visit('/')
    const thief = owner.stolen()
    clock.passes(599)
    expect(await thief.visit('/')).toBe('proven ada')
    clock.passes(1)
    expect(await thief.visit('/')).toBe('missing nobody')
    expect(events.at(-1)).toMatchObject({ type: 'missing', binding: expect.any(String), id: expect.any(String) })
    owner.loseBoundCookie()
    expect(await owner.visit('/')).toBe('proven ada')
    expect(await thief.visit('/')).toBe('missing nobody')
  })

  it('are worth nothing at once without the bound one', async () => {
    const { fetch } = application()
    const owner = new Browser(fetch, 'ES256')
    await owner.visit('/sign-in')
    await owner.visit('/')
    const thief = owner.stolen()
    thief.loseBoundCookie()
    expect(await thief.visit('/')).toBe('missing nobody')
  })

  it('do not end the session: it is the owner’s', async () => {
    const { fetch, sessions } = application()
    const owner = new Browser(fetch, 'ES256')
    await owner.visit('/sign-in')
    await owner.visit('/')
    const thief = owner.stolen()
    thief.loseBoundCookie()
    await thief.visit('/')
    const cookie = `__Host-sid=${owner.cookies.get('__Host-sid')}`
    expect((await sessions.read(cookie)).get('user')).toBe('ada')
  })

  it('that were made before the first proof are worth something until that', async () => {
    const { fetch } = application()
    const owner = new Browser(fetch, 'ES256')
    await owner.visit('/sign-in')
    const thief = owner.stolen()
    thief.loseBoundCookie()
    expect(await thief.visit('/')).toBe('unbound ada')
    await owner.visit('/')
    expect(await thief.visit('/')).toBe('missing nobody')
  })

  it('can not be bound to the other device by the sign-in’s own challenge, once the owner has proven its key', async () => {
    const { fetch } = application()
    const owner = new Browser(fetch, 'ES256')
    await owner.visit('/sign-in')
    await owner.visit('/')
    const thief = new Browser(fetch, 'ES256')
    const [registration] = owner.sent
    const challenge = String(partsOf(registration?.jwt ?? '').claims.jti)
    thief.cookies.set('__Host-sid', owner.cookies.get('__Host-sid') ?? '')
    const device = await Device.make()
    // The challenge is good for five minutes, and so it makes a second key. It is not this session's.
    expect((await thief.post(registration?.url ?? '', await device.register(challenge))).status).toBe(200)
    expect(thief.cookies.has('__Host-sid-bound')).toBe(true)
    expect(await thief.visit('/')).toBe('missing nobody')
    expect(await owner.visit('/')).toBe('proven ada')
  })
})
