import { type CheckGroup, check } from './check.js'
import { expectSame, expectStored } from './expectation.js'
import { newId, newOwner, newRecord, nextOf } from './sample.js'

/** What holds for every store, whether it can compare-and-set or not. */
export const parallelChecks: CheckGroup = {
  name: 'many sessions at the same moment',
  checks: [
    check('100 sessions that are created in parallel are all there', async ({ store, now }) => {
      const owner = newOwner()
      const sessions = Array.from({ length: 100 }, (_, i) => ({
        id: newId(),
        record: newRecord(now(), { data: `session ${i}`, owner }),
      }))
      const answers = await Promise.all(sessions.map(async ({ id, record }) => store.create(id, record)))
      expectSame('how many gave true', answers.filter(Boolean).length, 100)
      for (const { id, record } of sessions) await expectStored(store, id, record)
    }),

    check('parallel updates, touches and deletes of different sessions do not mix', async ({ store, now }) => {
      const sessions = Array.from({ length: 30 }, (_, i) => ({ id: newId(), record: newRecord(now() + i) }))
      await Promise.all(sessions.map(async ({ id, record }) => store.create(id, record)))
      const written = await Promise.all(
        sessions.map(async ({ id, record }, i) => {
          if (i % 3 === 0) return (await store.delete(id)) ? undefined : record
          const updated = nextOf(record, { data: `update ${i}` })
          if (i % 3 === 1) return (await store.update(id, updated)) ? updated : record
          const expiresAt = record.expiresAt + i
          return (await store.touch(id, expiresAt, 1)) ? { ...record, expiresAt } : undefined
        }),
      )
      for (const [i, { id }] of sessions.entries()) await expectStored(store, id, written[i], `of session ${i}`)
    }),
  ],
}
