import { has, type Row, type SqlClient, type Value } from './sql-client.js'

/** A `Client` of @libsql/client. */
export interface LibsqlClient {
  readonly protocol?: string
  execute(statement: { sql: string; args: (string | number | null)[] }): Promise<LibsqlAnswer>
  batch(...values: never[]): unknown
}

interface LibsqlAnswer {
  rows: readonly ArrayLike<unknown>[]
  rowsAffected: number
}

/** A client with `protocol: 'file'`, which may have a file, a database in memory, or a replica of one elsewhere. */
interface FileClient extends LibsqlClient {
  sync(): Promise<unknown>
  transaction(mode: 'deferred'): Promise<{
    execute: LibsqlClient['execute']
    executeMultiple(statements: string): Promise<unknown>
    close(): unknown
  }>
}

/** For how many milliseconds a statement is tried again while somebody else has the lock. */
const PATIENCE = 5000

export function libsqlClient(libsql: LibsqlClient): SqlClient {
  const execute = isLocal(libsql) ? executeLocally(libsql) : executePlainly(libsql)
  return {
    rows: async (sql, args) => (await execute(sql, args)).rows.map((row) => Array.from(row)) as Row[],
    run: async (sql, args) => ({ count: (await execute(sql, args)).rowsAffected, noted: 0 }),
  }
}

const isLocal = (libsql: LibsqlClient): libsql is FileClient =>
  libsql.protocol === 'file' && has(libsql, 'sync', 'transaction')

type Execute = (sql: string, args: Value[]) => Promise<LibsqlAnswer>

const executePlainly =
  (libsql: LibsqlClient): Execute =>
  (sql, args) =>
    libsql.execute({ sql, args })

/** What is in memory has one connection, and nobody else to wait for. So has a replica, which writes elsewhere. */
function executeLocally(libsql: FileClient): Execute {
  let asked: Promise<boolean> | undefined
  const isFile = (): Promise<boolean> => {
    asked ??= hasFileOfItsOwn(libsql).catch((error) => {
      asked = undefined
      throw error
    })
    return asked
  }
  return async (sql, args) =>
    (await isFile())
      ? whenUnlocked(() => inTurn(libsql, () => executeInFile(libsql, sql, args)))
      : libsql.execute({ sql, args })
}

async function hasFileOfItsOwn(libsql: FileClient): Promise<boolean> {
  const { rows } = await libsql.execute({ sql: 'PRAGMA database_list', args: [] })
  // The number, the name and the file of each database, of which ours is the first.
  if (!rows[0]?.[2]) return false
  try {
    await libsql.sync()
    return false
  } catch (error) {
    return /SyncNotSupported/.test(String(error))
  }
}

/**
 * A statement that got no lock stays open in the connection of @libsql/client: what that one reads from then on is out of
 * date, and what it writes is not kept. Only what `executeMultiple` runs is closed whatever comes of it. So that is what
 * takes the locks, on a connection that nobody else has meanwhile, and the statement itself finds them taken.
 */
async function executeInFile(libsql: FileClient, sql: string, args: Value[]): Promise<LibsqlAnswer> {
  const transaction = await libsql.transaction('deferred')
  try {
    await transaction.executeMultiple(
      READS.test(sql) ? 'SELECT 1 FROM sqlite_master LIMIT 1' : 'COMMIT; BEGIN IMMEDIATE',
    )
    const answer = await transaction.execute({ sql, args })
    await transaction.executeMultiple('COMMIT')
    return answer
  } finally {
    transaction.close()
  }
}

const READS = /^SELECT\b/

/** Timers let the process go on meanwhile, and with it what has the lock: often a transaction of the same process. */
async function whenUnlocked<T>(ask: () => Promise<T>): Promise<T> {
  const start = performance.now()
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask()
    } catch (error) {
      if ((error as { code?: unknown } | undefined)?.code !== 'SQLITE_BUSY') throw error
      if (performance.now() - start >= PATIENCE) throw error
      await new Promise((resolve) => setTimeout(resolve, Math.min(5 * attempt, 50)))
    }
  }
}

/** What was asked last of a client, whichever store asked. */
const lastAsked: WeakMap<object, Promise<unknown>> = new WeakMap()

/** One after another: a client has some connections only, and none to wait for while all of them are in transactions. */
function inTurn<T>(libsql: object, ask: () => Promise<T>): Promise<T> {
  const asked = (lastAsked.get(libsql) ?? Promise.resolve()).then(ask)
  lastAsked.set(
    libsql,
    asked.catch(() => {}),
  )
  return asked
}
