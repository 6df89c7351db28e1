import type { Dialect } from './dialect.js'

/** The columns of a record, in the order in which statements read and write them. */
const COLUMNS = ['data', 'created_at', 'expires_at', 'owner', 'version', 'meta']

/** All that a store says to its database, but for the schema. */
export interface Statements {
  readonly load: string
  readonly create: string
  readonly update: string
  readonly touch: string
  readonly exists: string
  readonly delete: string
  readonly listByOwner: string
  readonly deleteByOwner: string
  readonly anyOfOwner: string
  readonly deleteExpired: string
  readonly clear: string
}

/** The statements for this table, whose name is quoted already. */
export function statementsFor(dialect: Dialect, table: string): Statements {
  const statements: Statements = {
    load: `SELECT ${COLUMNS.join(', ')} FROM ${table} WHERE id = ?`,
    create: `INSERT INTO ${table} (${COLUMNS.join(', ')}, id) VALUES (?, ?, ?, ?, ?, ?, ?)${dialect.unlessExists}`,
    update: `UPDATE ${table} SET ${COLUMNS.map((column) => `${column} = ?`).join(', ')} WHERE id = ? AND version = ?`,
    touch: `UPDATE ${table} SET expires_at = ? WHERE id = ?`,
    exists: `SELECT 1 FROM ${table} WHERE id = ?`,
    delete: `DELETE FROM ${table} WHERE id = ?`,
    listByOwner: `SELECT id, created_at, expires_at FROM ${table} WHERE owner = ? AND expires_at > ?`,
    deleteByOwner: `DELETE FROM ${table} WHERE owner = ? AND id <> ?`,
    anyOfOwner: `SELECT 1 FROM ${table} WHERE owner = ? AND id <> ? LIMIT 1`,
    deleteExpired: dialect.deleteExpired(table),
    clear: `DELETE FROM ${table}`,
  }
  const inDialect = Object.entries(statements).map(([name, text]) => [name, dialect.placeholders(text)])
  return Object.fromEntries(inDialect) as Statements
}
