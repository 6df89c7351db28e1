import { releasedTooEarly } from './released-too-early.js'
import { has, hasCode, type Row, type SqlClient, type Value } from './sql-client.js'

/** A pool or connection of `mysql2/promise`. */
export interface MysqlPromiseClient {
  execute(query: { sql: string; rowsAsArray: boolean }, values: (string | number | null)[]): Promise<[unknown, unknown]>
  format(statement: string, ...values: never[]): string
}

/** One connection. */
interface Connection extends Pick<MysqlPromiseClient, 'execute'> {
  /** What `mysql2/promise` wraps anew each time that a pool hands it out. */
  connection?: object
}

/** mysql2 writes texts by this number. It follows `SET NAMES`, of which the server tells. */
interface ConnectionState {
  config?: { charsetNumber?: number }
}

interface PoolConnection extends Connection {
  release(): unknown
  destroy(): unknown
}

interface ConnectionPool {
  getConnection(): Promise<PoolConnection>
}

/** What the server says with each write: whether a transaction is open, and whether it has autocommit on. */
const IN_TRANSACTION = 1
const AUTOCOMMIT = 2

/** Connections of which it is known whether autocommit is on. */
const autocommits: WeakMap<object, boolean> = new WeakMap()

/** Connections of which the server said that it takes and gives utf8mb4, with mysql2's number for that. */
const characterSets: WeakMap<object, number | undefined> = new WeakMap()

/**
 * What was asked last of a connection that is no pool's, whichever store asked. Where autocommit is off, a statement and
 * what commits it must not be parted: a statement that fails takes back what was not committed.
 */
const lastAsked: WeakMap<object, Promise<unknown>> = new WeakMap()

/** A pool or connection of mysql2. `execute` prepares a statement once per connection. */
export function mysql2Client(mysql2: MysqlPromiseClient): SqlClient {
  const pool = has(mysql2, 'getConnection') ? (mysql2 as unknown as ConnectionPool) : undefined
  const ask = <T>(use: (connection: Connection) => Promise<T>): Promise<T> => {
    if (pool !== undefined) return askNow(use)
    const asked = (lastAsked.get(mysql2) ?? Promise.resolve()).then(() => askNow(use))
    lastAsked.set(
      mysql2,
      asked.catch(() => {}),
    )
    return asked
  }
  const askNow = async <T>(use: (connection: Connection) => Promise<T>): Promise<T> => {
    const connection = pool ? await pool.getConnection() : mysql2
    let isUsable = false
    try {
      const answer = await use(connection)
      isUsable = true
      return answer
    } catch (error) {
      isUsable = !isLost(error)
      // What a failed statement has locked stays so otherwise.
      if (isUsable && autocommits.get(keyOf(connection)) !== true) await execute(connection, 'ROLLBACK').catch(() => {})
      throw error
    } finally {
      if (pool !== undefined) giveBack(connection as PoolConnection, isUsable)
    }
  }
  return {
    rows: (statement, values) =>
      ask(async (connection) => {
        await checkCharacterSet(connection)
        const commits = await commitsItself(connection)
        // Without autocommit a connection goes on seeing what it saw at its first read.
        if (!commits) await execute(connection, 'COMMIT')
        const rows = (await execute(connection, statement, values)) as Row[]
        if (!commits) await execute(connection, 'COMMIT')
        return rows
      }),
    run: (statement, values) =>
      ask(async (connection) => {
        await checkCharacterSet(connection)
        const { affectedRows, insertId, serverStatus } = (await execute(connection, statement, values)) as {
          affectedRows: number
          insertId: number | string
          serverStatus: number
        }
        const commits = (serverStatus & AUTOCOMMIT) !== 0
        autocommits.set(keyOf(connection), commits)
        if (pool !== undefined && commits && (serverStatus & IN_TRANSACTION) !== 0) {
          await execute(connection, 'ROLLBACK')
          throw releasedTooEarly()
        }
        const isNoteLost = affectedRows > 0 && Number(insertId) === 0 && NOTES.test(statement)
        const noted = isNoteLost ? await lastNoted(connection) : Number(insertId)
        if (!commits) await execute(connection, 'COMMIT')
        return { count: affectedRows, noted }
      }),
  }
}

