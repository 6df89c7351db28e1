import type { Awaitable, SessionRecord, SessionStore, StoredInfo, StoredPage, StoreLimits } from '@fetch-sessions/core'
import { checkRow, mixedUp, wroteNoted, wroteOne, wroteRow } from './answer-check.js'
import type { Dialect } from './dialect.js'
import { toPlain } from './plain-text.js'
import { afterCursor, infoOf, pageOf, recordOf, splitRow, textOrNull, wholeMilliseconds } from './rows.js'
import { andThen, isPromise, type Row, type SqlClient, type Value, type Written } from './sql-client.js'
import { type Removal, type Statements, statementsFor } from './statements.js'
import { parseTableName, type TableName } from './table-name.js'

/** Options of `sqliteStore` and `mysqlStore`, and the most of those of `postgresStore`. */
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
export interface SqlStore extends Required<Omit<SessionStore, 'atomic' | 'isProcessLocal'>> {
  /**
   * Creates the table and its indexes where they are missing. Safe to call again, and from several processes at once.
   *
   * @throws Error if there is a table of that name already which is not a store's, or one that takes different owners
   * for the same
   */
  migrate(): Awaitable<void>
}

/** A store whose client answers with promises. */
export type AsyncSqlStore = {
  [Name in keyof SqlStore]: SqlStore[Name] extends (...values: infer Values) => infer Answer
    ? (...values: Values) => Name extends 'useClock' ? void : Promise<Awaited<Answer>>
    : SqlStore[Name]
}

/** A store whose client answers at once: its methods return what they found, not a promise. */
export type SyncSqlStore = {
  [Name in keyof SqlStore]: SqlStore[Name] extends (...values: infer Values) => infer Answer
    ? (...values: Values) => Awaited<Answer>
    : SqlStore[Name]
}

/** How often `deleteByOwner` looks again at most. Each time something has to have been added in between. */
const MAX_ROUNDS = 100

/** What a call gives where an error of the client is no failure. */
type InsteadOf<T> = (error: unknown) => { instead: Awaitable<T> } | false

/** The one implementation. What differs is in the dialect and in the client. */
export class DialectStore implements SqlStore {
  readonly limits: StoreLimits
  readonly consistency: 'strong' | 'eventual'
  readonly #client: SqlClient
  readonly #dialect: Dialect
  readonly #name: TableName
  /** The table's name, quoted. */
  readonly #table: string
  readonly #statements: Statements
  /** An id that is taken is no failure of `create`. */
  readonly #ifDuplicate: InsteadOf<boolean> = (error) => this.#dialect.isDuplicate(error) && { instead: false }
  #now: () => number
  readonly #hasOwnClock: boolean

  constructor(client: SqlClient, dialect: Dialect, { table = 'fetch_sessions', now }: SqlStoreOptions) {
    if (now !== undefined && typeof now !== 'function')
      throw new TypeError('fetch-sessions: now must be a function that gives milliseconds since the epoch')
    this.limits = { ...dialect.limits, ...client.limits }
    this.consistency = client.consistency ?? 'strong'
    this.#client = client
    this.#dialect = dialect
    this.#name = parseTableName(table, dialect.schemas)
    this.#table = dialect.quote(this.#name)
    this.#statements = statementsFor(dialect, this.#table)
    this.#now = now ?? (() => Date.now())
    this.#hasOwnClock = now !== undefined
  }

  useClock(now: () => number): void {
    if (!this.#hasOwnClock) this.#now = now
  }

  migrate(): Awaitable<void> {
    const steps = this.#dialect.migrate(this.#name, this.#table)
    const go = (rows: readonly Row[]): Awaitable<void> => {
      const { done, value: step } = steps.next(rows)
      // A foreign table of that name has other columns, which is better found out now than with the first session.
      if (done) return andThen(this.load(''), () => undefined)
      const { statement, values = [], asks, isDone, isRaced } = step
      if (asks) return this.#rows(statement, values, go)
      const run = (mayBeRaced: boolean): Awaitable<void> =>
        this.#run(
          statement,
          values,
          () => go([]),
          (error) => {
            if (isDone?.(error)) return { instead: go([]) }
            return mayBeRaced && isRaced?.(error) === true && { instead: run(false) }
          },
        )
      return run(true)
    }
    return go([])
  }

