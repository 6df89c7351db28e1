import { type CheckGroup, check, checkOf } from './check.js'
import { expectListed, expectSame, expectStored, expectStoredOneOf } from './expectation.js'
import { raceOften, rivals, together } from './race.js'
import { infoOf, newId, newOwner, newRecord, nextOf } from './sample.js'

/** What compare-and-set is for. */
export const concurrencyChecks: CheckGroup = {
  name: 'writers at the same moment',
  atomic: true,
  checks: [
    check('of 20 parallel creates of one id exactly one gives true, and its record is kept', async ({ store, now }) => {
      const id = newId()
      const records = rivals(20, now(), 1)
      const answers = await Promise.all(records.map(async (record) => store.create(id, record)))
      expectSame('how many gave true', answers.filter(Boolean).length, 1)
      await expectStored(store, id, records[answers.indexOf(true)])
    }),

    check('of 20 parallel updates of one version exactly one gives true, and its record is kept', async (subject) => {
      const { store, now } = subject
      const id = newId()
      await store.create(id, newRecord(now()))
      const records = rivals(20, now(), 2)
      const answers = await Promise.all(records.map(async (record) => store.update(id, record)))
      expectSame('how many gave true', answers.filter(Boolean).length, 1)
      await expectStored(store, id, records[answers.indexOf(true)])
    }),

    check('of 20 parallel deletes of one id exactly one gives true', async ({ store, now }) => {
      const id = newId()
      await store.create(id, newRecord(now(), { owner: newOwner() }))
      const answers = await together(20, () => store.delete(id))
      expectSame('how many gave true', answers.filter(Boolean).length, 1)
      await expectStored(store, id, undefined)
    }),

    check('of 50 parallel increments, each a load and an update until it gives true, none is lost', async (subject) => {
      const { store, now } = subject
      const id = newId()
      await store.create(id, newRecord(now(), { data: '0' }))
      await together(50, async () => {
        for (let attempt = 0; attempt < 200; attempt++) {
          const record = await store.load(id)
          if (record === undefined) throw new Error('load: the session is gone')
          if (await store.update(id, nextOf(record, { data: String(Number(record.data) + 1) }))) return
        }
        throw new Error('update: gave false 200 times, though each time it was made from what load gave')
      })
      const record = await store.load(id)
      expectSame('the counter', record?.data, '50')
      expectSame('version', record?.version, 51)
    }),

    check('an update at the moment of a delete never leaves the record', async ({ store, now }) => {
      await raceOften(async () => {
        const id = newId()
        const record = newRecord(now(), { owner: newOwner() })
        await store.create(id, record)
        return {
          runners: [() => store.update(id, nextOf(record, { data: 'late' })), () => store.delete(id)],
          async judge([, deleted]) {
            expectSame('delete', deleted, true)
            await expectStored(store, id, undefined, 'after update and delete')
          },
        }
      })
    }),

    check('a touch at the moment of a delete never leaves the record', async ({ store, now }) => {
      await raceOften(async () => {
        const id = newId()
        const record = newRecord(now())
        await store.create(id, record)
        return {
          runners: [() => store.touch(id, record.expiresAt + 60_000, 1), () => store.delete(id)],
          async judge([, deleted]) {
            expectSame('delete', deleted, true)
            await expectStored(store, id, undefined, 'after touch and delete')
          },
        }
      })
    }),

    check(
      'a touch at the moment of an update comes before it, or gives false and changes nothing',
      async ({ store, now }) => {
        await raceOften(async () => {
          const id = newId()
          const record = newRecord(now())
          await store.create(id, record)
          const updated = nextOf(record, { data: 'updated', owner: newOwner(), meta: 'updated' })
          return {
            runners: [() => store.touch(id, record.expiresAt + 60_000, 1), () => store.update(id, updated)],
            async judge([, update]) {
              expectSame('update', update, true)
              await expectStored(store, id, updated)
            },
          }
        })
      },
    ),

    checkOf(['listByOwner'], 'parallel updates to different owners leave it with the one who won', async (subject) => {
      const { store, now } = subject
      const id = newId()
      await store.create(id, newRecord(now(), { owner: newOwner() }))
      const records = rivals(10, now(), 2)
      await Promise.all(records.map(async (record) => store.update(id, record)))
      const winner = await expectStoredOneOf(store, id, records)
      for (const record of records) {
        await expectListed(store, record.owner ?? '', record === winner ? [infoOf(id, record)] : [])
      }
    }),

    checkOf(
      ['deleteByOwner'],
      'deleteByOwner also removes the sessions that are updated or touched at that moment',
      async ({ store, now }) => {
        const owner = newOwner()
        const sessions = Array.from({ length: 10 }, () => ({ id: newId(), record: newRecord(now(), { owner }) }))
        for (const { id, record } of sessions) await store.create(id, record)
        const [count] = await Promise.all([
          (async () => store.deleteByOwner(owner))(),
          ...sessions.map(async ({ id, record }) => store.update(id, nextOf(record))),
          ...sessions.map(async ({ id, record }) => store.touch(id, record.expiresAt + 60_000, 1)),
        ])
        expectSame('deleteByOwner', count, sessions.length)
        for (const { id } of sessions) await expectStored(store, id, undefined, 'after deleteByOwner')
      },
    ),

    checkOf(
      ['listByOwner', 'deleteByOwner'],
      'a session created at the moment of deleteByOwner is there and listed, or neither',
      async ({ store, now }) => {
        await raceOften(async () => {
          const owner = newOwner()
          const id = newId()
          const record = newRecord(now(), { owner })
          return {
            runners: [() => store.create(id, record), () => store.deleteByOwner(owner)],
            async judge([created]) {
              expectSame('create', created, true)
              const isThere = (await store.load(id)) !== undefined
              await expectListed(store, owner, isThere ? [infoOf(id, record)] : [])
            },
          }
        })
      },
    ),
  ],
}
