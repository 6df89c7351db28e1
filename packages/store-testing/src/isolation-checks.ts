import type { SessionRecord } from '@fetch-sessions/core'
import { type CheckGroup, check, checkOf } from './check.js'
import { expectFields, expectListed, expectStored } from './expectation.js'
import { infoOf, newId, newOwner, newRecord, nextOf } from './sample.js'

export const isolationChecks: CheckGroup = {
  name: 'records belong to who received them',
  checks: [
    check('changing a record after create took it changes nothing in the store', async ({ store, now }) => {
      const id = newId()
      const record = newRecord(now(), { owner: newOwner(), meta: 'kept' })
      const handedIn = { ...record }
      await store.create(id, handedIn)
      scribble(handedIn)
      await expectStored(store, id, record)
    }),

    check('changing a record after update took it changes nothing in the store', async ({ store, now }) => {
      const id = newId()
      const record = newRecord(now())
      await store.create(id, record)
      const updated = nextOf(record, { owner: newOwner(), meta: 'kept' })
      const handedIn = { ...updated }
      await store.update(id, handedIn)
      scribble(handedIn)
      await expectStored(store, id, updated)
    }),

    check('changing a record that load gave out changes nothing in the store', async ({ store, now }) => {
      const id = newId()
      const record = newRecord(now(), { owner: newOwner(), meta: 'kept' })
      await store.create(id, { ...record })
      const first = await store.load(id)
      const second = await store.load(id)
      if (first !== undefined) scribble(first)
      expectFields('a record loaded before', second, record)
      await expectStored(store, id, record)
    }),

    check('the store changes no record that it was handed or gave out', async ({ store, now }) => {
      const id = newId()
      const record = newRecord(now(), { owner: newOwner() })
      const handedIn = { ...record }
      await store.create(id, handedIn)
      const loaded = await store.load(id)
      await store.touch(id, record.expiresAt + 60_000, 1)
      await store.update(id, nextOf(record, { data: 'newer' }))
      await store.delete(id)
      expectFields('the record handed in', handedIn, record)
      expectFields('the record given out', loaded, record)
    }),

    checkOf(['listByOwner'], 'changing what listByOwner gave out changes nothing in the store', async (subject) => {
      const { store, now } = subject
      const id = newId()
      const owner = newOwner()
      const record = newRecord(now(), { owner })
      await store.create(id, record)
      const infos = await store.listByOwner(owner)
      for (const info of infos) Object.assign(info, { id: 'x', owner: 'x', createdAt: 0, expiresAt: 0, meta: 'x' })
      infos.length = 0
      await expectStored(store, id, record)
      await expectListed(store, owner, [infoOf(id, record)], 'again')
    }),
  ],
}

function scribble(record: SessionRecord): void {
  Object.assign(record, { data: 'x', createdAt: 0, expiresAt: 0, owner: 'x', version: 99, meta: 'x' })
}
