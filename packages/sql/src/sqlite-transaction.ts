/** better-sqlite3 and bun:sqlite say it by the one, node:sqlite (from 22.16) by the other. */
interface TransactionState {
  readonly inTransaction?: boolean
  readonly isTransaction?: boolean
}

/** Whether a statement changes sessions. */
export const writesSessions = (statement: string): boolean => /^(INSERT|UPDATE|DELETE)\b/.test(statement)

/**
 * Each statement of a store is a transaction of its own. In one that somebody else has opened, it would be told as done, and
 * undone with what else is in there: an asynchronous transaction of an ORM holds the connection while the requests of other
 * visitors go on. Whether it is the caller's own transaction can't be known. A read changes nothing, and is let in.
 *
 * @throws Error if the statement writes while a transaction is open
 */
export function refuseInTransaction(db: object, statement: string): void {
  if (!writesSessions(statement)) return
  const { inTransaction, isTransaction } = db as TransactionState
  if (inTransaction === true || isTransaction === true) throw inTransactionOfOthers()
}

export function inTransactionOfOthers(cause?: unknown): Error {
  return new Error(
    'fetch-sessions: a transaction that the store did not open is open on its SQLite connection, and would take what the store writes with it if it is rolled back. Where transactions go on over an await, give the store a connection to a file of its own; else write to the store after the commit',
    { cause },
  )
}
