import { COLUMNS, type Dialect, type MigrationStep } from './dialect.js'
import { hasCode, type Row } from './sql-client.js'

/** Columns that are compared, or that hold any text. Their collation and character set matter. */
const TEXTS = ['id', 'data', 'owner', 'meta']

/** The columns that need an index, and what of them is in it. An index of a text needs a length. */
const INDEXED = { owner: 'owner(191)', expires_at: 'expires_at' }

/** How MySQL and MariaDB say it. */
export const mysqlDialect: Dialect = {
  name: 'MySQL',
  schemas: true,
  limits: {},
  quote: ({ schema, table }) => (schema === undefined ? `\`${table}\`` : `\`${schema}\`.\`${table}\``),
  placeholders: (statement) => statement,
  echo: '?',
  // The second comparison is for a table whose collation is not ours.
  ofOwner: 'owner = ? AND CAST(owner AS BINARY) = CAST(? AS BINARY)',
  // INSERT IGNORE would hide other errors too, and ON DUPLICATE KEY UPDATE does not always tell what it did.
  unlessExists: '',
  isDuplicate: (error) => hasCode(error, ['ER_DUP_ENTRY', 1062]),
  returns: false,
  // Only for a row that is written does MySQL note the number, which comes with the answer, even if nothing in it changed.
  noting: 'IF(LAST_INSERT_ID(CRC32(id) + 1), ?, 0)',
  namesRemovals: false,
  deleteExpired: (table) => `DELETE FROM ${table} WHERE expires_at <= ? ORDER BY expires_at LIMIT ?`,
  *migrate(_, table) {
    yield createTable(table)
    yield { statement: `SELECT ${COLUMNS} FROM ${table} LIMIT 0`, asks: true }
    checkColumns(yield { statement: `SHOW FULL COLUMNS FROM ${table}`, asks: true }, table)
    const indexes = indexesOf(yield { statement: `SHOW INDEX FROM ${table}`, asks: true })
    const add = (what: string): MigrationStep => ({ statement: `ALTER TABLE ${table} ADD ${what}`, isDone: isThere })
    const freeName = (column: string): string => {
      let free = column
      for (let i = 2; indexes.has(free.toLowerCase()); i++) free = `${column}${i}`
      return free
    }
    const all = [...indexes.values()]
    if (!all.some(({ isUnique, columns }) => isUnique && columns.join() === 'id'))
      yield add(indexes.has('primary') ? `UNIQUE INDEX ${freeName('id')} (id)` : 'PRIMARY KEY (id)')
    for (const [column, part] of Object.entries(INDEXED)) {
      if (!all.some(({ columns }) => columns[0] === column)) yield add(`INDEX ${freeName(column)} (${part})`)
    }
  },
  isMissingTable: (error) => hasCode(error, ['ER_NO_SUCH_TABLE', 1146]),
  // It takes any row into such a table.
  isWithoutKey: () => false,
  isForeignTable: (error) => hasCode(error, ['ER_BAD_FIELD_ERROR', 1054]),
}

const createTable = (table: string): MigrationStep => ({
  statement: `CREATE TABLE IF NOT EXISTS ${table} (
      id VARCHAR(43) NOT NULL PRIMARY KEY,
      data LONGTEXT NOT NULL,
      created_at BIGINT NOT NULL,
      expires_at BIGINT NOT NULL,
      owner LONGTEXT,
      version INT NOT NULL,
      meta LONGTEXT,
      INDEX owner (owner(191)),
      INDEX expires_at (expires_at)
    ) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,
})

/** Another process has added the same index or primary key at the same moment. */
const isThere = (error: unknown): boolean => hasCode(error, ['ER_DUP_KEYNAME', 1061, 'ER_MULTIPLE_PRI_KEY', 1068])

interface Index {
  readonly isUnique: boolean
  /** In the order in which they are in it. */
  readonly columns: string[]
}

/** By their names, in lower case. */
function indexesOf(rows: readonly Row[]): Map<string, Index> {
  const indexes = new Map<string, Index>()
  // The table, whether it takes the same twice, the index's name, the place in it, the column, …
  for (const [, nonUnique, name, , column] of rows) {
    const key = text(name).toLowerCase()
    const index = indexes.get(key) ?? { isUnique: Number(nonUnique) === 0, columns: [] }
    index.columns.push(text(column).toLowerCase())
    indexes.set(key, index)
  }
  return indexes
}

/**
 * A collation that takes `Ada` for `ada` gives one owner the other's sessions. And by the number that MySQL gives to a
 * column of its own, a write could not say any more which row it wrote.
 */
function checkColumns(columns: readonly Row[], table: string): void {
  const numbered = columns.find((row) => /auto_increment/i.test(text(row[6])))
  if (numbered !== undefined)
    throw new Error(
      `fetch-sessions: the column ${text(numbered[0])} of ${table} has AUTO_INCREMENT, which a table of sessions can't have`,
    )
  const collations = new Map(columns.map((row) => [text(row[0]), text(row[2])]))
  for (const column of TEXTS) {
    const collation = collations.get(column) ?? ''
    if (/^utf8mb4_(.*_)?bin$/.test(collation)) continue
    throw new Error(
      `fetch-sessions: the column ${column} of ${table} has the collation ${collation}, which takes different texts for the same, or can't keep all: ALTER TABLE ${table} CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,
    )
  }
}

/** Some servers give words of their catalog as bytes. */
function text(value: unknown): string {
  return value instanceof Uint8Array ? new TextDecoder().decode(value) : String(value)
}
