import { expect, it } from 'vitest'
import { MemoryStore, SessionManager } from './index.js'

it('counts', async () => {
  const sessions = new SessionManager<{ count: number }>({ store: new MemoryStore(), secret: 'x'.repeat(32) })
  const visit = (cookie = ''): Promise<Response> =>
    sessions.handle(new Request('https://example.com/', { headers: { cookie } }), async (session) =>
      Response.json((await session.write()).update('count', (n = 0) => n + 1)),
    )
  const first = await visit()
  const second = await visit(first.headers.get('set-cookie')?.split(';')[0])
  expect(await second.json()).toBe(2)
})
