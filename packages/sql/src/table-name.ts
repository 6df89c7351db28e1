const PART = /^[A-Za-z_][A-Za-z0-9_]{0,49}$/

/** A table's name in its parts: the table itself, and the schema (MySQL: the database) where it was named. */
export interface TableName {
  readonly table: string
  readonly schema: string | undefined
}

/**
 * Takes a name apart. What it lets through needs no escaping inside quotes, in any of the databases, and leaves room
 * for the names of the indexes.
 *
 * @throws TypeError if it is not a plain name, or has a schema where there can be none
 */
export function parseTableName(name: string, schemas: boolean): TableName {
  const parts = String(name).split('.')
  if (parts.length > (schemas ? 2 : 1) || !parts.every((part) => PART.test(part))) {
    throw new TypeError(
      `fetch-sessions: table must be a name of letters, digits and _ that starts with no digit, 50 characters at most${
        schemas ? ", with or without a schema in front, such as 'app.sessions'" : ', without a schema'
      }`,
    )
  }
  return { table: parts.at(-1) as string, schema: parts.length > 1 ? parts[0] : undefined }
}
