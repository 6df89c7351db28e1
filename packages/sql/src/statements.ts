import type { Dialect } from './dialect.js'

/** The columns of a record but its version, in the order in which statements read and write them. */
const COLUMNS = ['data', 'created_at', 'expires_at', 'owner', 'meta']

/** What a list tells, in this order. */
const LISTED = 'id, owner, created_at, expires_at, meta'

/** All that a store says to its database, but for the schema. Each has the row tell whose it is. */
export interface Statements {
  readonly load: string
  readonly create: string
  readonly update: string
  readonly touch: string
  readonly delete: string
  readonly list: string
  readonly listByOwner: string
  readonly deleteByOwner: string
  readonly anyOfOwner: string
  readonly deleteExpired: string
  readonly clear: string
}

/** The statements that remove sessions. */
export type Removal = 'delete' | 'deleteByOwner' | 'deleteExpired' | 'clear'

/** The statements for this table, whose name is quoted already. */
export function statementsFor(dialect: Dialect, table: string): Statements {
  const { ofOwner, noting } = dialect
  const returning = (columns: string): string => (dialect.returns ? ` RETURNING ${columns}` : '')
  const named = (removal: Removal, and = 'AND'): string =>
    dialect.namesRemovals ? ` ${and} ${dialect.echo} = '${removal}'` : ''
  const others = `FROM ${table} WHERE ${ofOwner} AND id <> ?`
  const record = ['id', 'version', ...COLUMNS]
  const statements: Statements = {
    load: `SELECT ${dialect.joined?.(record) ?? record.join(', ')} FROM ${table} WHERE id = ?`,
    create: `INSERT INTO ${table} (id, ${COLUMNS.join(', ')}, version) VALUES (?, ?, ?, ?, ?, ?, ${noting})${
      dialect.unlessExists
    }${returning('id, version')}`,
    update: `UPDATE ${table} SET ${COLUMNS.map((column) => `${column} = ?`).join(', ')}, version = ${
      noting
    } WHERE id = ? AND version = ?${returning('id, version')}`,
    touch: `UPDATE ${table} SET expires_at = ${noting} WHERE id = ? AND version = ?${returning('id, version')}`,
    delete: `DELETE FROM ${table} WHERE id = ?${named('delete')}${returning('id')}`,
    list: `SELECT ${LISTED} FROM ${table} WHERE id > ? AND expires_at > ? ORDER BY id LIMIT ?`,
    listByOwner: `SELECT ${LISTED} FROM ${table} WHERE ${ofOwner} AND expires_at > ?`,
    deleteByOwner: `DELETE ${others}${named('deleteByOwner')}${returning('owner')}`,
    anyOfOwner: `SELECT ${dialect.echo}, CASE WHEN EXISTS (SELECT 1 ${others}) THEN 1 ELSE 0 END`,
    deleteExpired: `${dialect.deleteExpired(table)}${named('deleteExpired')}${returning('expires_at')}`,
    clear: `DELETE FROM ${table}${named('clear', 'WHERE')}`,
  }
  const inDialect = Object.entries(statements).map(([name, text]) => [name, dialect.placeholders(text)])
  return Object.fromEntries(inDialect) as Statements
}
