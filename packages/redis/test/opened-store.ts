import type { OpenedStore } from '@fetch-sessions/store-testing'
import type { RedisClient } from '../src/clients.js'
import { redisStore } from '../src/redis-store.js'
import { newId } from './sample.js'

/** A store for one check of the suite, with a prefix and a clock of its own, so that no check has to wait. */
export function openedStore(client: RedisClient): OpenedStore {
  let time = Date.now()
  const store = redisStore(client, { prefix: `test:${newId()}:`, timeout: 20, now: () => time })
  return {
    store,
    clock: {
      now: () => time,
      advance: (milliseconds) => {
        time += milliseconds
      },
    },
    close: () => store.clear(),
  }
}
