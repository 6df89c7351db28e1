import { releasedTooEarly } from './released-too-early.js'
import { has, hasCode, type SqlClient } from './sql-client.js'

/** A `Pool`, `Client` or `PoolClient` of pg, and of what follows its interface. */
export interface PgClient {
  query(query: {
    name?: string | undefined
    text: string
    values: (string | number | null)[]
    rowMode: 'array'
  }): Promise<{ rows: readonly unknown[][]; rowCount: number | null }>
  connect(): Promise<unknown>
}

type PgQuery = Parameters<PgClient['query']>[0]

/** A pool, or a connection. A statement is prepared once for each connection. */
export function pgClient(pg: PgClient, prepare: boolean): SqlClient {
  const send = (query: PgQuery) => (isTellingPool(pg) ? askTellingPool(pg, query) : pg.query(query))
  const ask = async (text: string, values: (string | number | null)[]) => {
    const query = (name: string | undefined) => send({ name, text, values, rowMode: 'array' })
    if (!prepare) return query(undefined)
    try {
      return await query(nameOf(text))
    } catch (error) {
      if (!isOutOfDate(error)) throw error
      return query(undefined)
    }
  }
  return {
    rows: async (text, values) => checked(await ask(text, values)).rows,
    run: async (text, values) => ({ count: checked(await ask(text, values)).rowCount ?? 0, noted: 0 }),
  }
}

/**
 * Whether the server has forgotten what was prepared (`DISCARD ALL`, which pg does not notice), or can't use it any more
 * since a column has another type. Nothing was carried out.
 */
const isOutOfDate = (error: unknown): boolean => hasCode(error, ['26000', '0A000'])

/** @throws TypeError if it is no answer of pg: that of pg-promise is the rows alone, and mysql2 has the same methods */
function checked<Answer extends { rows: readonly unknown[] }>(answer: Answer): Answer {
  if (Array.isArray((answer as Answer | undefined)?.rows)) return answer
  throw new TypeError('fetch-sessions: this client answers in another way than pg: pass a Pool or Client of pg itself')
}

const names: Map<string, string> = new Map()

/** A name for a statement: PostgreSQL allows 63 bytes, and another text under the same name would be an error. */
function nameOf(text: string): string {
  let name = names.get(text)
  if (name === undefined) {
    let hash = 0xcbf29ce484222325n // FNV-1a
    for (const character of text) hash = BigInt.asUintN(64, (hash ^ BigInt(character.charCodeAt(0))) * 0x100000001b3n)
    name = `fetch_sessions_${hash.toString(36)}`
    names.set(text, name)
  }
  return name
}

/**
 * A `Pool` of pg whose connections tell whether they are in a transaction. Those of older versions, and of Neon's driver, do
 * not: these pools are asked themselves, and Neon's may then ask over HTTP, without a connection.
 */
interface TellingPool {
  readonly Client: unknown
  connect(connected: (error: Error | undefined, client: PooledClient | undefined) => void): void
}

interface PooledClient extends Pick<PgClient, 'query'> {
  getTransactionStatus(): string | null
  on(event: 'error', listener: () => void): unknown
  removeListener(event: 'error', listener: () => void): unknown
  release(destroys: boolean): unknown
}

function isTellingPool(pg: object): pg is TellingPool {
  return (
    has(pg, 'connect') && has((pg as { Client?: { prototype?: unknown } }).Client?.prototype, 'getTransactionStatus')
  )
}

/**
 * As the pool's `query` does it, which does not tell whether the connection is in a transaction: somebody may have given it
 * back too early. What is written there would be lost later, so the connection is closed, which rolls all of it back.
 *
 * @throws Error if nothing was written for that reason
 */
async function askTellingPool(pool: TellingPool, query: PgQuery): ReturnType<PgClient['query']> {
  const client = await connectionOf(pool)
  let isUsable = false
  try {
    const answer = await client.query(query)
    isUsable = !isInTransaction(client)
    if (!isUsable && !query.text.startsWith('SELECT')) throw releasedTooEarly()
    return answer
  } finally {
    client.removeListener('error', ignore)
    client.release(!isUsable)
  }
}

/**
 * A connection, with a listener: one that is lost fails the query, and says so once more by the event `error`. Not by the
 * promise that a pool can give: the end of a connection may come in the same packet as its beginning, before anybody who
 * awaits goes on, and an `error` that nobody hears ends the process.
 */
function connectionOf(pool: TellingPool): Promise<PooledClient> {
  return new Promise((resolve, reject) => {
    pool.connect((error, client) => {
      if (client === undefined) return reject(error)
      client.on('error', ignore)
      resolve(client)
    })
  })
}

function isInTransaction(client: PooledClient): boolean {
  try {
    return client.getTransactionStatus() === 'T'
  } catch {
    // With a pg-native before 3.8, pg asks what that one does not have.
    return false
  }
}

const ignore = (): void => {}