  load(id: string): Awaitable<SessionRecord | undefined> {
    const key = toPlain(id)
    return this.#rows(this.#statements.load, [key], (found) => {
      const rows = this.#dialect.joined === undefined ? found : found.map(splitRow)
      return wroteRow(rows, 7, key) ? recordOf(rows[0] as Row) : undefined
    })
  }

  create(id: string, record: SessionRecord): Awaitable<boolean> {
    const key = toPlain(id)
    const { version } = record
    return this.#write(this.#statements.create, [key, ...valuesOf(record), version], key, version, this.#ifDuplicate)
  }

  update(id: string, record: SessionRecord): Awaitable<boolean> {
    const key = toPlain(id)
    const { version } = record
    const values = [...valuesOf(record), version, key, version - 1]
    return this.#write(this.#statements.update, values, key, version)
  }

  touch(id: string, expiresAt: number, version: number): Awaitable<boolean> {
    const key = toPlain(id)
    const values = [wholeMilliseconds(expiresAt), key, version]
    return this.#write(this.#statements.touch, values, key, version)
  }

  delete(id: string): Awaitable<boolean> {
    const key = toPlain(id)
    const values = this.#removing('delete', [key])
    if (!this.#dialect.returns) return this.#run(this.#statements.delete, values, wroteOne)
    return this.#rows(this.#statements.delete, values, (rows) => wroteRow(rows, 1, key))
  }

  /**
   * In the order of the ids.
   *
   * @throws TypeError if the cursor is none of this store's
   */
  list(cursor: string | undefined, limit: number, now: number): Awaitable<StoredPage> {
    const at = wholeMilliseconds(now)
    return this.#rows(this.#statements.list, [toPlain(afterCursor(cursor)), at, String(limit)], (rows) => {
      for (const row of rows) checkRow(row, 5)
      return pageOf(rows, limit)
    })
  }

  listByOwner(owner: string): Awaitable<StoredInfo[]> {
    const values = [...this.#ownerValues(owner), wholeMilliseconds(this.#now())]
    return this.#rows(this.#statements.listByOwner, values, (rows) =>
      rows.map((row) => {
        checkRow(row, 5)
        const info = infoOf(row)
        if (info.owner !== owner) throw mixedUp()
        return info
      }),
    )
  }

  /**
   * Again while there are some left. A statement may see the sessions as they were when it began: one that is regenerated
   * meanwhile is gone when its turn comes, and the one that follows it was not there yet.
   *
   * @throws Error if there are still some after a hundred rounds
   */
  deleteByOwner(owner: string, exceptId = ''): Awaitable<number> {
    const values = [...this.#ownerValues(owner), toPlain(exceptId)]
    const echo = toPlain(owner)
    const round = (before: number, rounds: number): Awaitable<number> => {
      if (rounds === MAX_ROUNDS)
        throw new Error(
          `fetch-sessions: deleteByOwner removed ${before} sessions, and others of this owner were made as fast: stop what makes them, and call it again`,
        )
      return andThen(this.#deleteOfOwner(this.#removing('deleteByOwner', values), echo), (deleted) =>
        this.#rows(this.#statements.anyOfOwner, [echo, ...values], ([answer = []]) => {
          checkRow(answer, 2, echo)
          return Number(answer[1]) === 0 ? before + deleted : round(before + deleted, rounds + 1)
        }),
      )
    }
    return round(0, 0)
  }

  deleteExpired(now: number, limit: number): Awaitable<number> {
    // As text, since drivers for MySQL send numbers as floating point, which MySQL refuses behind LIMIT.
    const values = this.#removing('deleteExpired', [wholeMilliseconds(now), String(limit)])
    if (!this.#dialect.returns)
      return this.#run(this.#statements.deleteExpired, values, (written) => {
        if (written.noted !== 0) throw mixedUp()
        return written.count
      })
    return this.#rows(this.#statements.deleteExpired, values, (rows) => {
      for (const row of rows) {
        checkRow(row, 1)
        if (!(Number(row[0]) <= now)) throw mixedUp()
      }
      return rows.length
    })
  }

  clear(): Awaitable<void> {
    return this.#run(this.#statements.clear, this.#removing('clear', []), () => undefined)
  }

  /** How many sessions one statement removed. */
  #deleteOfOwner(values: Value[], owner: string): Awaitable<number> {
    if (!this.#dialect.returns)
      return this.#run(this.#statements.deleteByOwner, values, (written) => {
        if (written.noted !== 0) throw mixedUp()
        return written.count
      })
    return this.#rows(this.#statements.deleteByOwner, values, (rows) => {
      for (const row of rows) checkRow(row, 1, owner)
      return rows.length
    })
  }

  /** The values of a statement that removes. */
  #removing(removal: Removal, values: Value[]): Value[] {
    return this.#dialect.namesRemovals ? [...values, removal] : values
  }

  /** One for each `?` of the dialect's `ofOwner`. */
  #ownerValues(owner: string): string[] {
    return Array.from(this.#dialect.ofOwner.matchAll(/\?/g), () => toPlain(owner))
  }

  /** Whether a statement has written the row of this id, with this version. */
  #write(
    statement: string,
    values: Value[],
    id: string,
    version: number,
    insteadOf?: InsteadOf<boolean>,
  ): Awaitable<boolean> {
    return this.#dialect.returns
      ? this.#rows(statement, values, (rows) => wroteRow(rows, 2, id, version), insteadOf)
      : this.#run(statement, values, (written) => wroteNoted(written, id), insteadOf)
  }

  #rows<T>(
    statement: string,
    values: Value[],
    next: (rows: readonly Row[]) => Awaitable<T>,
    insteadOf?: InsteadOf<T>,
  ): Awaitable<T> {
    return this.#answer(() => this.#client.rows(statement, values), next, insteadOf)
  }

  #run<T>(
    statement: string,
    values: Value[],
    next: (written: Written) => Awaitable<T>,
    insteadOf?: InsteadOf<T>,
  ): Awaitable<T> {
    return this.#answer(() => this.#client.run(statement, values), next, insteadOf)
  }

  /** Goes on with what the client answers. An error of it, thrown or rejected, is explained, or has an answer `instead`. */
  #answer<A, T>(
    ask: () => Awaitable<A>,
    next: (answer: A) => Awaitable<T>,
    insteadOf: InsteadOf<T> | undefined,
  ): Awaitable<T> {
    const fail = (error: unknown): Awaitable<T> => {
      const answer = insteadOf?.(error)
      if (answer) return answer.instead
      throw this.#explain(error)
    }
    let answer: Awaitable<A>
    try {
      answer = ask()
    } catch (error) {
      return fail(error)
    }
    return isPromise(answer) ? answer.then(next, fail) : next(answer)
  }

  #explain(cause: unknown): unknown {
    const { name } = this.#dialect
    if (this.#dialect.isMissingTable(cause))
      return new Error(
        `fetch-sessions: ${name} has no table ${this.#table}: call the store's migrate() when you deploy`,
        { cause },
      )
    if (this.#dialect.isWithoutKey(cause))
      return new Error(
        `fetch-sessions: the table ${this.#table} in ${name} has no primary key: call the store's migrate(), which adds one`,
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

function valuesOf({ data, createdAt, expiresAt, owner, meta }: SessionRecord): Value[] {
  const times = [wholeMilliseconds(createdAt), wholeMilliseconds(expiresAt)]
  return [toPlain(data), ...times, textOrNull(owner), textOrNull(meta)]
}
