import type {
  BunRedisClient,
  IoredisClient,
  IoredisCluster,
  IoredisServer,
  NodeRedisClient,
  NodeRedisCluster,
  NodeRedisServer,
  RedisClient,
  UpstashClient,
} from './clients.js'

/** All that the store wants of a client. Each script has one key, so that any of them runs on a cluster. */
export interface RedisDriver {
  /** Runs a script that the server may know by its hash. Rejects with a NOSCRIPT error if it does not. */
  evalsha(sha1: string, key: string, args: string[]): Promise<unknown>
  eval(source: string, key: string, args: string[]): Promise<unknown>
  /** The keys that match, of every master, page by page. A key may come twice. */
  scan(pattern: string): AsyncIterable<string[]>
}

type Page = readonly [cursor: unknown, keys: readonly unknown[]]

/** How many keys one SCAN looks at. */
const COUNT = 1000

/** @throws TypeError if the client is none of those that it knows */
export function driverOf(client: RedisClient): RedisDriver {
  if (has(client, 'then')) throw unknownClient('it got a promise: await it')
  if (has(client, 'evalSha')) return nodeRedisDriver(client as NodeRedisClient)
  if (has(client, 'evalsha') && has(client, 'defineCommand')) return ioredisDriver(client as IoredisClient)
  if (has(client, 'evalsha') && has(client, 'createScript')) return upstashDriver(client as UpstashClient)
  if (has(client, 'send') && has(client, 'duplicate')) return bunDriver(client as BunRedisClient)
  throw unknownClient('it got something else')
}

function nodeRedisDriver(client: NodeRedisClient): RedisDriver {
  return {
    evalsha: (sha1, key, args) => client.evalSha(sha1, { keys: [key], arguments: args }),
    eval: (source, key, args) => client.eval(source, { keys: [key], arguments: args }),
    async *scan(pattern) {
      const cluster = has(client, 'nodeClient') ? (client as unknown as NodeRedisCluster) : undefined
      const servers = cluster
        ? await Promise.all(cluster.masters.map((master) => cluster.nodeClient(master)))
        : [client as unknown as NodeRedisServer]
      for (const server of servers) {
        yield* pages(async (cursor): Promise<Page> => {
          const page = await server.scan(cursor, { MATCH: pattern, COUNT })
          return [page.cursor, page.keys]
        })
      }
    },
  }
}

function ioredisDriver(client: IoredisClient): RedisDriver {
  return {
    evalsha: (sha1, key, args) => client.evalsha(sha1, 1, key, ...args),
    eval: (source, key, args) => client.eval(source, 1, key, ...args),
    async *scan(pattern) {
      // The client puts its own prefix before keys, but not before patterns, and does not take it off.
      const keyPrefix = client.options.keyPrefix ?? ''
      const servers = has(client, 'nodes')
        ? (client as unknown as IoredisCluster).nodes('master')
        : [client as unknown as IoredisServer]
      for (const server of servers) {
        const scan = (cursor: string) => server.scan(cursor, 'MATCH', escapeGlob(keyPrefix) + pattern, 'COUNT', COUNT)
        for await (const keys of pages(scan)) yield keys.map((key) => key.slice(keyPrefix.length))
      }
    },
  }
}

function upstashDriver(client: UpstashClient): RedisDriver {
  return {
    evalsha: (sha1, key, args) => client.evalsha(sha1, [key], args),
    eval: (source, key, args) => client.eval(source, [key], args),
    scan: (pattern) => pages((cursor) => client.scan(cursor, { match: pattern, count: COUNT })),
  }
}

function bunDriver(client: BunRedisClient): RedisDriver {
  return {
    evalsha: (sha1, key, args) => client.send('EVALSHA', [sha1, '1', key, ...args]),
    eval: (source, key, args) => client.send('EVAL', [source, '1', key, ...args]),
    scan: (pattern) =>
      pages((cursor) => client.send('SCAN', [cursor, 'MATCH', pattern, 'COUNT', `${COUNT}`]) as Promise<Page>),
  }
}

/** Follows the cursor from page to page. */
async function* pages(scan: (cursor: string) => Promise<Page>): AsyncGenerator<string[]> {
  let cursor = '0'
  do {
    const [next, keys] = await scan(cursor)
    cursor = String(next)
    yield keys.map(String)
  } while (cursor !== '0')
}

/** A text as a pattern that matches nothing but it. */
export function escapeGlob(text: string): string {
  return text.replace(/[*?[\]\\]/g, '\\$&')
}

function has(client: unknown, method: string): boolean {
  return typeof client === 'object' && client !== null && typeof Reflect.get(client, method) === 'function'
}

function unknownClient(problem: string): TypeError {
  return new TypeError(
    `fetch-sessions: redisStore takes a client of redis (5 or later), ioredis, @upstash/redis or Bun; ${problem}`,
  )
}
