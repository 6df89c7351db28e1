import { type LibsqlClient, libsqlClient } from './libsql-client.js'
import { has, type SqlClient, type Value } from './sql-client.js'
import { inTransactionOfOthers, refuseInTransaction, writesSessions } from './sqlite-transaction.js'
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

/** A `Database` of @tursodatabase/database, as its `connect` gives it. */
export interface TursoClient extends TursoTransaction {
  transactionAsync<Answer>(use: (transaction: TursoTransaction) => Promise<Answer>): () => Promise<Answer>
  io(): unknown
}

interface TursoTransaction {
  all(statement: string, ...values: (string | number | null)[]): Promise<unknown[]>
  run(statement: string, ...values: (string | number | null)[]): Promise<{ changes: number }>
}

/** What `sqliteStore` takes, of what answers with promises. */
export type AsyncSqliteClient = D1Client | LibsqlClient | TursoClient | TaggedSql

/** @throws TypeError if the client is none of those that are known */
export function sqliteClient(client: SyncSqliteClient | AsyncSqliteClient): SqlClient {
  if (isTaggedSql(client, 'sqlite')) return taggedSqlClient(client, true)
  // What can be closed is a client of Turso's, which has these as well.
  if (has(client, 'prepare', 'batch') && !has(client, 'close')) return d1Client(client as D1Client)
  // One of @tursodatabase/sync, which can push, writes to a copy: what another copy has stored meanwhile would be lost.
  if (has(client, 'all', 'run', 'io') && !has(client, 'push')) return tursoClient(client as TursoClient)
  if (has(client, 'execute', 'batch')) return libsqlClient(client as LibsqlClient)
  // The package sqlite3, which answers by callback, is told by its `each`.
  if (has(client, 'prepare', 'exec') && !has(client, 'each')) {
    // That of @tursodatabase/database/compat, with a `batch`, ends the process when a table is made (0.7.2).
    if (has(client, 'batch') || answersLater(client as SyncSqliteClient))
      throw new TypeError(
        'fetch-sessions: this Database is of libsql/promise, or of a part of @tursodatabase that can not keep sessions: pass one of connect() of @tursodatabase/database, or a Client of @libsql/client',
      )
    return syncClient(client as SyncSqliteClient)
  }
  throw new TypeError(
    'fetch-sessions: sqliteStore takes a Database of better-sqlite3 or bun:sqlite, a DatabaseSync of node:sqlite, a D1 binding, a Client of @libsql/client, a Database of @tursodatabase/database, or a Bun.SQL for SQLite',
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
    refuseInTransaction(db, text)
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

/** A write opens a transaction that has the connection for itself, since its own might be one of another visitor's. */
function tursoClient(turso: TursoClient): SqlClient {
  const ask = async <T>(text: string, use: (turso: TursoTransaction) => Promise<T>): Promise<T> => {
    if (!writesSessions(text)) return use(turso)
    try {
      return await turso.transactionAsync((transaction) => use(transaction))()
    } catch (error) {
      throw NESTED.test(String(error)) ? inTransactionOfOthers(error) : error
    }
  }
  return {
    rows: async (text, values) =>
      (await ask(text, (db) => db.all(text, ...values))).map((row) => Object.values(row as object)),
    run: async (text, values) => ({ count: (await ask(text, (db) => db.run(text, ...values))).changes, noted: 0 }),
  }
}

/** What Turso says of a transaction in another one. */
const NESTED = /transaction within a transaction/
