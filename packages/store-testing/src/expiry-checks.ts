import type { SessionRecord, SessionStore } from '@fetch-sessions/core'
import { type CheckGroup, check, checkOf } from './check.js'
import { expectFields, expectListed, expectSame, expectStored } from './expectation.js'
import { infoOf, newId, newOwner, newRecord, nextOf } from './sample.js'

/** Milliseconds that a short-lived record lives: enough for a few calls over a network. */
const SHORT = 1500

export const expiryChecks: CheckGroup = {
  name: 'expiry',
  checks: [
    check('a record that is past its expiry when it is created is no error, and there or not', async (subject) => {
      const { store, now } = subject
      for (const expiresAt of [now(), now() - 1, now() - 86_400_000, 1]) {
        const id = newId()
        const record = newRecord(now() - 90_000_000, { expiresAt, owner: newOwner() })
        await store.create(id, record)
        await expectThereOrGone(store, id, record)
        await store.touch(id, expiresAt, 1)
        await store.update(id, nextOf(record))
        await store.delete(id)
        await expectStored(store, id, undefined, 'after the delete')
      }
    }),

    check('a touch or an update to a moment that is past is no error', async ({ store, now }) => {
      const record = newRecord(now())
      const touched = newId()
      await store.create(touched, record)
      expectSame('touch', await store.touch(touched, now() - 1000, 1), true)
      await expectThereOrGone(store, touched, { ...record, expiresAt: now() - 1000 })
      const updated = newId()
      await store.create(updated, record)
      const past = nextOf(record, { expiresAt: now() - 1000 })
      expectSame('update', await store.update(updated, past), true)
      await expectThereOrGone(store, updated, past)
    }),

    check('a session outlives the expiry it was created with when touch or update has moved it', async (subject) => {
      const { store, now, advance } = subject
      const record = newRecord(now(), { expiresAt: now() + SHORT, owner: newOwner() })
      const touched = newId()
      await store.create(touched, record)
      const updated = newId()
      await store.create(updated, record)
      const expiresAt = now() + 3_600_000
      expectSame('touch', await store.touch(touched, expiresAt, 1), true)
      const moved = nextOf(record, { expiresAt })
      expectSame('update', await store.update(updated, moved), true)
      await advance(SHORT + 100)
      await expectStored(store, touched, { ...record, expiresAt }, 'of the touched session')
      await expectStored(store, updated, moved, 'of the updated session')
    }),

    check('a session that expires is there until then, and there or gone afterwards', async (subject) => {
      const { store, now, advance } = subject
      const id = newId()
      const record = newRecord(now(), { expiresAt: now() + SHORT })
      await store.create(id, record)
      await expectStored(store, id, record, 'before the expiry')
      await advance(SHORT + 100)
      await expectThereOrGone(store, id, record)
      await store.delete(id)
      expectSame('touch after the delete', await store.touch(id, now() + 60_000, 1), false)
    }),

    check('a session lives to the end of its lifetime, which is no whole number of seconds', async (subject) => {
      const { store, now, advance } = subject
      const id = newId()
      const record = newRecord(now(), { expiresAt: now() + 1900 })
      const touched = newId()
      await store.create(id, record)
      await store.create(touched, { ...record, expiresAt: record.expiresAt + 60_000 })
      await store.touch(touched, record.expiresAt, 1)
      await advance(1400)
      await expectStored(store, id, record, 'before the end')
      await expectStored(store, touched, record, 'of the touched session before the end')
    }),

    checkOf(['deleteExpired'], 'deleteExpired takes a clock that has fractions', async ({ store, now }) => {
      const record = newRecord(now())
      const [expired, live] = [newId(), newId()]
      await store.create(expired, record)
      await store.create(live, { ...record, expiresAt: record.expiresAt + 1 })
      expectSame('deleteExpired before', await store.deleteExpired(record.expiresAt - 0.25, 100), 0)
      expectSame('deleteExpired', await store.deleteExpired(record.expiresAt + 0.75, 100), 1)
      await expectStored(store, live, { ...record, expiresAt: record.expiresAt + 1 })
    }),

    checkOf(
      ['deleteExpired'],
      'deleteExpired removes those that expire at `now` or before, and no other',
      async (subject) => {
        const { store, now } = subject
        const at = now() + 3_600_000
        const records = [-60_000, -1, 0, 1, 60_000].map((offset) => newRecord(now(), { expiresAt: at + offset }))
        const sessions = records.map((record) => ({ id: newId(), record }))
        for (const { id, record } of sessions) await store.create(id, record)
        expectSame('deleteExpired', await store.deleteExpired(at, 100), 3)
        for (const { id, record } of sessions) {
          const isExpired = record.expiresAt <= at
          await expectStored(
            store,
            id,
            isExpired ? undefined : record,
            `of one that expires at ${record.expiresAt - at}`,
          )
        }
        expectSame('deleteExpired again', await store.deleteExpired(at, 100), 0)
      },
    ),

    checkOf(['deleteExpired'], 'deleteExpired removes at most `limit` and says how many', async ({ store, now }) => {
      const record = newRecord(now())
      const ids = Array.from({ length: 7 }, newId)
      for (const id of ids) await store.create(id, record)
      const at = record.expiresAt
      for (const [expected, left] of [
        [3, 4],
        [3, 1],
        [1, 0],
        [0, 0],
      ]) {
        expectSame('deleteExpired', await store.deleteExpired(at, 3), expected)
        const loaded = await Promise.all(ids.map(async (id) => store.load(id)))
        expectSame('sessions that are left', loaded.filter(Boolean).length, left)
      }
    }),

    checkOf(['deleteExpired'], 'deleteExpired goes by the expiry that touch or update has moved', async (subject) => {
      const { store, now } = subject
      const at = now() + 1_800_000
      const record = newRecord(now())
      const [extended, shortened, updated] = [newId(), newId(), newId()]
      await store.create(extended, { ...record, expiresAt: at - 1 })
      await store.touch(extended, at + 1, 1)
      await store.create(shortened, record)
      await store.touch(shortened, at, 1)
      await store.create(updated, record)
      await store.update(updated, nextOf(record, { expiresAt: at }))
      expectSame('deleteExpired', await store.deleteExpired(at, 100), 2)
      await expectStored(store, extended, { ...record, expiresAt: at + 1 }, 'of the extended session')
      await expectStored(store, shortened, undefined, 'of the shortened session')
      await expectStored(store, updated, undefined, 'of the updated session')
    }),

    checkOf(['deleteExpired'], 'deleteExpired of an empty store gives 0', async ({ store, now }) => {
      expectSame('deleteExpired', await store.deleteExpired(now() + 1e12, 100), 0)
    }),

    checkOf(['deleteExpired', 'listByOwner'], 'what deleteExpired removed is no longer listed', async (subject) => {
      const { store, now } = subject
      const owner = newOwner()
      const expired = newRecord(now(), { owner })
      await store.create(newId(), expired)
      const live = newId()
      const record = newRecord(now() + 1, { owner })
      await store.create(live, record)
      expectSame('deleteExpired', await store.deleteExpired(expired.expiresAt, 100), 1)
      await expectListed(store, owner, [infoOf(live, record)])
    }),
  ],
}

/** A store may return a record that is past its expiry, as it was, and may as well drop it. */
async function expectThereOrGone(store: SessionStore, id: string, record: SessionRecord): Promise<void> {
  const loaded = await store.load(id)
  if (loaded !== undefined) expectFields('load', loaded, { ...record, expiresAt: loaded.expiresAt })
}
