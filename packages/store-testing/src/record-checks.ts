import { type CheckGroup, check, strongCheck } from './check.js'
import { expectSame, expectStored } from './expectation.js'
import { newId, newOwner, newRecord, nextOf } from './sample.js'

export const recordChecks: CheckGroup = {
  name: 'records',
  checks: [
    check('load of an unknown id gives undefined', async ({ store }) => {
      expectSame('load', await store.load(newId()), undefined)
    }),

    check('update of an unknown id gives false and creates nothing', async ({ store, now }) => {
      for (const version of [1, 2, 7]) {
        const id = newId()
        expectSame(`update to version ${version}`, await store.update(id, newRecord(now(), { version })), false)
        await expectStored(store, id, undefined, 'after the update')
      }
    }),

    check('touch of an unknown id gives false and creates nothing', async ({ store, now }) => {
      const id = newId()
      expectSame('touch', await store.touch(id, now() + 60_000, 1), false)
      await expectStored(store, id, undefined, 'after the touch')
    }),

    check('delete of an unknown id gives false and is no error', async ({ store }) => {
      expectSame('delete', await store.delete(newId()), false)
    }),

    check('create gives true, and load gives the record back, field by field', async ({ store, now }) => {
      const id = newId()
      const record = newRecord(now(), { createdAt: now() - 1234, owner: newOwner(), meta: '{"idle":60}' })
      expectSame('create', await store.create(id, record), true)
      await expectStored(store, id, record)
      await expectStored(store, id, record, 'again')
    }),

    check('create keeps a record without owner and without meta as it is', async ({ store, now }) => {
      const id = newId()
      const record = newRecord(now())
      expectSame('create', await store.create(id, record), true)
      await expectStored(store, id, record)
    }),

    strongCheck('create with an id that exists gives false and writes nothing', async ({ store, now }) => {
      const id = newId()
      const record = newRecord(now(), { data: 'first', owner: newOwner(), meta: 'first' })
      await store.create(id, record)
      const other = newRecord(now() + 1, { data: 'second', owner: newOwner(), meta: 'second' })
      expectSame('create', await store.create(id, other), false)
      await expectStored(store, id, record)
      const updated = nextOf(record)
      await store.update(id, updated)
      expectSame('create after an update', await store.create(id, other), false)
      await expectStored(store, id, updated)
    }),

    check('delete gives true once, then false, and the record is gone', async ({ store, now }) => {
      const id = newId()
      await store.create(id, newRecord(now(), { owner: newOwner() }))
      expectSame('first delete', await store.delete(id), true)
      await expectStored(store, id, undefined, 'after the delete')
      expectSame('second delete', await store.delete(id), false)
    }),

    check('a deleted session is brought back neither by update nor by touch', async ({ store, now }) => {
      const id = newId()
      const record = newRecord(now())
      await store.create(id, record)
      await store.delete(id)
      expectSame('update', await store.update(id, nextOf(record)), false)
      expectSame('update to version 1', await store.update(id, record), false)
      expectSame('touch', await store.touch(id, now() + 60_000, 1), false)
      expectSame('touch of version 0', await store.touch(id, now() + 60_000, 0), false)
      await expectStored(store, id, undefined)
    }),

    check('what is done to one session leaves the others alone', async ({ store, now }) => {
      const owner = newOwner()
      const other = newId()
      const record = newRecord(now(), { data: 'other', owner, meta: 'other' })
      await store.create(other, record)
      const id = newId()
      const mine = newRecord(now(), { data: 'mine', owner })
      await store.create(id, mine)
      await store.update(id, nextOf(mine, { data: 'mine, updated' }))
      await store.touch(id, now() + 60_000, 2)
      await store.delete(id)
      await expectStored(store, other, record)
    }),
  ],
}
