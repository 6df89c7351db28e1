import type { Awaitable, StoreLimits } from '@fetch-sessions/core'

/** What is bound to a placeholder. */
export type Value = string | number | null

/** The columns of a row, in the order of the statement: names are left out, since some clients change them. */
export type Row = readonly unknown[]

/** What a database says of a statement that gives no rows. */
export interface Written {
  /** How many rows it wrote. */
  readonly count: number
  /** MySQL: the number that the statement has noted with `LAST_INSERT_ID(…)`, 0 if none. */
  readonly noted: number
}

/** All that a store needs of a client. */
export interface SqlClient {
  /** What is known of this client's database. */
  readonly limits?: StoreLimits
  /** `eventual` if it may read what is out of date. */
  readonly consistency?: 'strong' | 'eventual'
  /** The rows that a query finds, or that a statement with RETURNING wrote. */
  rows(statement: string, values: Value[]): Awaitable<readonly Row[]>
  /** What is said of a statement that gives no rows. */
  run(statement: string, values: Value[]): Awaitable<Written>
}

/** By its `then`: where `Promise` was replaced (zone.js), or in another realm, a promise is no instance of it. */
export function isPromise<T>(answer: Awaitable<T>): answer is Promise<T> {
  return typeof (answer as { then?: unknown } | undefined | null)?.then === 'function'
}

/** Goes on with an answer, at once if it is there already. */
export function andThen<T, U>(answer: Awaitable<T>, next: (value: T) => Awaitable<U>): Awaitable<U> {
  return isPromise(answer) ? answer.then(next) : next(answer)
}

/** Whether the client is an object or function with these methods. */
export function has<Name extends string>(
  client: unknown,
  ...names: Name[]
): client is Record<Name, (...args: never[]) => unknown> {
  if (client === null || (typeof client !== 'object' && typeof client !== 'function')) return false
  return names.every((name) => typeof (client as Record<string, unknown>)[name] === 'function')
}

/** Whether an error of a client has one of these codes, which clients keep in different places. */
export function hasCode(error: unknown, codes: readonly (string | number)[]): boolean {
  const { code, errno } = (error ?? {}) as { code?: unknown; errno?: unknown }
  return codes.some((one) => one === code || one === errno)
}
