import { describe, expect, it } from 'vitest'
import { MemoryStore, SessionManager } from '../index.js'
import { randomDraws } from '../testing/crypto-calls.js'
import { forgedOf } from '../testing/forged-cookie.js'
import { secret } from '../testing/secret.js'
import { reading, writing } from '../testing/serve.js'

interface Data {
  user: string
}

const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret })

describe('a request whose cookie opens nothing', () => {
  it.each([
    ['that is malformed', (cookie: string) => cookie.slice(0, -1)],
    ['that is forged', forgedOf],
    ['that is missing', () => ''],
  ])('makes no id, which nobody asks for: with one %s', async (_name, spoil) => {
    const { cookie } = await sessions.issue({ user: 'ada' })
    const draws = await randomDraws(() =>
      reading(sessions, spoil(cookie), (session) => expect(session.get('user')).toBe(undefined)),
    )
    expect(draws).toBe(0)
  })

  it('makes one where a session begins', async () => {
    expect(await randomDraws(() => writing(sessions, '', (session) => session.set('user', 'ada')))).toBe(1)
  })
})
