import { describe, expect, it } from 'vitest'
import { CookieStore, MemoryStore, SessionManager, type SessionOptions } from '../index.js'
import { signedInRequest } from '../test-kit.js'
import { secret } from '../testing/secret.js'

interface Data {
  userId: string
}

const manager = (options: Partial<SessionOptions<Data>> = {}): SessionManager<Data> =>
  new SessionManager<Data>({ store: new MemoryStore(), secret, ...options })

describe('a signed-in request', () => {
  it.each([
    ['a MemoryStore', manager],
    ['a CookieStore', () => manager({ store: new CookieStore() })],
    ['a cookie of another name', () => manager({ cookie: { name: 'sid', secure: false } })],
  ])('comes with a session that holds the data, in %s', async (_, make) => {
    const sessions = make()
    const request = await signedInRequest(sessions, '/account', { userId: 'ada' }, { owner: 'ada' })
    expect([request.url, request.method]).toEqual(['https://app.example/account', 'GET'])
    const session = await sessions.read(request)
    expect([session.get('userId'), session.owner, session.isNew]).toEqual(['ada', 'ada', false])
  })

  it('is whatever request is wanted', async () => {
    const sessions = manager()
    const data = { userId: 'ada' }
    const posted = await signedInRequest(sessions, '/cart', data, {
      method: 'POST',
      json: { item: 1 },
      origin: 'http://localhost:3000',
      headers: { cookie: 'theme=dark', 'x-test': 'yes' },
    })
    expect([posted.url, await posted.json(), posted.headers.get('x-test')]).toEqual([
      'http://localhost:3000/cart',
      { item: 1 },
      'yes',
    ])
    expect(posted.headers.get('cookie')).toMatch(/^theme=dark; __Host-sid=/)
    const own = new Request('https://shop.example/', { method: 'PUT', body: 'text' })
    const given = await signedInRequest(sessions, own, data)
    expect([given.url, given.method, await given.text()]).toEqual(['https://shop.example/', 'PUT', 'text'])
    expect((await sessions.read(given)).owner).toBeUndefined()
    const url = await signedInRequest(sessions, new URL('https://shop.example/x'), data)
    expect(url.url).toBe('https://shop.example/x')
  })
})
