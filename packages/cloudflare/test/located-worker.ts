/** A Worker in two locations, each of which has a cache before the one KV, and a clock that tests move on. */

import { type SessionHandle, SessionManager, type SessionStore } from '@fetch-sessions/core'
import { kvStore } from '../src/index.js'
import { LocatedNamespace } from './located-namespace.js'

interface Visit {
  user: string
  note: string
}

let elapsed = 0
const now = (): number => Date.now() + elapsed
const locations = new Map<string, LocatedNamespace>()

function locationOf(env: { SESSIONS_KV: KVNamespace }, name: string): LocatedNamespace {
  const known = locations.get(name) ?? new LocatedNamespace(env.SESSIONS_KV, now)
  locations.set(name, known)
  return known
}

type Action = (session: SessionHandle<Visit>, value: string) => Promise<unknown>

const actions: Record<string, Action> = {
  read: async (session) => (await session.read()).toJSON(),
  note: async (session, value) => void (await session.write()).set('note', value),
  async 'sign-in'(session, value) {
    const writable = await session.write()
    writable.regenerate()
    writable.setOwner(value)
    writable.set('user', value)
  },
  'sign-out': async (session) => (await session.write()).destroy(),
}

const worker: ExportedHandler<{ SESSIONS_KV: KVNamespace }> = {
  async fetch(request, env) {
    const url = new URL(request.url)
    const [, location = '', name = ''] = url.pathname.split('/')
    if (location === 'wait') {
      elapsed += Number(name)
      return Response.json(null)
    }
    const store = kvStore(locationOf(env, location))
    if (name === 'store') {
      store.useClock(now)
      const { method, args } = (await request.json()) as { method: keyof SessionStore; args: unknown[] }
      const result = await (store[method as 'load'] as (...args: unknown[]) => Promise<unknown>).apply(store, args)
      return Response.json({ result: result ?? null })
    }
    const sessions = new SessionManager<Visit>({
      store,
      secret: 'thirty-two bytes of secret, at least',
      idleTimeout: 300,
      now,
    })
    return sessions.handle(request, async (session) =>
      Response.json((await actions[name]?.(session, url.searchParams.get('value') ?? '')) ?? null),
    )
  },
}

export default worker
