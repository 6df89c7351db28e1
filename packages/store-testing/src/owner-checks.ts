import { type CheckGroup, checkOf } from './check.js'
import { expectListed, expectSame, expectStored } from './expectation.js'
import { infoOf, markerOf, newId, newOwner, newRecord, nextOf } from './sample.js'

/** Owners that are equal for a careless comparison, or that hold what patterns and separators are made of. */
const LOOKALIKES = [
  'ada',
  'Ada',
  'ada ',
  ' ada',
  'ada\n',
  'ada\0',
  'ada\0x',
  'ada\u200b',
  'a\u200dda',
  '\ufeffada',
  'ada\u00ad',
  'ａｄａ',
  'adà',
  'ada\u0300',
  'ad',
  'ada:',
  'ada:1',
  'ada/1',
  'a_a',
  '%',
  'ad%',
  '*',
  'ad?',
  'a[d]a',
  '{ada}',
  `a'd"a\\`,
  'straße',
  'strasse',
  '007',
  '7',
  'null',
  'undefined',
  '__proto__',
  'constructor',
]

/** Around the lengths at which columns, keys and indexes end. */
const OWNER_LENGTHS = [64, 192, 201, 255, 256, 257, 300, 500]

/** How often a session is replaced at most: whatever a deletion waits for is over by then. */
const MAX_REPLACEMENTS = 20

