import { MemoryStore, SessionManager } from '@fetch-sessions/core'
import { Visitor } from '@fetch-sessions/core/testing'
import { expect, it } from 'vitest'
import { secret } from '../../core/src/testing/secret.js'
import { withSession } from './index.js'

interface Env {
  SECRET: string
}

it('a visitor of the kit for tests visits a Worker, whose manager comes from env', async () => {
  const store = new MemoryStore()
  const worker = {
    fetch: withSession(
      async (_request, handle, _env: Env, ctx: { waitUntil: (promise: Promise<unknown>) => void }) => {
        ctx.waitUntil(Promise.resolve())
        return new Response(`Visit ${(await handle.write()).update('visits', (n = 0) => n + 1)}`)
      },
      (env: Env) => new SessionManager<{ visits: number }>({ store, secret: env.SECRET }),
    ),
  }
  const waited: unknown[] = []
  const ctx = { waitUntil: (promise: Promise<unknown>) => void waited.push(promise) }
  const visitor = new Visitor(worker, { args: [{ SECRET: secret }, ctx] })
  await visitor.get('/')
  expect(await (await visitor.get('/')).text()).toBe('Visit 2')
  expect(waited.length).toBe(2)
  // A manager of the same options sees the same sessions.
  const sessions = new SessionManager<{ visits: number }>({ store, secret })
  expect((await visitor.session(sessions)).get('visits')).toBe(2)
})
