import { type CheckGroup, check } from './check.js'
import { expectSame, expectStored, expectStoredOneOf } from './expectation.js'
import { raceOften, rivals } from './race.js'
import { newId, newOwner, newRecord, nextOf } from './sample.js'

/** What a store that can't compare-and-set promises all the same. */
export const lastWriterChecks: CheckGroup = {
  name: 'writers at the same moment, the last one wins',
  atomic: false,
  checks: [
    check('parallel creates of one id leave one of their records, whole, and its create gave true', async (subject) => {
      const { store, now } = subject
      const id = newId()
      const records = rivals(20, now(), 1)
      const answers = await Promise.all(records.map(async (record) => store.create(id, record)))
      const winner = await expectStoredOneOf(store, id, records)
      expectSame('create of the record that is there', answers[records.indexOf(winner)], true)
    }),

    check(
      'parallel updates of one version leave one of their records, whole, and its update gave true',
      async (subject) => {
        const { store, now } = subject
        const id = newId()
        await store.create(id, newRecord(now()))
        const records = rivals(20, now(), 2)
        const answers = await Promise.all(records.map(async (record) => store.update(id, record)))
        const winner = await expectStoredOneOf(store, id, records)
        expectSame('update of the record that is there', answers[records.indexOf(winner)], true)
      },
    ),

    check('a touch at the moment of an update leaves the record before or after the update, whole', async (subject) => {
      const { store, now } = subject
      await raceOften(async () => {
        const id = newId()
        const record = newRecord(now(), { data: 'before', owner: newOwner(), meta: 'before' })
        await store.create(id, record)
        const updated = nextOf(record, { data: 'after', owner: newOwner(), meta: 'after' })
        const expiresAt = record.expiresAt + 60_000
        const touched = { ...record, data: 'before', expiresAt }
        return {
          runners: [() => store.touch(id, expiresAt, 1), () => store.update(id, updated)],
          async judge() {
            const isTouched = (await store.load(id))?.expiresAt === expiresAt
            await expectStoredOneOf(store, id, isTouched ? [touched, { ...updated, expiresAt }] : [record, updated])
          },
        }
      })
    }),

    check('after an update or a touch at the moment of a delete, the next delete is final', async ({ store, now }) => {
      await raceOften(async () => {
        const id = newId()
        const record = newRecord(now())
        await store.create(id, record)
        return {
          runners: [
            async () => [await store.update(id, nextOf(record)), await store.touch(id, record.expiresAt + 60_000, 2)],
            () => store.delete(id),
          ],
          async judge() {
            await store.delete(id)
            await expectStored(store, id, undefined, 'after the second delete')
            for (const version of [2, 3]) {
              const late = newRecord(now(), { version })
              expectSame(`update to version ${version} after the second delete`, await store.update(id, late), false)
            }
            for (const version of [1, 2]) {
              const touched = await store.touch(id, record.expiresAt, version)
              expectSame(`touch of version ${version} after the second delete`, touched, false)
            }
            await expectStored(store, id, undefined, 'after update and touch')
          },
        }
      })
    }),
  ],
}
