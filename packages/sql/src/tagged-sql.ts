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
  ): { values(): PromiseLike<readonly Row[] & { readonly count?: number | null }> }
}

/** Whether it is postgres.js, or a `Bun.SQL` for one of these databases, in Bun's words. */
export function isTaggedSql(client: unknown, adapter: string): client is TaggedSql {
  if (typeof client !== 'function' || !has(client, 'unsafe')) return false
  const { options } = client as { options?: { adapter?: string } }
  return (options?.adapter ?? 'postgres') === adapter
}

/** `prepare` is for postgres.js, which by itself prepares templates only. */
export function taggedSqlClient(sql: TaggedSql, prepare: boolean): SqlClient {
  const ask = async (statement: string, values: Value[]) => sql.unsafe(statement, values, { prepare }).values()
  return { rows: ask, run: async (statement, values) => (await ask(statement, values)).count ?? 0 }
}
