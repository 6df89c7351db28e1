import { has, type Row, type SqlClient, type Value } from './sql-client.js'

/**
 * What postgres.js and `Bun.SQL` have in common: a function for tagged templates, and `unsafe` for a statement as text.
 * What is unsafe is to put values into that text; here they are bound.
 */
export interface TaggedSql {
  readonly options: object
  unsafe(
    statement: string,
    values: (string | number | null)[],
    options?: { prepare: boolean },
  ): { values(): PromiseLike<TaggedAnswer> }
}

type TaggedAnswer = readonly Row[] & {
  readonly count?: number | null
  readonly affectedRows?: number | null
  readonly lastInsertRowid?: number | bigint | string | null
}

/**
 * Whether it is postgres.js, or a `Bun.SQL` for one of these databases, in Bun's words.
 *
 * @throws TypeError if it is one connection of these, which was reserved or is in a transaction
 */
export function isTaggedSql(client: unknown, adapter: string): client is TaggedSql {
  if (typeof client !== 'function' || !has(client, 'unsafe')) return false
  const { options } = client as { options?: { adapter?: string } }
  if (has(client, 'release') || has(client, 'savepoint') || options === undefined)
    throw new TypeError(
      'fetch-sessions: this sql is a reserved connection or a transaction, which ends while the store lives: pass the sql that postgres(…) or new SQL(…) gave',
    )
  return (options.adapter ?? 'postgres') === adapter
}

/** `prepare` is for postgres.js, which by itself prepares templates only. Bun ignores it. */
export function taggedSqlClient(sql: TaggedSql, prepare: boolean): SqlClient {
  const ask = async (statement: string, values: Value[]) => sql.unsafe(statement, values, { prepare }).values()
  return {
    rows: ask,
    async run(statement, values) {
      const { count, affectedRows, lastInsertRowid } = await ask(statement, values)
      return { count: affectedRows ?? count ?? 0, noted: Number(lastInsertRowid ?? 0) }
    },
  }
}
