import type { TableName } from './table-name.js'

/** What one kind of database says differently from the others. */
export interface Dialect {
  /** What a user calls it, for error messages. */
  readonly name: string
  /** Whether a table's name may have a schema in front. */
  readonly schemas: boolean
  /** The name as it stands in a statement. */
  quote(name: TableName): string
  /** The statement in the database's own way to write placeholders; `?` is what it is given. */
  placeholders(statement: string): string
  /** What to append to an INSERT, so that it writes nothing if the id exists. Empty: `isDuplicate` tells. */
  readonly unlessExists: string
  /** Whether an INSERT failed because the id exists. */
  isDuplicate(error: unknown): boolean
  /** Whether an UPDATE that changes nothing counts the row that it found. */
  readonly countsUnchanged: boolean
  /** Deletes rows by `expires_at` up to the first value, as many as the second value says. */
  deleteExpired(table: string): string
  /** Creates the table and its indexes where they are missing. */
  schema(name: TableName, table: string): string[]
  /** Whether a statement failed because the table is not there. */
  isMissingTable(error: unknown): boolean
  /** Whether a statement failed because the table has other columns. */
  isForeignTable(error: unknown): boolean
}
