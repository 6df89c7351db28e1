/** A Worker as people write one: its manager is made once for an `env`, and all requests of the isolate share it. */

import { managerOf, type SessionHandle } from '@fetch-sessions/core'
import { durableObjectStore } from '../src/index.js'
import type { InspectedObject } from './worker.js'

export { InspectedObject } from './worker.js'

interface Env {
  SESSIONS: DurableObjectNamespace<InspectedObject>
}

interface Visit {
  count: number
  user: string
}

const sessions = managerOf<Visit, [Env]>((env) => ({
  store: durableObjectStore(env.SESSIONS, { prefix: 'shared:' }),
  secret: 'thirty-two bytes of secret, at least',
}))

type Action = (session: SessionHandle<Visit>) => Promise<unknown>

const actions: Record<string, Action> = {
  read: async (session) => (await session.read()).toJSON(),
  count: async (session) => (await session.write()).update('count', (n = 0) => n + 1),
  async 'save-twice'(session) {
    for (let i = 0; i < 2; i++) {
      const writable = await session.write()
      writable.update('count', (n = 0) => n + 1)
      await session.save()
    }
  },
  async regenerate(session) {
    const writable = await session.write()
    writable.update('count', (n = 0) => n + 1)
    writable.regenerate()
  },
}

const worker: ExportedHandler<Env> = {
  async fetch(request, env) {
    const action = actions[new URL(request.url).pathname.slice(1)]
    try {
      return await sessions(env, env).handle(request, async (session) =>
        Response.json((await action?.(session)) ?? null),
      )
    } catch (error) {
      const { cause = error } = error as Error
      return new Response(String(cause), { status: 500 })
    }
  },
}

export default worker
