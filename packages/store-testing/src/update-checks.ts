import { type CheckGroup, check } from './check.js'
import { expectSame, expectStored } from './expectation.js'
import { newId, newOwner, newRecord, nextOf } from './sample.js'

export const updateChecks: CheckGroup = {
  name: 'update and touch',
  checks: [
    check('update over the version before gives true and replaces every field', async ({ store, now }) => {
      const id = newId()
      const record = newRecord(now(), { owner: newOwner(), meta: 'first' })
      await store.create(id, record)
      const updated = {
        data: 'second',
        createdAt: record.createdAt - 5000,
        expiresAt: record.expiresAt + 5000,
        owner: newOwner(),
        version: 2,
        meta: 'second',
      }
      expectSame('update', await store.update(id, updated), true)
      await expectStored(store, id, updated)
    }),

    check('update adds, changes and removes owner and meta', async ({ store, now }) => {
      const id = newId()
      let record = newRecord(now())
      await store.create(id, record)
      for (const fields of [
        { owner: newOwner(), meta: 'added' },
        { owner: newOwner(), meta: 'changed' },
        { owner: undefined, meta: undefined },
        { owner: newOwner() },
        { meta: 'alone', owner: undefined },
      ]) {
        const { meta, ...rest } = nextOf(record, { ...fields })
        record = meta === undefined ? rest : { ...rest, meta }
        expectSame('update', await store.update(id, record), true)
        await expectStored(store, id, record, `at version ${record.version}`)
      }
    }),

    check('update moves expiresAt earlier as well as later', async ({ store, now }) => {
      const id = newId()
      const record = newRecord(now())
      await store.create(id, record)
      const earlier = nextOf(record, { expiresAt: record.expiresAt - 1_000_001 })
      await store.update(id, earlier)
      await expectStored(store, id, earlier, 'after the earlier expiry')
      const later = nextOf(earlier, { expiresAt: record.expiresAt + 1_000_001 })
      await store.update(id, later)
      await expectStored(store, id, later, 'after the later expiry')
    }),

    check('update from an older version gives false and writes nothing', async ({ store, now }) => {
      const id = newId()
      const record = newRecord(now(), { owner: newOwner() })
      await store.create(id, record)
      const newest = nextOf(nextOf(record), { data: 'newest' })
      await store.update(id, nextOf(record))
      await store.update(id, newest)
      for (const version of [1, 2, 3]) {
        const stale = newRecord(now() + 1, { data: 'stale', version, meta: 'stale' })
        expectSame(`update to version ${version} over 3`, await store.update(id, stale), false)
      }
      await expectStored(store, id, newest)
    }),

    check('update from a newer version gives false and writes nothing', async ({ store, now }) => {
      const id = newId()
      const record = newRecord(now(), { owner: newOwner() })
      await store.create(id, record)
      for (const version of [3, 4, 11]) {
        const ahead = newRecord(now() + 1, { data: 'ahead', version, meta: 'ahead' })
        expectSame(`update to version ${version} over 1`, await store.update(id, ahead), false)
      }
      await expectStored(store, id, record)
    }),

    check('update counts versions as numbers: 9 to 10, 10 to 11', async ({ store, now }) => {
      const id = newId()
      let record = newRecord(now())
      await store.create(id, record)
      while (record.version < 12) {
        record = nextOf(record, { data: `at ${record.version}` })
        expectSame(`update to version ${record.version}`, await store.update(id, record), true)
        await expectStored(store, id, record)
      }
    }),

    check('update counts versions on and on: 255 to 256, 256 to 257', async ({ store, now }) => {
      const id = newId()
      let record = newRecord(now())
      await store.create(id, record)
      while (record.version < 260) {
        record = nextOf(record)
        expectSame(`update to version ${record.version}`, await store.update(id, record), true)
        if (record.version > 250) await expectStored(store, id, record)
      }
      for (const version of [4, 5, 256]) {
        expectSame(`touch of version ${version}, which is 260`, await store.touch(id, now(), version), false)
        const stale = newRecord(now(), { version: version + 1 })
        expectSame(`update over version ${version}, which is 260`, await store.update(id, stale), false)
      }
      await expectStored(store, id, record, 'afterwards')
    }),

    check('touch moves expiresAt later and earlier, and nothing else', async ({ store, now }) => {
      const id = newId()
      const record = newRecord(now(), { owner: newOwner(), meta: 'kept' })
      await store.create(id, record)
      for (const expiresAt of [record.expiresAt + 7_200_001, record.expiresAt - 1_800_001]) {
        expectSame('touch', await store.touch(id, expiresAt, 1), true)
        await expectStored(store, id, { ...record, expiresAt }, 'after the touch')
      }
    }),

    check('touch of an older version gives false and writes nothing', async ({ store, now }) => {
      const id = newId()
      let record = newRecord(now(), { owner: newOwner() })
      await store.create(id, record)
      for (const data of ['second', 'third']) {
        record = nextOf(record, { data })
        await store.update(id, record)
      }
      for (const version of [0, 1, 2]) {
        const isTouched = await store.touch(id, record.expiresAt + 60_000, version)
        expectSame(`touch of version ${version}, which is 3`, isTouched, false)
        await expectStored(store, id, record, `after the touch of version ${version}`)
      }
    }),

    check('touch of a newer version gives false and writes nothing', async ({ store, now }) => {
      const id = newId()
      const record = newRecord(now(), { owner: newOwner() })
      await store.create(id, record)
      for (const version of [2, 3, 10, 257]) {
        const isTouched = await store.touch(id, record.expiresAt + 60_000, version)
        expectSame(`touch of version ${version}, which is 1`, isTouched, false)
        await expectStored(store, id, record, `after the touch of version ${version}`)
      }
    }),

    check(
      'a touch prepared before an update of another writer gives false, one of its version true',
      async (subject) => {
        const { store, now } = subject
        const id = newId()
        const record = newRecord(now(), { owner: newOwner(), meta: 'first' })
        await store.create(id, record)
        const updated = nextOf(record, { data: 'by another', expiresAt: record.expiresAt - 60_000, meta: 'second' })
        await store.update(id, updated)
        expectSame('touch of version 1', await store.touch(id, record.expiresAt + 60_000, 1), false)
        await expectStored(store, id, updated, 'after the touch of version 1')
        expectSame('touch of version 2', await store.touch(id, record.expiresAt, 2), true)
        await expectStored(store, id, { ...updated, expiresAt: record.expiresAt }, 'after the touch of version 2')
      },
    ),

    check('touch makes no new version: an update prepared before it still applies', async ({ store, now }) => {
      const id = newId()
      const record = newRecord(now())
      await store.create(id, record)
      await store.touch(id, record.expiresAt + 60_000, 1)
      const updated = nextOf(record, { data: 'prepared before', expiresAt: record.expiresAt + 30_000 })
      expectSame('update', await store.update(id, updated), true)
      await expectStored(store, id, updated)
      expectSame('touch', await store.touch(id, record.expiresAt, 2), true)
      await expectStored(store, id, { ...updated, expiresAt: record.expiresAt }, 'after a touch of version 2')
    }),
  ],
}
