import { MemoryStore, SessionManager } from '@fetch-sessions/core'
import { RedisStore } from 'connect-redis'
import { createClient } from 'redis'
import { describe, expectTypeOf, it } from 'vitest'
import { connectRedisRecords, fromCookieSession, fromExpressSession, fromIronSession, movingIn } from './index.js'

interface Data {
  userId: string
  visits: number
}

const secret = 'thirty-two bytes of secret, at least'
const store = new MemoryStore()
const client = createClient()
const manager = new SessionManager<Data>({ store, secret })
const keys = ['a key']

describe('movingIn', () => {
  it('returns a manager of the same data, of a manager and of its options', () => {
    expectTypeOf(movingIn(manager, [fromCookieSession({ keys })])).toEqualTypeOf<SessionManager<Data>>()
    expectTypeOf(movingIn<Data>({ store, secret }, [])).toEqualTypeOf<SessionManager<Data>>()
  })

  it('takes what a function makes of the old data, and refuses what is none of ours', () => {
    movingIn(manager, [
      fromExpressSession({
        secret,
        store: new RedisStore({ client }),
        map: (old: { passport?: { user: string } }) => ({ userId: old.passport?.user }),
        owner: (old) => {
          expectTypeOf(old).toEqualTypeOf<{ passport?: { user: string } }>()
          return old.passport?.user
        },
      }),
      fromIronSession({ password: secret, cookieName: 'iron', map: (old: { id: string }) => ({ userId: old.id }) }),
      fromCookieSession({ keys, map: (old: { user?: string }) => (old.user ? { userId: old.user } : undefined) }),
    ])
    // @ts-expect-error: a number is no user
    movingIn(manager, [fromCookieSession({ keys, map: (old: { user: number }) => ({ userId: old.user }) })])
    // @ts-expect-error: the new session has no such key
    movingIn(manager, [fromCookieSession({ keys, map: (old: { user: string }) => ({ username: old.user }) })])
  })

  it('takes a library that was made apart', () => {
    const old = fromExpressSession({ secret, store: connectRedisRecords(client) })
    const mapped = fromCookieSession({ keys, map: (old: { user: string }) => ({ userId: old.user }) })
    movingIn(manager, [old, mapped])
  })
})
