import type { Awaitable, SessionRecord, SessionStore, StoredInfo } from '@fetch-sessions/core'
import type { Dialect } from './dialect.js'
import { fromPlain, toPlain } from './plain-text.js'
import { andThen, type Row, type SqlClient, type Value } from './sql-client.js'
import { type Statements, statementsFor } from './statements.js'
import { parseTableName, type TableName } from './table-name.js'

export interface SqlStoreOptions {
  /**
   * The table, `'fetch_sessions'` by default: letters, digits and `_`. In PostgreSQL it may have a schema in front and
   * in MySQL a database, as in `'app.sessions'`.
   */
  table?: string
  /** Milliseconds since the epoch, for `listByOwner`. Default: the manager's clock, else Date.now. */
  now?: () => number
}

/** A session store in an SQL database. It uses the client that it was given, and never closes it. */
export interface SqlStore extends Required<Omit<SessionStore, 'atomic'>> {
  /**
   * Creates the table and its indexes where they are missing. Safe to call again, and from several processes at once.
   *
   * @throws Error if there is a table of that name already which is not a store's
   */
  migrate(): Awaitable<void>
}

/** A store whose client answers with promises. */
export type AsyncSqlStore = {
  [Name in keyof SqlStore]: (
    ...values: Parameters<SqlStore[Name]>
  ) => Name extends 'useClock' ? void : Promise<Awaited<ReturnType<SqlStore[Name]>>>
}

/** A store whose client answers at once: its methods return what they found, not a promise. */
export type SyncSqlStore = {
  [Name in keyof SqlStore]: (...values: Parameters<SqlStore[Name]>) => Awaited<ReturnType<SqlStore[Name]>>
}

/** The one implementation. What differs is in the dialect and in the client. */
export class DialectStore implements SqlStore {
  readonly #client: SqlClient
  readonly #dialect: Dialect
  readonly #name: TableName
  /** The table's name, quoted. */
  readonly #table: string
  readonly #statements: Statements
  #now: () => number
  readonly #hasOwnClock: boolean

  constructor(client: SqlClient, dialect: Dialect, { table = 'fetch_sessions', now }: SqlStoreOptions) {
    this.#client = client
    this.#dialect = dialect
    this.#name = parseTableName(table, dialect.schemas)
    this.#table = dialect.quote(this.#name)
    this.#statements = statementsFor(dialect, this.#table)
    this.#now = now ?? Date.now
    this.#hasOwnClock = now !== undefined
  }

