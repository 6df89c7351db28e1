import type { Dialect } from './dialect.js'
import { hasCode } from './sql-client.js'

/** How MySQL and MariaDB say it. */
export const mysqlDialect: Dialect = {
  name: 'MySQL',
  schemas: true,
  quote: ({ schema, table }) => (schema === undefined ? `\`${table}\`` : `\`${schema}\`.\`${table}\``),
  placeholders: (statement) => statement,
  // INSERT IGNORE would hide other errors too, and ON DUPLICATE KEY UPDATE does not always tell what it did.
  unlessExists: '',
  isDuplicate: (error) => hasCode(error, ['ER_DUP_ENTRY', 1062]),
  // mysql2 asks for it unless it is told otherwise, Bun.SQL does not.
  countsUnchanged: false,
  deleteExpired: (table) => `DELETE FROM ${table} WHERE expires_at <= ? ORDER BY expires_at LIMIT ?`,
  // An index of a text needs a length. It takes nothing from the comparison, which is of the whole text.
  schema: (_, table) => [
    `CREATE TABLE IF NOT EXISTS ${table} (
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
  ],
  isMissingTable: (error) => hasCode(error, ['ER_NO_SUCH_TABLE', 1146]),
  isForeignTable: (error) => hasCode(error, ['ER_BAD_FIELD_ERROR', 1054]),
}
