/** A client of the user's. Its connection is theirs too: the store neither opens nor closes it for good. */
export type RedisClient = NodeRedisClient | IoredisClient | UpstashClient | BunRedisClient

/** What is used of `redis` (node-redis 5 or later): of a client, a pool, a cluster or a sentinel. */
export interface NodeRedisClient {
  evalSha(sha1: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>
}

/** What is used of a client or a pool of `redis`, for one server. */
export interface NodeRedisServer {
  /** Only a pool has it. */
  readonly totalClients?: number
  sendCommand(args: string[]): Promise<unknown>
}

/** What is used of a cluster client of `redis`. */
export interface NodeRedisCluster {
  readonly masters: readonly unknown[]
  nodeClient(master: unknown): Promise<NodeRedisClient>
}

/** What is used of `ioredis` (5 or later): of a `Redis` or a `Cluster`. */
export interface IoredisClient {
  readonly options: { keyPrefix?: string | undefined }
  defineCommand(name: string, definition: { lua: string }): void
  evalsha(sha1: string, numberOfKeys: number, ...keysAndArguments: string[]): Promise<unknown>
  eval(script: string, numberOfKeys: number, ...keysAndArguments: string[]): Promise<unknown>
}

/** What is used of a `Redis` of `ioredis`, for one server. */
export interface IoredisServer {
  readonly status: string
  disconnect(reconnect: boolean): void
}

/** What is used of a `Cluster` of `ioredis`. */
export interface IoredisCluster {
  nodes(role: 'master'): IoredisClient[]
}

/** What is used of `@upstash/redis`. */
export interface UpstashClient {
  createScript(script: string): unknown
  evalsha(sha1: string, keys: string[], args: string[]): Promise<unknown>
  eval(script: string, keys: string[], args: string[]): Promise<unknown>
  scan(cursor: string, options: { match: string; count: number }): Promise<[unknown, unknown[]]>
}

/** What is used of `Bun.RedisClient`, and of `redis` in `bun`. */
export interface BunRedisClient {
  send(command: string, args: string[]): Promise<unknown>
}
