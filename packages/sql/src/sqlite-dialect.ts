import { COLUMNS, type Dialect } from './dialect.js'

const INDEXED = { owner: '(owner) WHERE owner IS NOT NULL', expires_at: '(expires_at)' }

/** How SQLite says it. */
export const sqliteDialect: Dialect = {
  name: 'SQLite',
  schemas: false,
  limits: {},
  quote: ({ table }) => `"${table}"`,
  placeholders: (statement) => statement,
  echo: '?',
  ofOwner: 'owner = ?',
  unlessExists: ' ON CONFLICT (id) DO NOTHING',
  isDuplicate: () => false,
  returns: true,
  noting: '?',
  deleteExpired: (table) =>
    `DELETE FROM ${table} WHERE rowid IN (
      SELECT rowid FROM ${table} WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)`,
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
    const statement = "SELECT name, tbl_name, sql FROM sqlite_master WHERE type IN ('index', 'table')"
    const known = (yield { statement, asks: true }).map((row) => row.map((value) => String(value).toLowerCase()))
    const names = new Set(known.map(([name]) => name))
    for (const [column, part] of Object.entries(INDEXED)) {
      const isIndex = new RegExp(`^create index .*\\(["\`[]?${column}\\b`, 's')
      if (known.some(([, of, sql = '']) => of === name.toLowerCase() && isIndex.test(sql))) continue
      let free = `${name}$${column}`
      for (let i = 2; names.has(free.toLowerCase()); i++) free = `${name}$${column}${i}`
      yield { statement: `CREATE INDEX IF NOT EXISTS "${free}" ON ${table} ${part}` }
    }
  },
  // No client but one has codes for these.
  isMissingTable: (error) => /no such table/.test(String(error)),
  isForeignTable: (error) => /no such column|has no column named|already an index named/.test(String(error)),
}
