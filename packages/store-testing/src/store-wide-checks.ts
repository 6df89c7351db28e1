import { type CheckGroup, checkOf } from './check.js'
import { expectListed, expectSame, expectStored } from './expectation.js'
import { infoOf, newId, newOwner, newRecord, nextOf } from './sample.js'

export const storeWideChecks: CheckGroup = {
  name: 'the store as a whole',
  checks: [
    checkOf(['clear'], 'clear removes every session', async ({ store, now }) => {
      const sessions = Array.from({ length: 30 }, (_, i) => ({
        id: newId(),
        record: newRecord(now(), { owner: i % 2 === 0 ? newOwner() : undefined }),
      }))
      for (const { id, record } of sessions) await store.create(id, record)
      await store.clear()
      for (const { id, record } of sessions) {
        await expectStored(store, id, undefined, 'after clear')
        expectSame('update after clear', await store.update(id, nextOf(record)), false)
      }
    }),

    checkOf(['clear'], 'clear of an empty store is no error', async ({ store }) => {
      await store.clear()
      await store.clear()
    }),

    checkOf(['clear'], 'a cleared store takes new sessions', async ({ store, now }) => {
      await store.create(newId(), newRecord(now()))
      await store.clear()
      const id = newId()
      const record = newRecord(now())
      expectSame('create', await store.create(id, record), true)
      await expectStored(store, id, record)
    }),

    checkOf(['clear', 'listByOwner'], 'a cleared store lists nobody’s sessions', async ({ store, now }) => {
      const owner = newOwner()
      await store.create(newId(), newRecord(now(), { owner }))
      await store.clear()
      await expectListed(store, owner, [], 'after clear')
    }),

    checkOf(
      ['useClock', 'listByOwner'],
      'a store takes a clock that has fractions',
      async ({ store, now, hasOwnClock }) => {
        if (hasOwnClock) return
        const owner = newOwner()
        const id = newId()
        const record = newRecord(now(), { owner })
        store.useClock(() => now() + 0.5)
        expectSame('create', await store.create(id, record), true)
        expectSame('touch', await store.touch(id, record.expiresAt + 1, 1), true)
        await expectListed(store, owner, [infoOf(id, { ...record, expiresAt: record.expiresAt + 1 })])
      },
    ),

    checkOf(
      ['useClock', 'listByOwner'],
      'useClock sets the clock of a store that was given none directly',
      async ({ store, now, hasOwnClock }) => {
        const owner = newOwner()
        const id = newId()
        const record = newRecord(now(), { owner })
        await store.create(id, record)
        store.useClock(() => record.expiresAt)
        await expectListed(store, owner, hasOwnClock ? [infoOf(id, record)] : [])
      },
    ),
  ],
}
