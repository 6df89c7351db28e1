import type { RedisClient } from '../src/clients.js'
import { redisStore } from '../src/redis-store.js'
import { type RedisServer, until } from './redis-server.js'
import { newId, newRecord } from './sample.js'

/** What each call of a store came to while its server went away and came back. */
export interface Outage {
  before: unknown[]
  down: unknown[]
  after: unknown[]
}

/** Kills the server, calls the store, starts the server anew and calls the store again, with the same client. */
export async function outageOf(server: RedisServer, client: RedisClient): Promise<Outage> {
  const store = redisStore(client, { prefix: `test:${newId()}:` })
  const calls = async (): Promise<unknown[]> => {
    const id = newId()
    const record = newRecord({ owner: 'ada' })
    return [
      await outcome(store.create(id, record)),
      await outcome(store.update(id, { ...record, version: 2 })),
      await outcome(store.touch(id, record.expiresAt + 1, 2)),
      await outcome(store.load(id).then((loaded) => loaded?.version)),
      await outcome(store.listByOwner('ada').then((infos) => infos.length > 0)),
      await outcome(store.delete(id)),
    ]
  }
  // A client's first calls may take long.
  await until(async () => (await store.load(newId())) === undefined)
  const before = await calls()
  await server.kill()
  const down = await calls()
  await server.restart()
  await until(async () => (await store.load(newId())) === undefined)
  return { before, down, after: await calls() }
}

/** What the promise came to: `'error'` if it was rejected. */
async function outcome(promise: Promise<unknown>): Promise<unknown> {
  try {
    return await promise
  } catch (error) {
    return error instanceof Error ? 'error' : error
  }
}
