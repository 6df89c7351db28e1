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
  deleteExpired: (table) => `DELETE FROM ${table} WHERE expires_at <= ? ORDER BY expires_at LIMIT ?`,
  *migrate(_, table) {
    yield createTable(table)
    yield { statement: `SELECT ${COLUMNS} FROM ${table} LIMIT 0`, asks: true }
    checkTexts(yield { statement: `SHOW FULL COLUMNS FROM ${table}`, asks: true }, table)
    const indexes = yield { statement: `SHOW INDEX FROM ${table}`, asks: true }
    // The fourth column is the place in the index, the fifth the column's name.
    const indexed = indexes.filter((row) => Number(row[3]) === 1).map((row) => text(row[4]))
    for (const [column, part] of Object.entries(INDEXED)) {
      if (indexed.includes(column)) continue
      const statement = `ALTER TABLE ${table} ADD INDEX ${column} (${part})`
      yield { statement, isDone: (error) => hasCode(error, ['ER_DUP_KEYNAME', 1061]) }
    }
  },
  isMissingTable: (error) => hasCode(error, ['ER_NO_SUCH_TABLE', 1146]),
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

/** A collation that takes `Ada` for `ada` gives one owner the other's sessions. */
function checkTexts(columns: readonly Row[], table: string): void {
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
