// Run by workerd: one check of the suite for each request, with D1 as a Worker has it.

import { storeChecks } from '@fetch-sessions/store-testing'
import { type D1Client, sqliteStore } from '../../src/index.js'
import { newTable } from '../table.js'

export default {
  async fetch(request: Request, { DB }: { DB: D1Client }): Promise<Response> {
    const checks = storeChecks(async () => {
      const table = newTable()
      const store = sqliteStore(DB, { table })
      await store.migrate()
      return { store, close: async () => void (await DB.prepare(`DROP TABLE ${table}`).bind().run()) }
    })
    const check = checks[Number(new URL(request.url).pathname.slice(1))]
    try {
      return new Response(await check?.run())
    } catch (error) {
      return new Response(String(error), { status: 500 })
    }
  },
}
