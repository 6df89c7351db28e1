import type { StoreLimits } from '@fetch-sessions/core'
import type { Row, Value } from './sql-client.js'
import type { TableName } from './table-name.js'

/** All columns of a store's table. A migration asks for them before it adds an index: another's table is left alone. */
export const COLUMNS = 'id, data, created_at, expires_at, owner, version, meta'

/** What one kind of database says differently from the others. */
export interface Dialect {
  /** What a user calls it, for error messages. */
  readonly name: string
  /** Whether a table's name may have a schema in front. */
  readonly schemas: boolean
  /** What its columns and indexes can take at most. */
  readonly limits: StoreLimits
  /** The name as it stands in a statement. */
  quote(name: TableName): string
  /** The statement in the database's own way to write placeholders; `?` is what it is given. */
  placeholders(statement: string): string
  /** A placeholder for a text that a query only gives back. */
  readonly echo: string
  /**
   * For databases whose clients take longer for a column than for the text in it: an expression that joins columns as
   * `splitRow` takes them.
   */
  readonly joined?: (columns: readonly string[]) => string
  /** Finds the rows of an owner by an index. Each `?` of it stands for the owner. */
  readonly ofOwner: string
  /** What to append to an INSERT, so that it writes nothing if the id exists. Empty: `isDuplicate` tells. */
  readonly unlessExists: string
  /** Whether an INSERT failed because the id exists. */
  isDuplicate(error: unknown): boolean
  /** Whether a statement that writes can tell which rows it wrote, with RETURNING. Else it notes what `noting` says. */
  readonly returns: boolean
  /** For databases without RETURNING: the placeholder of a value, which also notes the `noteOf` the row's id. */
  readonly noting: string
  /**
   * Whether a statement that removes gets its own name as its last value, and removes nothing where it gets another: a
   * pooler may have a connection run one prepared statement in the place of another, with the values of that one.
   */
  readonly namesRemovals: boolean
  /** Deletes rows by `expires_at` up to the first value, as many as the second value says. */
  deleteExpired(table: string): string
  /** Creates the table and its indexes where they are missing, step by step: each gets what the one before has given. */
  migrate(name: TableName, table: string): Generator<MigrationStep, void, readonly Row[]>
  /** Whether a statement failed because the table is not there. */
  isMissingTable(error: unknown): boolean
  /** Whether a statement failed because nothing says that an id is there once: a copied table has no primary key. */
  isWithoutKey(error: unknown): boolean
  /** Whether a statement failed because the table has other columns, or is no table. */
  isForeignTable(error: unknown): boolean
}

/** A statement of a migration. */
export interface MigrationStep {
  readonly statement: string
  readonly values?: Value[]
  /** Whether it gives rows. */
  readonly asks?: boolean
  /** Of one that gives no rows: whether it failed only because another process has done the same at the same moment. */
  isDone?(error: unknown): boolean
  /** The same, where there may be more to do: it is run once more. */
  isRaced?(error: unknown): boolean
}
