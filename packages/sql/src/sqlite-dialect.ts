import type { Dialect } from './dialect.js'

/** How SQLite says it. */
export const sqliteDialect: Dialect = {
  name: 'SQLite',
  schemas: false,
  quote: ({ table }) => `"${table}"`,
  placeholders: (statement) => statement,
  unlessExists: ' ON CONFLICT (id) DO NOTHING',
  isDuplicate: () => false,
  countsUnchanged: true,
  deleteExpired: (table) =>
    `DELETE FROM ${table} WHERE rowid IN (
      SELECT rowid FROM ${table} WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)`,
  schema: ({ table: name }, table) => [
    `CREATE TABLE IF NOT EXISTS ${table} (
      id TEXT NOT NULL PRIMARY KEY,
      data TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      expires_at INTEGER NOT NULL,
      owner TEXT,
      version INTEGER NOT NULL,
      meta TEXT
    )`,
    `CREATE INDEX IF NOT EXISTS "${name}_owner" ON ${table} (owner) WHERE owner IS NOT NULL`,
    `CREATE INDEX IF NOT EXISTS "${name}_expires_at" ON ${table} (expires_at)`,
  ],
  // No client but one has codes for these.
  isMissingTable: (error) => /no such table/.test(String(error)),
  isForeignTable: (error) => /no such column|has no column named/.test(String(error)),
}
