import { MemoryStore, SessionManager } from '@fetch-sessions/core'
import { describe, expect, it } from 'vitest'
import { secret } from '../../core/src/testing/secret.js'
import { type DeviceBoundOptions, deviceBound } from './index.js'

const manager = (cookie = {}): SessionManager => new SessionManager({ store: new MemoryStore(), secret, cookie })

describe('an option that can not work', () => {
  it.each<[string, unknown]>([
    ['path', { path: 'bound' }],
    ['path', { path: '/bound/' }],
    ['path', { path: '/' }],
    ['path', { path: '/a?b' }],
    ['path', { path: '/a"b' }],
    ['path', { path: 7 }],
    ['maxAge', { maxAge: 300 }],
    ['maxAge', { maxAge: 600_000 }],
    ['maxAge', { maxAge: '600' }],
    ['maxAge', { maxAge: Number.NaN }],
    ['policy', { policy: 'always' }],
    ['singleUse', { singleUse: 1 }],
    ['onEvent', { onEvent: true }],
    ['now', { now: 7 }],
    ['origin', { origin: 'shop.example' }],
    ['origin', { origin: 'http://shop.example' }],
    ['origin', { origin: 'https://shop.example/' }],
    ['refreshInitiators', { refreshInitiators: 'news.example' }],
    ['refreshInitiators', { refreshInitiators: ['https://news.example'] }],
    ['refreshInitiators', { refreshInitiators: [undefined] }],
    ['secret', { secret }],
    ['deviceBound', null],
  ])('is a TypeError that names it: %s in %j', (name, options) => {
    const make = (): unknown => deviceBound(manager(), options as DeviceBoundOptions)
    expect(make).toThrow(TypeError)
    expect(make).toThrow(new RegExp(`^fetch-sessions: ${name} `))
  })

  it.each([
    ['no manager', undefined],
    ['the options of one', { store: new MemoryStore(), secret }],
  ])('as is %s in the manager’s place', (_, sessions) => {
    expect(() => deviceBound(sessions as never)).toThrow(/^fetch-sessions: sessions must be a SessionManager/)
  })

  it('is a cookie that goes to other hosts, or is partitioned', () => {
    expect(() => deviceBound(manager({ domain: 'shop.example' }))).toThrow(/cookie\.domain/)
    expect(() => deviceBound(manager({ domain: () => undefined }))).toThrow(/cookie\.domain/)
    expect(() => deviceBound(manager({ partitioned: true, sameSite: 'none' }))).toThrow(/partitioned/)
    expect(() => deviceBound(manager({ path: '/app' }), { singleUse: true })).toThrow(/cookie\.path/)
  })
})

describe('options that work', () => {
  it.each<DeviceBoundOptions>([
    {},
    { path: '/.well-known/x/y_z~1', maxAge: 420, policy: 'required', singleUse: true },
    { origin: 'https://shop.example:8443', refreshInitiators: ['news.example', '*.news.example'] },
  ])('are taken: %j', (options) => {
    expect(() => deviceBound(manager(), options)).not.toThrow()
  })
})

describe('the bound cookie', () => {
  const refreshed = async (cookie: object): Promise<string> => {
    const sessions = manager(cookie)
    const bound = deviceBound(sessions)
    const { Browser } = await import('./testing/browser.js')
    const browser = new Browser(
      async (request) => bound.handle(request) ?? bound.register(request, new Response()),
      'ES256',
    )
    await browser.visit('/')
    return (browser.session as NonNullable<typeof browser.session>).cookie
  }

  it.each([
    ['__Host-sid-bound', {}],
    ['__Host-sid-bound', { secure: false }],
    ['__Host-Secure-sid.app-bound', { path: '/app' }],
    ['__Host-Secure-sid.app.-bound', { path: '/app/' }],
    ['__Host-sid.a~2eb.~28c~29-bound', { name: 'sid', path: '/a.b/(c)' }],
    ['__Host-Secure-sid-bound', { name: '__Secure-sid' }],
    ['__Host-visitor-bound', { name: '__Host-visitor' }],
    ['__Host-visitor-bound', { name: '__Host-Http-visitor' }],
    ['__Host-visitor-bound', { name: 'visitor' }],
  ])('is called %s where the session cookie is %j', async (name, cookie) => {
    expect(await refreshed(cookie)).toBe(name)
  })

  it.each(['strict', 'lax', 'none'] as const)('is sent wherever that is: SameSite=%s', async (sameSite) => {
    const sessions = manager({ sameSite })
    const bound = deviceBound(sessions)
    const lines: string[] = []
    const { Browser } = await import('./testing/browser.js')
    const browser = new Browser(async (request) => {
      const response = await (bound.handle(request) ?? bound.register(request, new Response()))
      lines.push(...response.headers.getSetCookie())
      return response
    }, 'ES256')
    await browser.visit('/')
    expect(lines.join().toLowerCase()).toContain(`samesite=${sameSite}`)
  })
})

describe('a listener', () => {
  it('may return a promise that is no Promise of ours', async () => {
    let isHeard = false
    const rejected = {
      // biome-ignore lint/suspicious/noThenProperty: it stands in for a promise of another realm
      then(_: unknown, reject: (error: unknown) => void): void {
        isHeard = true
        reject(new Error('no'))
      },
    }
    const bound = deviceBound(manager(), { onEvent: (() => rejected) as () => void })
    await bound.handle(new Request('https://shop.example/device-bound/register', { method: 'POST' }))
    expect(isHeard).toBe(true)
  })

  it.each([
    [
      'throws',
      (): never => {
        throw new Error('no')
      },
    ],
    ['rejects', (): Promise<never> => Promise.reject(new Error('no'))],
  ])('that %s breaks no request', async (_, onEvent) => {
    const bound = deviceBound(manager(), { onEvent: onEvent as () => void })
    const request = new Request('https://shop.example/device-bound/register', { method: 'POST' })
    expect((await bound.handle(request))?.status).toBe(400)
  })
})
