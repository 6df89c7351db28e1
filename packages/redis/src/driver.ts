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

/** All that the store wants of a client. Each script has one key at most, so that any of them runs on a cluster. */
export interface RedisDriver {
  /** What the client puts before each key of a script by itself. */
  readonly keyPrefix: string
  /** Runs a script that the server may know by its hash. Rejects with a NOSCRIPT error if it does not. */
  evalsha(sha1: string, keys: string[], args: string[]): Promise<unknown>
  eval(source: string, keys: string[], args: string[]): Promise<unknown>
  /** A driver for each master of a cluster, which runs scripts without a key there. */
  masters?(): Promise<RedisDriver[]>
  /** SCAN as a command, for a service that may not have it in scripts. */
  scan?(cursor: string, pattern: string, count: number): Promise<readonly [cursor: unknown, keys: readonly unknown[]]>
  /** Makes a client that does not do so by itself leave its connection for a new one. At most once a second. */
  reconnect?(): void
}

/** The least time between two reconnects, in milliseconds: the address may lead to the old master for a while. */
const RECONNECT_PAUSE = 1000

/** @throws TypeError if the client is none of those that it knows */
export function driverOf(client: RedisClient): RedisDriver {
  if (has(client, 'then')) throw unknownClient('it got a promise: await it')
  if (isGlide(client)) throw unknownClient('it got one of Valkey GLIDE: for Valkey, take iovalkey or one of these')
  if (isQueue(client)) throw unknownClient('it got a pipeline or a transaction: pass the client that made it')
  if (isLegacy(client)) throw unknownClient('it got what legacy() gave: pass the client itself')
  if (has(client, 'evalSha')) return nodeRedisDriver(client as NodeRedisClient)
  if (has(client, 'evalsha') && has(client, 'defineCommand')) return ioredisDriver(client as IoredisClient)
  if (has(client, 'evalsha') && has(client, 'createScript')) return upstashDriver(client as UpstashClient)
  if (has(client, 'send') && has(client, 'duplicate')) return bunDriver(client as BunRedisClient)
  throw unknownClient('it got something else')
}

function nodeRedisDriver(client: NodeRedisClient): RedisDriver {
  const cluster = has(client, 'nodeClient') ? (client as unknown as NodeRedisCluster) : undefined
  // A client of a sentinel or a cluster learns by itself who the master is.
  const server = cluster || has(client, 'getMasterNode') ? undefined : (client as unknown as NodeRedisServer)
  return driver({
    evalsha: (sha1, keys, args) => client.evalSha(sha1, { keys, arguments: args }),
    eval: (source, keys, args) => client.eval(source, { keys, arguments: args }),
    ...(cluster && {
      masters: async () =>
        (await Promise.all(cluster.masters.map((master) => cluster.nodeClient(master)))).map(nodeRedisDriver),
    }),
    // The server then ends the connection, and the client makes a new one as after any end. Each client of a pool gets one.
    ...(server && {
      reconnect: () =>
        Promise.all(Array.from({ length: server.totalClients ?? 1 }, () => server.sendCommand(['QUIT']))),
    }),
  })
}

function ioredisDriver(client: IoredisClient): RedisDriver {
  const cluster = has(client, 'nodes') ? (client as unknown as IoredisCluster) : undefined
  const server = client as unknown as IoredisServer
  const keyPrefix = client.options.keyPrefix ?? ''
  return driver({
    keyPrefix,
    evalsha: (sha1, keys, args) => client.evalsha(sha1, keys.length, ...keys, ...args),
    eval: (source, keys, args) => client.eval(source, keys.length, ...keys, ...args),
    ...(cluster
      ? // The clients of its servers do not know its prefix.
        { masters: async () => cluster.nodes('master').map((master) => ({ ...ioredisDriver(master), keyPrefix })) }
      : {
          reconnect: () => {
            if (server.status === 'ready') server.disconnect(true)
          },
        }),
  })
}

function upstashDriver(client: UpstashClient): RedisDriver {
  return driver({
    evalsha: (sha1, keys, args) => client.evalsha(sha1, keys, args),
    eval: (source, keys, args) => client.eval(source, keys, args),
    scan: (cursor, match, count) => client.scan(cursor, { match, count }),
  })
}

function bunDriver(client: BunRedisClient): RedisDriver {
  return driver({
    evalsha: (sha1, keys, args) => client.send('EVALSHA', [sha1, String(keys.length), ...keys, ...args]),
    eval: (source, keys, args) => client.send('EVAL', [source, String(keys.length), ...keys, ...args]),
    reconnect: () => client.send('QUIT', []),
  })
}

type Parts = Pick<RedisDriver, 'evalsha' | 'eval'> &
  Partial<Pick<RedisDriver, 'keyPrefix' | 'masters' | 'scan'>> & { reconnect?: () => unknown }

/** A driver of a client's own parts, with what is the same for most. */
function driver({ reconnect, ...parts }: Parts): RedisDriver {
  let last = 0
  const driver: RedisDriver = { keyPrefix: '', ...parts }
  if (reconnect === undefined) return driver
  driver.reconnect = () => {
    if (Math.abs(Date.now() - last) < RECONNECT_PAUSE) return
    last = Date.now()
    // The client tells its listeners what came of it, and the next call whether it can be made.
    Promise.resolve()
      .then(reconnect)
      .catch(() => {})
  }
  return driver
}

function has(client: unknown, method: string): boolean {
  return typeof client === 'object' && client !== null && typeof Reflect.get(client, method) === 'function'
}

/** Whether it only notes commands until `exec`, as what `multi` and `pipeline` give. ioredis' clients have `exec` as well. */
function isQueue(client: RedisClient): boolean {
  return has(client, 'exec') && (!has(client, 'multi') || Reflect.get(client, 'isPipeline') === true)
}

/** Whether it is a client of Valkey GLIDE. It has `exec` without `multi`, as a queue does, and runs batches by it. */
function isGlide(client: RedisClient): boolean {
  return has(client, 'customCommand') && has(client, 'invokeScript')
}

/** Whether it calls back, as node-redis 3 did. It has the methods of a client, but knows of no connection. */
function isLegacy(client: RedisClient): boolean {
  return has(client, 'evalSha') && has(client, 'multi') && !('isOpen' in client)
}

function unknownClient(problem: string): TypeError {
  return new TypeError(
    `fetch-sessions: redisStore takes a client of redis (5 or later), ioredis, @upstash/redis or Bun; ${problem}`,
  )
}
