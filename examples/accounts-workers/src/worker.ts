import { sweepExpired } from '@fetch-sessions/core'
import { accounts } from '@fetch-sessions/example-accounts/app'
import type { Platform } from '@fetch-sessions/example-accounts/platform'
import { type AccountSessions, accountSessions } from '@fetch-sessions/example-accounts/sessions'
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

/** Once for each env object, which Workers keep from request to request. */
const opened = new WeakMap<Env, { app: ReturnType<typeof accounts>; sessions: AccountSessions }>()

export default {
  async fetch(request, env, ctx) {
    const { app } = opened.get(env) ?? (await open(env))
    return app.fetch(request, env, ctx)
  },
  /** D1 does not remove what is expired: the cron trigger in wrangler.jsonc does. */
  async scheduled(_event, env) {
    const { sessions } = opened.get(env) ?? (await open(env))
    await sweepExpired(sessions)
  },
} satisfies ExportedHandler<Env>

/** Requests that come at once each do this: a request can't wait for what another one does. */
async function open(env: Env): Promise<{ app: ReturnType<typeof accounts>; sessions: AccountSessions }> {
  const users = new Users(async (sql, ...values) => {
    const { results } = await env.DB.prepare(sql)
      .bind(...values)
      .all<Record<string, unknown>>()
    return results
  })
  const store = sqliteStore(env.DB)
  // For the sake of the example: with "wrangler d1 migrations" it is done once, before a deployment.
  await Promise.all([users.migrate(), store.migrate()])
  const platform: Platform = {
    secret: env.SESSION_SECRET,
    store,
    users,
    passwords: scryptPasswords(env.SCRYPT_N),
    tries: new RateLimitTries(env.TRIES_OF_ADDRESS, env.TRIES_OF_NAME),
    addressOf: (c) => c.req.header('CF-Connecting-IP') ?? 'unknown',
    secure: true,
    audit: (event) => console.log(JSON.stringify(event)),
  }
  const sessions = accountSessions(platform)
  const made = { app: accounts(platform, sessions), sessions }
  opened.set(env, made)
  return made
}
