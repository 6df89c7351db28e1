import { retryDeadlocks } from './deadlock.js'
import { has, hasCode, type Row, type SqlClient, type Value } from './sql-client.js'
import { isTaggedSql, type TaggedSql, taggedSqlClient } from './tagged-sql.js'

/** A pool or connection of `mysql2/promise`. */
export interface MysqlPromiseClient {
  execute(query: { sql: string; rowsAsArray: boolean }, values: (string | number | null)[]): Promise<[unknown, unknown]>
  format(statement: string, ...values: never[]): string
}

/** A pool or connection of `mysql2`, which has one with promises in it. */
export interface MysqlCallbackClient {
  promise(): MysqlPromiseClient
}

/** What `mysqlStore` takes. */
export type MysqlClient = MysqlPromiseClient | MysqlCallbackClient | TaggedSql

const isDeadlock = (error: unknown): boolean => hasCode(error, ['ER_LOCK_DEADLOCK', 1213])

/** @throws TypeError if the client is none of those that are known */
export function mysqlClient(client: MysqlClient): SqlClient {
  return retryDeadlocks(recognise(client), isDeadlock)
}

function recognise(client: MysqlClient): SqlClient {
  if (isTaggedSql(client, 'mysql') || isTaggedSql(client, 'mariadb')) return taggedSqlClient(client, true)
  if (has(client, 'promise')) return mysql2Client(client.promise())
  if (has(client, 'execute', 'format')) return mysql2Client(client as MysqlPromiseClient)
  throw new TypeError('fetch-sessions: mysqlStore takes a pool or connection of mysql2, or a Bun.SQL for MySQL')
}

/** `execute` prepares a statement once per connection. */
function mysql2Client(mysql2: MysqlPromiseClient): SqlClient {
  const ask = async (sql: string, values: Value[]) => (await mysql2.execute({ sql, rowsAsArray: true }, values))[0]
  return {
    rows: async (statement, values) => (await ask(statement, values)) as Row[],
    run: async (statement, values) => ((await ask(statement, values)) as { affectedRows: number }).affectedRows,
  }
}
