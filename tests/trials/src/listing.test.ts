import { describe, expect, it, onTestFinished } from 'vitest'
import { newName, startEngine } from './engines.js'
import { idOf, listWhileOthersWrite, recordOf, tellListed } from './listing.js'
import { openStore, type StoreName } from './stores.js'

/** More than the Redis store keeps of one look at all keys. */
const SESSIONS = 12_000
const LIMIT = 100
const BATCH = 500

describe(`${SESSIONS} sessions, page by page, by turns at two clients, while others write`, () => {
  it.for(['Redis', 'Redis Cluster', 'PostgreSQL'] as const)(
    'in %s: each that is there all the time comes once',
    async (store, { skip }) => {
      const engine = (await startEngine[store]()) ?? skip(`${store} is missing`)
      onTestFinished(() => engine.stop())
      const place = { store, address: engine.address, name: newName() }
      const [writer, ...listers] = await Promise.all([0, 1, 2].map(() => openStore[store as StoreName](place)))
      if (writer === undefined) throw new Error('There is no store')
      onTestFinished(async () => {
        await writer.remove()
        for (const opened of [writer, ...listers]) await opened.close()
      })
      await writer.prepare()
      for (let from = 0; from < SESSIONS; from += BATCH) {
        await Promise.all(
          Array.from({ length: BATCH }, (_, i) => writer.store.create(idOf(from + i), recordOf(from + i))),
        )
      }

      const listed = await listWhileOthersWrite(listers, writer, SESSIONS, LIMIT)
      console.info(tellListed(store, listed))
      expect(listed.once).toBe(listed.stayed)
      expect(listed.wrong).toBe(0)
      expect(listed.pages).toBeGreaterThan(listed.stayed / LIMIT)
      for (const count of Object.values(listed.writes)) expect(count).toBeGreaterThan(0)
    },
  )
})
