import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { mysqlDialect } from './mysql-dialect.js'
import { postgresDialect } from './postgres-dialect.js'
import { sqliteDialect } from './sqlite-dialect.js'

/** The statements of an SQL text, without quotes, comments, line ends, and what makes them safe to run again. */
function statementsOf(text: string): string[] {
  const bare = text
    .replace(/--.*$/gm, '')
    .replace(/["`]| IF NOT EXISTS/g, '')
    .replace(/\s+/g, ' ')
  return (bare.match(/CREATE (TABLE|INDEX) [^;]*/g) ?? []).map((statement) => statement.trim())
}

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const [postgres = '', mysql = ''] = [...readme.matchAll(/```sql\n(.*?)```/gs)].map(([, sql]) => sql)
const name = { schema: undefined, table: 'fetch_sessions' }

describe('the schema in the README', () => {
  it.each([
    ['PostgreSQL', postgresDialect, postgres],
    ['MySQL', mysqlDialect, mysql],
    [
      'SQLite',
      sqliteDialect,
      postgres
        .replace('id text PRIMARY KEY', 'id TEXT NOT NULL PRIMARY KEY')
        .replace(/\btext\b/g, 'TEXT')
        .replace(/\b(bigint|integer)\b/g, 'INTEGER'),
    ],
  ])('is the one that migrate() makes in %s', (_, dialect, documented) => {
    const statements = statementsOf(documented)
    expect(statements.length).toBeGreaterThan(0)
    expect(statementsOf(dialect.schema(name, dialect.quote(name)).join(';\n'))).toEqual(statements)
  })
})
