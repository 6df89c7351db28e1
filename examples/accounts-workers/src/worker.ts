import { accounts } from '@fetch-sessions/example-accounts/app'
import { Users } from '@fetch-sessions/example-accounts/users'
import { sqliteStore } from '@fetch-sessions/sql'
import { RateLimitTries } from './rate-limit-tries.js'
import { scryptPasswords } from './scrypt-passwords.js'

interface Env {
  DB: D1Database
  SESSION_SECRET: string
  SCRYPT_N: number
  TRIES_OF_ADDRESS: RateLimit
  TRIES_OF_NAME: RateLimit
}

type App = ReturnType<typeof accounts>

/** Once for each env object, which Workers keep from request to request. */
const apps = new WeakMap<Env, Promise<App>>()

export default {
  async fetch(request, env, ctx) {
    let app = apps.get(env)
    if (app === undefined) {
      app = open(env)
      apps.set(env, app)
      // One that could not be opened is tried again with the next request.
      app.catch(() => apps.delete(env))
    }
    return (await app).fetch(request, env, ctx)
  },
} satisfies ExportedHandler<Env>

async function open(env: Env): Promise<App> {
  const users = new Users(async (sql, ...values) => {
    const { results } = await env.DB.prepare(sql)
      .bind(...values)
      .all<Record<string, unknown>>()
    return results
  })
  const store = sqliteStore(env.DB)
  // For the sake of the example: with "wrangler d1 migrations" it is done once, before a deployment.
  await Promise.all([users.migrate(), store.migrate()])
  return accounts({
    secret: env.SESSION_SECRET,
    store,
    users,
    passwords: scryptPasswords(env.SCRYPT_N),
    tries: new RateLimitTries(env.TRIES_OF_ADDRESS, env.TRIES_OF_NAME),
    addressOf: (c) => c.req.header('CF-Connecting-IP') ?? 'unknown',
    secure: true,
  })
}
