import type { SqlClient } from './sql-client.js'

const ATTEMPTS = 10

/**
 * A client that tries a statement again when the database ended it in favour of another one. Each statement of a store
 * is a transaction of its own, of which nothing is left then, so that trying again is right and no session notices.
 */
export function retryDeadlocks(client: SqlClient, isDeadlock: (error: unknown) => boolean): SqlClient {
  const retry = async <T>(ask: () => T | Promise<T>): Promise<T> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await ask()
      } catch (error) {
        if (attempt === ATTEMPTS || !isDeadlock(error)) throw error
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 10 * attempt))
      }
    }
  }
  return {
    ...client,
    rows: (statement, values) => retry(() => client.rows(statement, values)),
    run: (statement, values) => retry(() => client.run(statement, values)),
  }
}
