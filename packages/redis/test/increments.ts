/* Counts in one session, with compare-and-set. Its arguments: the server, the prefix, the session, how often. */
import { Redis } from 'ioredis'
import { redisStore } from '../src/redis-store.js'

const [url = '', prefix = '', id = '', times] = process.argv.slice(2)

async function count(): Promise<void> {
  const redis = new Redis(url)
  const store = redisStore(redis, { prefix })
  for (let i = 0; i < Number(times); i++) {
    for (let isCounted = false; !isCounted; ) {
      const record = await store.load(id)
      if (record === undefined) throw new Error('The session is gone')
      isCounted = await store.update(id, {
        ...record,
        data: String(Number(record.data) + 1),
        version: record.version + 1,
      })
    }
  }
  await redis.quit()
}

void count()
