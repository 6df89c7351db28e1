import type { Awaitable } from '@fetch-sessions/core'
import type { SqlClient } from './sql-client.js'

const ATTEMPTS = 10

/**
 * A client that tries a statement again when the database ended it in favour of another one. Each statement of a store
 * is a transaction of its own, of which nothing is left then, so that trying again is right and no session notices.
 */
export function retryDeadlocks(client: SqlClient, isDeadlock: (error: unknown) => boolean): SqlClient {
  const retry = async <T>(failure: unknown, ask: () => Awaitable<T>): Promise<T> => {
    let error = failure
    for (let attempt = 1; attempt < ATTEMPTS && isDeadlock(error); attempt++) {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 10 * attempt))
      try {
        return await ask()
      } catch (again) {
        error = again
      }
    }
    throw error
  }
  return {
    ...client,
    async rows(statement, values) {
      try {
        return await client.rows(statement, values)
      } catch (error) {
        return retry(error, () => client.rows(statement, values))
      }
    },
    async run(statement, values) {
      try {
        return await client.run(statement, values)
      } catch (error) {
        return retry(error, () => client.run(statement, values))
      }
    },
  }
}
