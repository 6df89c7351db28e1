/** The Worker that the tests run in workerd: the suite, single calls of a store, and a counter with real cookies. */

import type { DurableObject } from 'cloudflare:workers'
import { SessionManager, type SessionRecord, type SessionStore } from '@fetch-sessions/core'
import { storeChecks } from '@fetch-sessions/store-testing'
import { SessionObject } from '../src/durable-object.js'
import { durableObjectStore, kvStore } from '../src/index.js'

interface Env {
  SESSIONS: DurableObjectNamespace<InspectedObject>
  SESSIONS_KV: KVNamespace
}

type Method = Exclude<keyof InspectedObject, 'alarm' | keyof DurableObject>

interface StoreCall {
  store: 'kv' | 'object'
  method: keyof SessionStore
  args: unknown[]
  prefix?: string
  /** How many round trips the platform allows. */
  limit?: number
}

/**
 * Lets tests see what an object keeps, and ring its alarm, which can't be called from outside. The index of an owner whose
 * name says so is broken.
 */
export class InspectedObject extends SessionObject {
  async inspect(): Promise<{ keys: string[]; alarm: number | null }> {
    const { kv } = this.ctx.storage
    return { keys: [...kv.list()].map(([key]) => key), alarm: await this.ctx.storage.getAlarm() }
  }

  ring(): Promise<void> {
    return this.alarm()
  }

  override async addToIndex(id: string, version: number, lifetime: number): Promise<void> {
    this.#mayBreak()
    await super.addToIndex(id, version, lifetime)
  }

  override async removeFromIndex(ids: string[], beforeVersion: number): Promise<void> {
    this.#mayBreak()
    await super.removeFromIndex(ids, beforeVersion)
  }

  #mayBreak(): void {
    if (this.ctx.id.name?.startsWith('owner:broken')) throw new Error('The index is broken')
  }
}

/** With something around each round trip, which is a call of an object. */
function watched(
  namespace: Env['SESSIONS'],
  around: (method: string, call: () => unknown) => unknown,
): Env['SESSIONS'] {
  const getByName = (name: string) => {
    const stub = namespace.getByName(name)
    return new Proxy(stub, {
      get(_, method: keyof typeof stub) {
        return (...args: unknown[]) => around(method, () => (stub[method] as (...args: unknown[]) => unknown)(...args))
      },
    })
  }
  return { getByName } as Env['SESSIONS']
}

