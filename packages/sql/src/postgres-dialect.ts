import { COLUMNS, type Dialect } from './dialect.js'
import { ESCAPE } from './plain-text.js'
import { BETWEEN, NULL } from './rows.js'
import { hasCode } from './sql-client.js'
import type { TableName } from './table-name.js'

/** The escape and other plain characters, in a statement. */
const literal = (text: string): string => `E'${text.replaceAll(ESCAPE, '\\x1b')}'`

/**
 * How PostgreSQL says it. A function that takes values of any type is named with its schema, and operators get operands of
 * the very types that PostgreSQL's own have: else one of somebody else's would be called, in another schema, whose types fit
 * better (CVE-2018-1058).
 */
export const postgresDialect: Dialect = {
  name: 'PostgreSQL',
  schemas: true,
  limits: { ownerBytes: 2000 },
  quote: ({ schema, table }) => (schema === undefined ? `"${table}"` : `"${schema}"."${table}"`),
  placeholders(statement) {
    let count = 0
    return statement.replace(/\?/g, () => `$${++count}`)
  },
  echo: '?::text',
  // Each column of an answer is described anew with each answer.
  joined: (columns) =>
    `pg_catalog.concat_ws(${literal(BETWEEN)}, ${columns.map((column) => `coalesce(${column}::text, ${literal(NULL)})`).join(', ')})`,
  // The index is of the beginning, since an entry of an index may be some 2700 bytes long, and no more. The column's own
  // collation may take different texts for the same.
  ofOwner: 'left(owner, 255) = left(?, 255) AND owner::text = ?::text COLLATE pg_catalog."C"',
  unlessExists: ' ON CONFLICT (id) DO NOTHING',
  isDuplicate: () => false,
  returns: true,
  noting: '?',
  namesRemovals: true,
  // An array, since a subquery behind IN may be run several times, and then deletes more rows than the limit. Rows that
  // are being written are skipped, so that nobody waits for anybody.
  deleteExpired: (table) =>
    `DELETE FROM ${table} WHERE id = ANY (ARRAY(
      SELECT id FROM ${table} WHERE expires_at <= ? ORDER BY expires_at LIMIT ? FOR UPDATE SKIP LOCKED))`,
  *migrate(name, table) {
    // Where the default isolation is above read committed, it saw the catalog as it was before it waited for the lock.
    yield { statement: migration(name, table), isRaced: (error) => hasCode(error, ['42P16', '42P07', '23505']) }
  },
  isMissingTable: (error) => hasCode(error, ['42P01']),
  isWithoutKey: (error) => hasCode(error, ['42P10']),
  isForeignTable: (error) => hasCode(error, ['42703', '42P07', '42809']),
}

/**
 * One statement and so one transaction. Where table and indexes are, nothing is locked, and no right to create anything
 * is needed. The lock is for others that do the same: IF NOT EXISTS alone fails at once with a duplicate in a system
 * catalog. And to_regclass alone may still say what was so before the lock was had.
 *
 * Indexes are known by what they are of, since a renamed table keeps them under their old names. They are named with a
 * `$`, which no store's table has: tables and indexes share one space of names.
 */
function migration({ table: name }: TableName, table: string): string {
  const ofColumn = (place: number): string => `pg_get_indexdef(indexrelid, ${place}, true)`
  const missing = `SELECT wanted.kind FROM (VALUES ('pkey'), ('owner'), ('expires_at')) AS wanted (kind)
        WHERE NOT EXISTS (SELECT FROM pg_index WHERE indrelid = to_regclass('${table}')::oid AND indisvalid AND
          CASE wanted.kind
            WHEN 'pkey' THEN indisprimary OR
              indisunique AND indpred IS NULL AND ${ofColumn(1)} ~ '^"?id"?$' AND ${ofColumn(2)} = ''
            ELSE ${ofColumn(1)} ~ ('[[:<:]]' || wanted.kind || '[[:>:]]') END)`
  return `DO $$
    DECLARE
      kind text;
      free text;
      number integer;
    BEGIN
      IF NOT EXISTS (${missing}) THEN
        RETURN;
      END IF;
      PERFORM pg_advisory_xact_lock(7310870969309884723);
      PERFORM set_config('client_min_messages', 'warning', true);
      CREATE TABLE IF NOT EXISTS ${table} (
        id text NOT NULL,
        data text NOT NULL,
        created_at bigint NOT NULL,
        expires_at bigint NOT NULL,
        owner text,
        version integer NOT NULL,
        meta text
      );
      PERFORM ${COLUMNS} FROM ${table} LIMIT 0;
      FOR kind IN ${missing} LOOP
        free := '${name}$' || kind;
        number := 1;
        WHILE EXISTS (SELECT FROM pg_class WHERE relname = free::name AND
            relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = to_regclass('${table}')::oid)) LOOP
          number := number + 1;
          free := '${name}$' || kind || number::text;
        END LOOP;
        IF kind = 'pkey' THEN
          EXECUTE pg_catalog.format('ALTER TABLE ${table} ADD CONSTRAINT %I PRIMARY KEY (id)', free);
        ELSIF kind = 'owner' THEN
          EXECUTE pg_catalog.format('CREATE INDEX %I ON ${table} (left(owner, 255)) WHERE owner IS NOT NULL', free);
        ELSE
          EXECUTE pg_catalog.format('CREATE INDEX %I ON ${table} (expires_at)', free);
        END IF;
      END LOOP;
    END $$`
}