  useClock(now: () => number): void {
    if (!this.#hasOwnClock) this.#now = now
  }

  migrate(): Awaitable<void> {
    const created = this.#dialect
      .schema(this.#name, this.#table)
      .reduce<Awaitable<unknown>>((before, statement) => andThen(before, () => this.#run(statement, [])), undefined)
    // A foreign table of that name has other columns, which is better found out now than with the first session.
    return andThen(
      andThen(created, () => this.load('')),
      () => undefined,
    )
  }

  load(id: string): Awaitable<SessionRecord | undefined> {
    return andThen(this.#rows(this.#statements.load, [toPlain(id)]), ([row]) => row && recordOf(row))
  }

  create(id: string, record: SessionRecord): Awaitable<boolean> {
    return this.#answer(
      () =>
        andThen(
          this.#client.run(this.#statements.create, [...valuesOf(record), toPlain(id)]),
          (written) => written > 0,
        ),
      (error) => this.#dialect.isDuplicate(error) && { instead: false },
    )
  }

  update(id: string, record: SessionRecord): Awaitable<boolean> {
    const values = [...valuesOf(record), toPlain(id), record.version - 1]
    return andThen(this.#run(this.#statements.update, values), (written) => written > 0)
  }

  touch(id: string, expiresAt: number): Awaitable<boolean> {
    const key = toPlain(id)
    return andThen(this.#run(this.#statements.touch, [expiresAt, key]), (written) => {
      if (written > 0 || this.#dialect.countsUnchanged) return written > 0
      return andThen(this.#rows(this.#statements.exists, [key]), (rows) => rows.length > 0)
    })
  }

  delete(id: string): Awaitable<boolean> {
    return andThen(this.#run(this.#statements.delete, [toPlain(id)]), (deleted) => deleted > 0)
  }

  listByOwner(owner: string): Awaitable<StoredInfo[]> {
    return andThen(this.#rows(this.#statements.listByOwner, [toPlain(owner), this.#now()]), (rows) =>
      rows.map(([id, createdAt, expiresAt]) => ({
        id: fromPlain(String(id)),
        owner,
        createdAt: Number(createdAt),
        expiresAt: Number(expiresAt),
      })),
    )
  }

  /**
   * Again while there are some left. A statement may see the sessions as they were when it began: one that is regenerated
   * meanwhile is gone when its turn comes, and the one that follows it was not there yet.
   */
  deleteByOwner(owner: string, exceptId = ''): Awaitable<number> {
    const values = [toPlain(owner), toPlain(exceptId)]
    return andThen(this.#run(this.#statements.deleteByOwner, values), (deleted) =>
      andThen(this.#rows(this.#statements.anyOfOwner, values), (left) => {
        if (left.length === 0) return deleted
        return andThen(this.deleteByOwner(owner, exceptId), (more) => deleted + more)
      }),
    )
  }

  deleteExpired(now: number, limit: number): Awaitable<number> {
    // As text, since drivers for MySQL send numbers as floating point, which MySQL refuses behind LIMIT.
    return this.#run(this.#statements.deleteExpired, [now, String(limit)])
  }

  clear(): Awaitable<void> {
    return andThen(this.#run(this.#statements.clear, []), () => undefined)
  }

  #rows(statement: string, values: Value[]): Awaitable<readonly Row[]> {
    return this.#answer(() => this.#client.rows(statement, values))
  }

  #run(statement: string, values: Value[]): Awaitable<number> {
    return this.#answer(() => this.#client.run(statement, values))
  }

  /** What the client answers. An error of it, thrown or rejected, is explained, or has an answer `instead`. */
  #answer<T>(
    ask: () => Awaitable<T>,
    insteadOf: (error: unknown) => { instead: T } | false = () => false,
  ): Awaitable<T> {
    const fail = (error: unknown): T => {
      const answer = insteadOf(error)
      if (answer) return answer.instead
      throw this.#explain(error)
    }
    try {
      const answer = ask()
      return answer instanceof Promise ? answer.catch(fail) : answer
    } catch (error) {
      return fail(error)
    }
  }

  #explain(cause: unknown): unknown {
    const { name } = this.#dialect
    if (this.#dialect.isMissingTable(cause))
      return new Error(
        `fetch-sessions: ${name} has no table ${this.#table}: call the store's migrate() when you deploy`,
        { cause },
      )
    if (this.#dialect.isForeignTable(cause))
      return new Error(
        `fetch-sessions: the table ${this.#table} in ${name} is not one of this store: name another in the option table`,
        { cause },
      )
    return cause
  }
}

function valuesOf({ data, createdAt, expiresAt, owner, version, meta }: SessionRecord): Value[] {
  return [toPlain(data), createdAt, expiresAt, textOrNull(owner), version, textOrNull(meta)]
}

/** Some clients give big integers as text or BigInt, as their user has set them up. */
function recordOf([data, createdAt, expiresAt, owner, version, meta]: Row): SessionRecord {
  return {
    data: fromPlain(String(data)),
    createdAt: Number(createdAt),
    expiresAt: Number(expiresAt),
    owner: textOrUndefined(owner),
    version: Number(version),
    meta: textOrUndefined(meta),
  }
}

function textOrNull(text: string | undefined): string | null {
  return text === undefined ? null : toPlain(text)
}

function textOrUndefined(value: unknown): string | undefined {
  return value === null ? undefined : fromPlain(String(value))
}