const routes: Record<string, (env: Env, body: never) => Promise<unknown>> = {
  /** One check of the suite. */
  async '/check'(env, { store, name }: { store: 'kv' | 'object'; name: string }) {
    const open = () => {
      const options = { prefix: `${crypto.randomUUID()}:` }
      return { store: store === 'kv' ? kvStore(env.SESSIONS_KV, options) : durableObjectStore(env.SESSIONS, options) }
    }
    const check = storeChecks(open).find((check) => check.name === name)
    return check?.run()
  },

  /** One call of a store, and how many round trips it took. */
  async '/call'(env, { store, method, args, prefix, limit = Number.POSITIVE_INFINITY }: StoreCall) {
    let calls = 0
    const counted = watched(env.SESSIONS, (_, call) => {
      if (++calls > limit) return Promise.reject(new Error('Too many subrequests.'))
      return call()
    })
    const options = prefix === undefined ? {} : { prefix }
    const target: SessionStore =
      store === 'kv' ? kvStore(env.SESSIONS_KV, options) : durableObjectStore(counted, options)
    const call = target[method] as (...args: unknown[]) => Promise<unknown>
    // JSON has no `undefined`.
    const given = args.map((arg) => arg ?? undefined)
    return { result: (await call.apply(target, given)) ?? null, calls }
  },

  /** Signs an owner out while a session gets a new id again and again, each time behind a look at the index. */
  async '/regenerated'(env, { old, successors, record }: { old: string; successors: string[]; record: SessionRecord }) {
    const store = durableObjectStore(env.SESSIONS)
    const marker = { ...record, data: '', owner: undefined, version: 2 }
    let current = old
    const left = [...successors]
    const overtaken = watched(env.SESSIONS, async (method, call) => {
      const answer = await call()
      const successor = method === 'listIndex' ? left.shift() : undefined
      if (successor === undefined) return answer
      await store.create(successor, record)
      await store.update(current, marker)
      current = successor
      return answer
    })
    return durableObjectStore(overtaken).deleteByOwner(record.owner as string)
  },

  /** Two calls at once, each of which gets the answer of the other. */
  async '/mixed'(env, { method, first, second }: { method: keyof SessionStore; first: unknown[]; second: unknown[] }) {
    const held: ((answer: unknown) => void)[] = []
    const mixed = watched(env.SESSIONS, async (_, call) => {
      const mine = new Promise((resolve) => held.push(resolve))
      const other = held.length - 1 === 0 ? 1 : 0
      const answer = await call()
      while (held[other] === undefined) await scheduler.wait(1)
      held[other](answer)
      return mine
    })
    const store = durableObjectStore(mixed) as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>
    const outcomes = await Promise.allSettled([store[method]?.(...first), store[method]?.(...second)])
    return outcomes.map((outcome) => (outcome.status === 'rejected' ? String(outcome.reason) : outcome.value))
  },

  /** Many sessions at once. */
  async '/create'(env, { ids, record }: { ids: string[]; record: SessionRecord }) {
    const store = durableObjectStore(env.SESSIONS)
    for (const id of ids) await store.create(id, record)
  },

  /** One call of an object's method, past the store. */
  async '/object'(env, { name, method, args }: { name: string; method: Method; args: unknown[] }) {
    const call = env.SESSIONS.getByName(name)[method] as (...args: unknown[]) => unknown
    return call(...args)
  },

  async '/kv-keys'(env) {
    return (await env.SESSIONS_KV.list<unknown>()).keys
  },

  /** Many sessions at once. */
  async '/kv-many'(env, { ids, prefix, record }: { ids: string[]; prefix: string; record: SessionRecord }) {
    const store = kvStore(env.SESSIONS_KV, { prefix })
    await Promise.all(ids.map((id) => store.create(id, record)))
  },

  /** How long a very long text is when it is back. */
  async '/kv-large'(env, { id, pattern, bytes }: { id: string; pattern: string; bytes: number }) {
    const store = kvStore(env.SESSIONS_KV)
    const data = pattern.repeat(bytes / new TextEncoder().encode(pattern).length)
    const times = { createdAt: 1, expiresAt: Date.now() + 3_600_000 }
    await store.create(id, { data, ...times, owner: 'ä'.repeat(1024), version: 1, meta: 'ä'.repeat(4096) })
    const loaded = await store.load(id)
    return loaded?.data === data ? data.length : 0
  },

  /** Another program's value. */
  async '/kv-put'(env, { key, value }: { key: string; value: string }) {
    await env.SESSIONS_KV.put(key, value)
  },

  /** What is under a key. */
  '/kv-get'(env, { key }: { key: string }) {
    return env.SESSIONS_KV.get(key)
  },
}

const worker: ExportedHandler<Env> = {
  async fetch(request, env) {
    const { pathname } = new URL(request.url)
    if (pathname === '/count') return count(request, env)
    const route = routes[pathname]
    if (route === undefined) return new Response(null, { status: 404 })
    try {
      return Response.json({ result: (await route(env, (await request.json()) as never)) ?? null })
    } catch (error) {
      return Response.json({ error: String(error) })
    }
  },
}

export default worker

/** With a manager of its own for each request, as if each came to another machine. */
async function count(request: Request, env: Env): Promise<Response> {
  const store = durableObjectStore(env.SESSIONS, { prefix: 'counter:' })
  const sessions = new SessionManager<{ count: number }>({ store, secret: 'thirty-two bytes of secret, at least' })
  return sessions.handle(request, async (session) => {
    return new Response(String((await session.write()).update('count', (n = 0) => n + 1)))
  })
}
