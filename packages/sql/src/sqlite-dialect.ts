import { COLUMNS, type Dialect } from './dialect.js'
import type { Row } from './sql-client.js'

const INDEXED = { owner: '(owner) WHERE owner IS NOT NULL', expires_at: '(expires_at)' }

/** Says 0 if two rows may have one id: a table that was copied has lost its primary key. */
const hasUniqueId = (table: string): string =>
  `SELECT EXISTS (SELECT 1 FROM pragma_index_list('${table}') AS of_table WHERE of_table."unique" AND NOT of_table.partial
    AND (SELECT group_concat(name) FROM pragma_index_info(of_table.name)) = 'id' COLLATE NOCASE)`

/** How SQLite says it. */
export const sqliteDialect: Dialect = {
  name: 'SQLite',
  schemas: false,
  limits: {},
  quote: ({ table }) => `"${table}"`,
  placeholders: (statement) => statement,
  echo: '?',
  // The second comparison is for a table whose collation is not ours.
  ofOwner: 'owner = ? AND owner = ? COLLATE BINARY',
  unlessExists: ' ON CONFLICT (id) DO NOTHING',
  isDuplicate: () => false,
  returns: true,
  noting: '?',
  namesRemovals: false,
  deleteExpired: (table) =>
    `DELETE FROM ${table} WHERE id IN (
      SELECT id FROM ${table} WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)`,
  // Indexes are known by what they are of, since a renamed table keeps them under their old names. They are named with a
  // `$`, which no store's table has: tables and indexes share one space of names.
  *migrate({ table: name }, table) {
    yield {
      statement: `CREATE TABLE IF NOT EXISTS ${table} (
        id TEXT NOT NULL PRIMARY KEY,
        data TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL,
        owner TEXT,
        version INTEGER NOT NULL,
        meta TEXT
      )`,
    }
    yield { statement: `SELECT ${COLUMNS} FROM ${table} LIMIT 0`, asks: true }
    const hasUnique: readonly Row[] = yield { statement: hasUniqueId(name), asks: true }
    const statement = "SELECT name, tbl_name, sql FROM sqlite_master WHERE type IN ('index', 'table')"
    const known = (yield { statement, asks: true }).map((row) => row.map((value) => String(value).toLowerCase()))
    const names = new Set(known.map(([name]) => name))
    const freeName = (column: string): string => {
      let free = `${name}$${column}`
      for (let i = 2; names.has(free.toLowerCase()); i++) free = `${name}$${column}${i}`
      return free
    }
    if (Number(hasUnique[0]?.[0]) === 0)
      yield { statement: `CREATE UNIQUE INDEX IF NOT EXISTS "${freeName('id')}" ON ${table} (id)` }
    for (const [column, part] of Object.entries(INDEXED)) {
      const isIndex = new RegExp(`^create index .*\\(["\`[]?${column}\\b`, 's')
      if (known.some(([, of, sql = '']) => of === name.toLowerCase() && isIndex.test(sql))) continue
      yield { statement: `CREATE INDEX IF NOT EXISTS "${freeName(column)}" ON ${table} ${part}` }
    }
  },
  // No client but one has codes for these.
  isMissingTable: (error) => /no such table/.test(String(error)),
  isWithoutKey: (error) => /ON CONFLICT clause does not match any PRIMARY KEY or UNIQUE/.test(String(error)),
  isForeignTable: (error) => /no such column|has no column named|already an index named/.test(String(error)),
}
