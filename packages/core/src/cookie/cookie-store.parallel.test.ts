import { describe, expect, it } from 'vitest'
import { CookieStore, SessionManager } from '../index.js'
import { cookieAfter, sessionCookies } from '../testing/response-cookies.js'
import { secret } from '../testing/secret.js'
import { visit } from '../testing/visit.js'

interface Data {
  by: number
}

describe('requests of one session in its cookie that come at the same moment', () => {
  it('each get a cookie with what they have made themselves, one of them regenerating or not', async () => {
    for (let round = 0; round < 50; round++) {
      const sessions = new SessionManager<Data>({ store: new CookieStore(), secret })
      const { cookie, id } = await sessions.issue({ by: 0 })
      const responses = await Promise.all(
        [1, 2, 3].map((by) =>
          sessions.handle(visit(cookie), async (handle) => {
            const session = await handle.write()
            session.set('by', by)
            if (by === 1 + (round % 3)) session.regenerate()
            return new Response()
          }),
        ),
      )
      for (const [index, response] of responses.entries()) {
        expect(sessionCookies(response)).toHaveLength(1)
        const session = await sessions.read(visit(cookieAfter(response)))
        expect(session.get('by')).toBe(index + 1)
        expect(session.id === id).toBe(index !== round % 3)
      }
    }
  })
})