export const ownerChecks: CheckGroup = {
  name: 'owners',
  checks: [
    checkOf(['listByOwner'], 'listByOwner gives an empty list for an unknown owner', async ({ store }) => {
      await expectListed(store, newOwner(), [])
    }),

    checkOf(
      ['listByOwner'],
      'listByOwner gives id, owner, times and meta of each of the owner’s sessions',
      async (subject) => {
        const { store, now } = subject
        const owner = newOwner()
        const infos = []
        for (let i = 0; i < 5; i++) {
          const id = newId()
          const record = newRecord(now() + i, { createdAt: now() - i, owner, meta: `note ${i}` })
          await store.create(id, record)
          infos.push(infoOf(id, record))
        }
        await store.create(newId(), newRecord(now(), { owner: newOwner() }))
        await store.create(newId(), newRecord(now()))
        await expectListed(store, owner, infos)
      },
    ),

    checkOf(['listByOwner'], 'listByOwner follows update: a new owner, none, one again', async ({ store, now }) => {
      const [first, second] = [newOwner(), newOwner()]
      const id = newId()
      let record = newRecord(now(), { owner: first })
      await store.create(id, record)
      for (const owner of [second, undefined, first, first]) {
        record = nextOf(record, { owner, expiresAt: record.expiresAt + 1 })
        await store.update(id, record)
        const listed = [infoOf(id, record)]
        await expectListed(store, first, owner === first ? listed : [], `of the first at version ${record.version}`)
        await expectListed(store, second, owner === second ? listed : [], `of the second at version ${record.version}`)
      }
    }),

    checkOf(
      ['listByOwner'],
      'a session that is replaced by a marker without data and owner leaves its owner’s list',
      async ({ store, now }) => {
        const owner = newOwner()
        const [old, successor] = [newId(), newId()]
        const record = newRecord(now(), { owner, meta: 'kept' })
        await store.create(old, record)
        await store.create(successor, record)
        const marker = markerOf(record, now())
        expectSame('update', await store.update(old, marker), true)
        await expectStored(store, old, marker, 'of the marker')
        await expectListed(store, owner, [infoOf(successor, record)])
        expectSame('update over the marker', await store.update(old, nextOf(record)), false)
        expectSame('touch of the marker as it was', await store.touch(old, record.expiresAt + 60_000, 1), false)
        await expectStored(store, old, marker, 'of the marker, again')
        await expectListed(store, owner, [infoOf(successor, record)], 'again')
      },
    ),

    checkOf(['listByOwner'], 'listByOwner tells the meta that update has written', async ({ store, now }) => {
      const owner = newOwner()
      const id = newId()
      let record = newRecord(now(), { owner })
      await store.create(id, record)
      for (const meta of ['added', 'changed', '', undefined]) {
        record = nextOf(record, { meta })
        await store.update(id, record)
        await expectListed(store, owner, [infoOf(id, record)], `at version ${record.version}`)
      }
    }),

    checkOf(['listByOwner'], 'listByOwner tells the expiry that touch has moved', async ({ store, now }) => {
      const owner = newOwner()
      const id = newId()
      const record = newRecord(now(), { owner })
      await store.create(id, record)
      const expiresAt = record.expiresAt + 86_400_000
      await store.touch(id, expiresAt, 1)
      await expectListed(store, owner, [{ ...infoOf(id, record), expiresAt }])
    }),

    checkOf(['listByOwner'], 'listByOwner lists no deleted session', async ({ store, now }) => {
      const owner = newOwner()
      const [kept, deleted] = [newId(), newId()]
      const record = newRecord(now(), { owner })
      await store.create(kept, record)
      await store.create(deleted, record)
      await store.delete(deleted)
      await expectListed(store, owner, [infoOf(kept, record)], 'after one delete')
      await store.delete(kept)
      await expectListed(store, owner, [], 'after both deletes')
    }),

    checkOf(['listByOwner'], 'listByOwner lists no expired session', async ({ store, now, advance }) => {
      const owner = newOwner()
      const live = newId()
      const record = newRecord(now(), { owner })
      await store.create(live, record)
      const touched = newId()
      await store.create(touched, record)
      await store.touch(touched, now() - 5000, 1)
      await store.create(newId(), newRecord(now() - 60_000, { owner, expiresAt: now() - 5000 }))
      await expectListed(store, owner, [infoOf(live, record)])
      await store.touch(live, now() + 500, 1)
      await advance(1000)
      await expectListed(store, owner, [], 'when the last one has expired')
    }),

    checkOf(
      ['listByOwner'],
      'listByOwner goes by what was written, not by a write that gave false',
      async (subject) => {
        const { store, now } = subject
        const [owner, other] = [newOwner(), newOwner()]
        const id = newId()
        const record = newRecord(now(), { owner })
        await store.create(id, record)
        await store.create(id, newRecord(now(), { owner: other }))
        await store.update(id, newRecord(now(), { owner: other, version: 7 }))
        await store.update(newId(), newRecord(now(), { owner: other, version: 2 }))
        await expectListed(store, owner, [infoOf(id, record)])
        await expectListed(store, other, [], 'of the other owner')
      },
    ),

    checkOf(
      ['listByOwner'],
      'owners are compared letter by letter, and nothing in them is a pattern',
      async (subject) => {
        const { store, now } = subject
        const sessions = LOOKALIKES.map((owner) => ({ id: newId(), owner, record: newRecord(now(), { owner }) }))
        for (const { id, record } of sessions) await store.create(id, record)
        for (const { id, owner, record } of sessions) {
          await expectListed(store, owner, [infoOf(id, record)], `of ${JSON.stringify(owner)}`)
        }
      },
    ),

    checkOf(['listByOwner'], 'owners that differ only at their ends are different, however long', async (subject) => {
      const { store, now } = subject
      for (const length of OWNER_LENGTHS.filter((length) => length <= (store.limits?.ownerBytes ?? Infinity))) {
        const beginning = newOwner().padEnd(length - 1, 'x')
        const sessions = ['1', '2'].map((end) => ({
          id: newId(),
          record: newRecord(now(), { owner: beginning + end }),
        }))
        for (const { id, record } of sessions) await store.create(id, record)
        for (const { id, record } of sessions) {
          await expectStored(store, id, record, `of an owner of ${length} characters`)
          await expectListed(store, record.owner ?? '', [infoOf(id, record)], `of an owner of ${length} characters`)
        }
        await expectListed(store, beginning, [], 'of their beginning')
      }
    }),

    checkOf(['deleteByOwner'], 'deleteByOwner removes all sessions of the owner and says how many', async (subject) => {
      const { store, now } = subject
      const owner = newOwner()
      const ids = Array.from({ length: 12 }, newId)
      const record = newRecord(now(), { owner })
      for (const id of ids) await store.create(id, record)
      const others = [newId(), newId()] as const
      await store.create(others[0], newRecord(now(), { owner: `${owner}1` }))
      await store.create(others[1], newRecord(now()))
      expectSame('deleteByOwner', await store.deleteByOwner(owner), 12)
      for (const id of ids) await expectStored(store, id, undefined, 'after deleteByOwner')
      for (const id of others) expectSame('the other session is there', (await store.load(id)) !== undefined, true)
      expectSame('deleteByOwner again', await store.deleteByOwner(owner), 0)
    }),

    checkOf(['deleteByOwner'], 'deleteByOwner of an unknown owner gives 0', async ({ store }) => {
      expectSame('deleteByOwner', await store.deleteByOwner(newOwner()), 0)
      expectSame('deleteByOwner with exceptId', await store.deleteByOwner(newOwner(), newId()), 0)
    }),

    checkOf(['deleteByOwner'], 'deleteByOwner spares `exceptId`, and counts it not', async ({ store, now }) => {
      const owner = newOwner()
      const [spared, removed] = [newId(), newId()]
      const record = newRecord(now(), { owner })
      await store.create(spared, record)
      await store.create(removed, record)
      expectSame('deleteByOwner', await store.deleteByOwner(owner, spared), 1)
      await expectStored(store, spared, record, 'of the spared session')
      await expectStored(store, removed, undefined, 'of the other session')
      expectSame('deleteByOwner except an unknown id', await store.deleteByOwner(owner, newId()), 1)
      await expectStored(store, spared, undefined, 'after the second call')
    }),

    checkOf(['deleteByOwner'], 'deleteByOwner goes by the owner that update has set', async ({ store, now }) => {
      const [before, after] = [newOwner(), newOwner()]
      const id = newId()
      const record = newRecord(now(), { owner: before })
      await store.create(id, record)
      const moved = nextOf(record, { owner: after })
      await store.update(id, moved)
      expectSame('deleteByOwner of the owner before', await store.deleteByOwner(before), 0)
      await expectStored(store, id, moved)
      expectSame('deleteByOwner of the new owner', await store.deleteByOwner(after), 1)
      await expectStored(store, id, undefined)
    }),

    checkOf(['deleteByOwner'], 'deleteByOwner takes nothing in an owner for a pattern', async ({ store, now }) => {
      const sessions = LOOKALIKES.map((owner) => ({ id: newId(), owner, record: newRecord(now(), { owner }) }))
      for (const { id, record } of sessions) await store.create(id, record)
      for (const { id, owner } of sessions) {
        expectSame(`deleteByOwner of ${JSON.stringify(owner)}`, await store.deleteByOwner(owner), 1)
        await expectStored(store, id, undefined)
      }
    }),

    checkOf(
      ['deleteByOwner', 'listByOwner'],
      'deleteByOwner also removes what a session is replaced by while it runs',
      async ({ store, now }) => {
        const owner = newOwner()
        const record = newRecord(now(), { owner })
        /** As core regenerates: the new one first, which is taken back if the old one is gone. */
        const replaceUntilGone = async (first: string): Promise<void> => {
          for (let id = first, i = 0; i < MAX_REPLACEMENTS; i++) {
            const successor = newId()
            await store.create(successor, record)
            if (!(await store.update(id, markerOf(record, now())))) {
              await store.delete(successor)
              return
            }
            id = successor
          }
        }
        for (let round = 0; round < 5; round++) {
          const ids = Array.from({ length: 8 }, newId)
          for (const id of ids) await store.create(id, record)
          const replacements = Promise.all(ids.map(replaceUntilGone))
          await store.deleteByOwner(owner)
          await replacements
          await expectListed(store, owner, [], 'after deleteByOwner')
        }
      },
    ),

    checkOf(['deleteByOwner', 'listByOwner'], 'what deleteByOwner removed is no longer listed', async (subject) => {
      const { store, now } = subject
      const owner = newOwner()
      const spared = newId()
      const record = newRecord(now(), { owner })
      await store.create(spared, record)
      await store.create(newId(), record)
      await store.deleteByOwner(owner, spared)
      await expectListed(store, owner, [infoOf(spared, record)], 'after deleteByOwner with exceptId')
      await store.deleteByOwner(owner)
      await expectListed(store, owner, [], 'after deleteByOwner')
    }),
  ],
}
