import { retryDeadlocks } from './deadlock.js'
import {
  isOtherCharacterSet,
  type MysqlPromiseClient,
  mysql2Client,
  SETTINGS,
  wrongCharacterSet,
} from './mysql2-client.js'
import { has, hasCode, type SqlClient } from './sql-client.js'
import { isTaggedSql, type TaggedSql, taggedSqlClient } from './tagged-sql.js'

/** A pool or connection of `mysql2`, which has one with promises in it. */
export interface MysqlCallbackClient {
  promise(): MysqlPromiseClient
}

/** What `mysqlStore` takes. */
export type MysqlClient = MysqlPromiseClient | MysqlCallbackClient | TaggedSql

/** Deadlocks, and MariaDB's word for a row that was written since the statement's snapshot was taken. */
const isDeadlock = (error: unknown): boolean => hasCode(error, ['ER_LOCK_DEADLOCK', 1213, 'ER_CHECKREAD', 1020])

/** @throws TypeError if the client is none of those that are known */
export function mysqlClient(client: MysqlClient): SqlClient {
  return retryDeadlocks(recognise(client), isDeadlock)
}

function recognise(client: MysqlClient): SqlClient {
  if (isTaggedSql(client, 'mysql') || isTaggedSql(client, 'mariadb')) return bunClient(client)
  if (has(client, 'execute', 'batch'))
    throw new TypeError(
      'fetch-sessions: this is a pool or connection of the package mariadb, which answers in another way: pass one of mysql2, which speaks to MariaDB as well',
    )
  if (has(client, 'promise')) return mysql2Client(client.promise())
  if (has(client, 'execute', 'format')) return mysql2Client(client as MysqlPromiseClient)
  throw new TypeError('fetch-sessions: mysqlStore takes a pool or connection of mysql2, or a Bun.SQL for MySQL')
}

/** A `Bun.SQL` does not tell which connection a statement went to, so that nothing can be committed on it. */
function bunClient(sql: TaggedSql): SqlClient {
  const client = taggedSqlClient(sql, true)
  let checked: Promise<void> | undefined
  const check = async (): Promise<void> => {
    const [row = []] = await client.rows(SETTINGS, [])
    if (isOtherCharacterSet(row)) throw wrongCharacterSet()
    if (Number(row[0]) !== 0) return
    throw new Error(
      'fetch-sessions: autocommit is off in MySQL, so that nothing would be kept: turn it on for the connections of this Bun.SQL',
    )
  }
  const whenChecked = async <T>(ask: () => T | Promise<T>): Promise<T> => {
    checked ??= check()
    try {
      await checked
    } catch (error) {
      checked = undefined
      throw error
    }
    return ask()
  }
  return {
    rows: (statement, values) => whenChecked(() => client.rows(statement, values)),
    run: (statement, values) => whenChecked(() => client.run(statement, values)),
  }
}
