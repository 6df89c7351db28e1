import type { redisStore } from '@fetch-sessions/redis'
import { Redis } from 'ioredis'
import type { Touch } from '../schedule.js'
import { type Engine, hold, type Kept, type OpenEngine } from './engine.js'

/** What each of the store's scripts does, by what only this one has in it. */
const SCRIPTS: readonly (readonly [part: string, verb: string, writes: boolean])[] = [
  ["redis.call('EXISTS'", 'creates', true],
  ['ARGV[11]', 'updates', true],
  ['indexedOwner', 'touches', true],
  ["ARGV[3] ~= ''", 'deletes', true],
  ["local values = redis.call('HMGET'", 'reads', false],
  ["'ZADD'", 'enters into', true],
  ["'ZRANGEBYSCORE'", 'looks at', false],
  ["'ZREM'", 'removes from', true],
]

let runs = 0

/** The Redis that tests/interleavings is given, or `undefined` if it is out of reach. */
export async function connectRedis(): Promise<Redis | undefined> {
  const redis = new Redis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379', {
    lazyConnect: true,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
  })
  redis.on('error', () => {})
  const isThere = await redis.connect().then(
    () => true,
    () => false,
  )
  if (isThere) return redis
  redis.disconnect()
  return undefined
}

/** A real Redis, and a client of each process whose every script is held. */
export function redisEngine(redis: Redis, store: typeof redisStore): OpenEngine {
  return (schedule, clock) => {
    const prefix = `interleavings:${process.pid}:${++runs}:`
    const keys = new Set<string>()
    const run = (by: string, source: string, key: string, args: string[]): Promise<unknown> => {
      keys.add(key)
      const known = SCRIPTS.find(([part]) => source.includes(part))
      if (known === undefined) throw new Error(`None of the scripts that redis-engine.ts knows: ${source}`)
      const [, verb, writes] = known
      // The same in each run, as the prefix is not.
      const own = key.slice(prefix.length)
      const touches: Touch[] = [{ what: own, writes }]
      const act = (): Promise<unknown> => redis.eval(source, 1, key, ...args)
      return hold(schedule, by, { words: `${verb} ${nameOf(own)}`, touches, act, tell: wordsOf })
    }
    const clientOf = (by: string) => ({
      options: {},
      defineCommand: () => {},
      // The source says what it does; its hash does not.
      evalsha: () => Promise.reject(new Error('NOSCRIPT')),
      eval: (source: string, _: number, key: string, ...args: string[]) => run(by, source, key, args),
    })
    const engine: Engine = {
      open: (by, now) => store(clientOf(by), { prefix, now, timeout: Number.POSITIVE_INFINITY }),
      kept: async () => {
        const kept: Kept[] = []
        for (const key of keys) {
          const lifetime = await redis.pttl(key)
          if (lifetime === -2) continue
          kept.push({ key, expiresAt: lifetime === -1 ? undefined : clock.now + lifetime })
        }
        return kept
      },
      close: async () => {
        if (keys.size > 0) await redis.unlink(...keys)
      },
    }
    return engine
  }
}

function nameOf(key: string): string {
  return key.startsWith('owner:') ? `the index of ${key.slice(6)}` : key.slice(0, 1)
}

/** What a script replied behind the number of the call. */
function wordsOf(reply: unknown): string {
  if (!Array.isArray(reply)) return String(reply)
  const words = reply.slice(1).map((part) => {
    const parts: unknown[] = Array.isArray(part) ? part.map((id) => String(id).slice(1, 2)) : [part ?? 'nothing']
    return parts.join(' and ')
  })
  return words.slice(0, 2).join(', ')
}
