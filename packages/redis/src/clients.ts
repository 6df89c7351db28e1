/** A client of the user's. Its connection is theirs too: the store neither opens nor closes it. */
export type RedisClient = NodeRedisClient | IoredisClient | UpstashClient | BunRedisClient

/** What is used of `redis` (node-redis 5 or later): of a client, a pool or a cluster. */
export interface NodeRedisClient {
  evalSha(sha1: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>
}

/** What is used of one server's `redis` client. */
export interface NodeRedisServer {
  scan(cursor: string, options: { MATCH: string; COUNT: number }): Promise<{ cursor: unknown; keys: unknown[] }>
}

/** What is used of a cluster client of `redis`. */
export interface NodeRedisCluster {
  readonly masters: readonly unknown[]
  nodeClient(master: unknown): Promise<NodeRedisServer>
}

/** What is used of `ioredis` (5 or later): of a `Redis` or a `Cluster`. */
export interface IoredisClient {
  readonly options: { keyPrefix?: string | undefined }
  defineCommand(name: string, definition: { lua: string }): void
  evalsha(sha1: string, numberOfKeys: number, ...keysAndArguments: string[]): Promise<unknown>
  eval(script: string, numberOfKeys: number, ...keysAndArguments: string[]): Promise<unknown>
}

/** What is used of one server's `ioredis` client. */
export interface IoredisServer {
  scan(cursor: string, match: 'MATCH', pattern: string, count: 'COUNT', hint: number): Promise<[string, string[]]>
}

/** What is used of a `Cluster` of `ioredis`. */
export interface IoredisCluster {
  nodes(role: 'master'): IoredisServer[]
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