const NOTES = /\bLAST_INSERT_ID\(/

/** Where the table has a trigger, the number that a statement noted does not come with the answer. */
async function lastNoted(connection: Connection): Promise<number> {
  const [row] = (await execute(connection, 'SELECT LAST_INSERT_ID()')) as Row[]
  return Number(row?.[0])
}

/** A pool would hand out a lost connection again. */
function giveBack(connection: PoolConnection, isUsable: boolean): void {
  if (isUsable) connection.release()
  else connection.destroy()
}

/** A function, since `true` would leave the place to a function of the user's. */
const asItIs = (_: unknown, next: () => unknown): unknown => next()

/** What a user's settings would make of the answer is said anew with each statement. */
async function execute(connection: Connection, sql: string, values: Value[] = []): Promise<unknown> {
  const options = { sql, rowsAsArray: true, nestTables: false, typeCast: asItIs } as const
  return (await connection.execute(options, values))[0]
}

/** Asked once for each connection, and seen again with each write. */
async function commitsItself(connection: Connection): Promise<boolean> {
  return autocommits.get(keyOf(connection)) ?? askSettings(connection)
}

/**
 * In another character set, text is changed on its way: an owner to one whose name looks alike, whose sessions are then
 * deleted. No server is asked where mysql2 writes utf8mb4 by a number that all servers have.
 *
 * @throws Error if text would be changed, before anything is written
 */
async function checkCharacterSet(connection: Connection): Promise<void> {
  const number = charsetNumber(connection)
  if (number === 45 || number === 46 || (number !== undefined && number >= 224 && number <= 247)) return
  if (number !== undefined && number < 255) throw wrongCharacterSet()
  // A server that does not know a newer number takes its own default.
  const key = keyOf(connection)
  if (!characterSets.has(key) || characterSets.get(key) !== number) await askSettings(connection)
}

/** @throws Error if the server takes or gives text in another character set than utf8mb4 */
async function askSettings(connection: Connection): Promise<boolean> {
  const [row = []] = (await execute(connection, SETTINGS)) as Row[]
  if (isOtherCharacterSet(row)) throw wrongCharacterSet()
  const commits = Number(row[0]) !== 0
  autocommits.set(keyOf(connection), commits)
  characterSets.set(keyOf(connection), charsetNumber(connection))
  return commits
}

/** What a store has to know of a connection. */
export const SETTINGS = 'SELECT @@autocommit, @@character_set_client, @@character_set_results'

/** Of the answer to `SETTINGS`. Results may be in no character set at all, which is each column's own. */
export function isOtherCharacterSet([, client, results]: Row): boolean {
  return String(client) !== 'utf8mb4' || !['utf8mb4', 'null', 'undefined', ''].includes(String(results))
}

export function wrongCharacterSet(): Error {
  return new Error(
    "fetch-sessions: the connection's character set is not utf8mb4, so that MySQL would change what is stored, and take one owner for another. Nothing was written: leave out the option charset of the client, or set it to 'utf8mb4', and let nothing say SET NAMES otherwise",
  )
}

function charsetNumber(connection: Connection): number | undefined {
  return (keyOf(connection) as ConnectionState).config?.charsetNumber
}

function keyOf(connection: Connection): object {
  return connection.connection ?? connection
}

/**
 * Whether the connection is closed, or will be: after a packet that is too large, the server hangs up. Or whether it is
 * one to a server that takes no writes: after a failover, a new one leads to the primary.
 */
function isLost(error: unknown): boolean {
  const { fatal } = (error ?? {}) as { fatal?: unknown }
  return fatal === true || hasCode(error, ['ER_NET_PACKET_TOO_LARGE', 1153, 'EPIPE', 'ECONNRESET']) || isReadOnly(error)
}

/** Whether the server refused a write because it is read-only. 1290 is said of other options as well. */
function isReadOnly(error: unknown): boolean {
  if (hasCode(error, ['ER_OPTION_PREVENTS_STATEMENT', 1290])) return /read[-_]only/i.test(String(error))
  return hasCode(error, ['ER_READ_ONLY_MODE', 1836, 'ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION', 1792])
}
