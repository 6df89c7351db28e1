import { testStore } from '@fetch-sessions/store-testing'
import { afterAll, beforeAll, describe, it } from 'vitest'
import type { OpenedClient } from './open-store.js'
import { newTable } from './table.js'

/** The conformance suite for one client: each check gets a table of its own. */
export function suite(name: string, open: () => OpenedClient): void {
  describe('the suite', () => {
    let client: OpenedClient
    beforeAll(async () => {
      client = open()
      await client.query('SELECT 1')
    }, 120_000)
    afterAll(() => client?.close())

    testStore(
      name,
      async () => {
        const table = newTable()
        const store = client.store({ table })
        await store.migrate()
        return { store, close: async () => void (await client.query(`DROP TABLE ${table}`)) }
      },
      { describe, it: (name, body) => it(name, body, 60_000) },
    )
  })
}
