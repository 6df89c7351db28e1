import { has, type Row, type SqlClient, type Value } from './sql-client.js'
import { isTaggedSql, type TaggedSql, taggedSqlClient } from './tagged-sql.js'

/** A `Database` of better-sqlite3 or bun:sqlite, or a `DatabaseSync` of node:sqlite. */
export interface SyncSqliteClient {
  prepare(statement: string): SyncStatement<never>
  exec(statements: string): unknown
}

/** What can be bound to it is said so differently by each client that no common type but `never` fits them all. */
interface SyncStatement<Bound> {
  all(...values: Bound[]): unknown[]
  run(...values: Bound[]): { changes: number | bigint }
}

/** A D1 binding of Cloudflare Workers, or a session of it. */
export interface D1Client {
  prepare(statement: string): { bind(...values: (string | number | null)[]): D1Statement }
  batch(...values: never[]): unknown
}

interface D1Statement {
  raw(): Promise<unknown[][]>
  run(): Promise<{ meta: { changes?: number } & Record<string, unknown> }>
}

/** A `Client` of @libsql/client. */
export interface LibsqlClient {
  readonly protocol?: string
  reconnect?(): unknown
  execute(statement: { sql: string; args: (string | number | null)[] }): Promise<{
    rows: readonly ArrayLike<unknown>[]
    rowsAffected: number
  }>
  batch(...values: never[]): unknown
}

/** What `sqliteStore` takes, of what answers with promises. */
export type AsyncSqliteClient = D1Client | LibsqlClient | TaggedSql

/** @throws TypeError if the client is none of those that are known */
export function sqliteClient(client: SyncSqliteClient | AsyncSqliteClient): SqlClient {
  if (isTaggedSql(client, 'sqlite')) return taggedSqlClient(client, true)
  // What can be closed is a client of Turso's, which has these as well.
  if (has(client, 'prepare', 'batch') && !has(client, 'close')) return d1Client(client as D1Client)
  if (has(client, 'execute', 'batch')) return libsqlClient(client as LibsqlClient)
  // The package sqlite3, which answers by callback, is told by its `each`.
  if (has(client, 'prepare', 'exec') && !has(client, 'each')) {
    if (answersLater(client as SyncSqliteClient))
      throw new TypeError(
        'fetch-sessions: this Database answers with promises, as those of libsql/promise and @tursodatabase do: pass a Client of @libsql/client',
      )
    return syncClient(client as SyncSqliteClient)
  }
  throw new TypeError(
    'fetch-sessions: sqliteStore takes a Database of better-sqlite3 or bun:sqlite, a DatabaseSync of node:sqlite, a D1 binding, a Client of @libsql/client, or a Bun.SQL for SQLite',
  )
}

function answersLater(db: SyncSqliteClient): boolean {
  try {
    const statement: unknown = db.prepare('SELECT 1')
    // Some make the statement at once, and answer it later.
    const answer: unknown = has(statement, 'then') ? statement : (statement as SyncStatement<never>).all()
    if (!has(answer, 'then', 'catch')) return false
    ;(answer as unknown as Promise<unknown>).catch(() => {})
    return true
  } catch {
    return false
  }
}

function syncClient(db: SyncSqliteClient): SqlClient {
  const statements: Map<string, SyncStatement<Value>> = new Map()
  const prepared = (text: string): SyncStatement<Value> => {
    let statement = statements.get(text)
    if (statement === undefined) {
      statement = db.prepare(text) as SyncStatement<Value>
      statements.set(text, statement)
    }
    return statement
  }
  const call = <T>(text: string, use: (statement: SyncStatement<Value>) => T): T => {
    try {
      return use(prepared(text))
    } catch (error) {
      if (!FINALIZED.test(String(error))) throw error
      statements.clear()
      return use(prepared(text))
    }
  }
  return {
    rows: (text, values) =>
      call(text, (statement) => statement.all(...values)).map((row) => Object.values(row as object)),
    run: (text, values) => ({ count: Number(call(text, (statement) => statement.run(...values)).changes), noted: 0 }),
  }
}

/** What node:sqlite says of a statement if its database was closed since. It may be open again. */
const FINALIZED = /statement has been finalized/

/** A row of D1 may be two million bytes long. */
const D1_LIMITS = { dataBytes: 1_900_000, ownerBytes: 10_000 }

function d1Client(d1: D1Client): SqlClient {
  const statement = (text: string, values: Value[]) => d1.prepare(text).bind(...values)
  return {
    limits: D1_LIMITS,
    // A session of D1 may read from a replica.
    consistency: has(d1, 'getBookmark') ? 'eventual' : 'strong',
    rows: async (text, values) => statement(text, values).raw(),
    run: async (text, values) => ({ count: (await statement(text, values).run()).meta.changes ?? 0, noted: 0 }),
  }
}

/**
 * A statement that failed in a file stays open in its connection: what that one reads afterwards is out of date for
 * good, and it gets no turn to write. So all connections are opened anew, which the client does at once.
 */
function libsqlClient(libsql: LibsqlClient): SqlClient {
  const execute = async (sql: string, args: Value[]) => {
    try {
      return await libsql.execute({ sql, args })
    } catch (error) {
      const { code } = (error ?? {}) as { code?: unknown }
      if (libsql.protocol === 'file' && STAYS_OPEN.test(String(code))) await libsql.reconnect?.()
      throw error
    }
  }
  return {
    rows: async (sql, args) => (await execute(sql, args)).rows.map((row) => Array.from(row)) as Row[],
    run: async (sql, args) => ({ count: (await execute(sql, args)).rowsAffected, noted: 0 }),
  }
}

/** Codes of statements that failed when they had begun. */
const STAYS_OPEN = /^SQLITE_(BUSY|IOERR|FULL)/
