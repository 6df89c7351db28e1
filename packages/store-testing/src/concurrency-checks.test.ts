import type { SessionRecord, StoredInfo } from '@fetch-sessions/core'
import { type Fault, faulty, findFaults } from '../test/fault.js'
import { LastWriterStore } from '../test/last-writer-store.js'
import { concurrencyChecks } from './concurrency-checks.js'
import { lastWriterChecks } from './last-writer-checks.js'
import { parallelChecks } from './parallel-checks.js'

/** Writes a record field by field, and not always in the same order. */
function writeBitByBit(records: Map<string, SessionRecord>): (id: string, record: SessionRecord) => Promise<boolean> {
  let writes = 0
  return async (id, record) => {
    const fields = Object.entries(record)
    for (let i = 0, start = writes++; i < fields.length; i++) {
      const [field, value] = fields[(i + start) % fields.length] ?? []
      records.set(id, { ...(records.get(id) ?? record), [field ?? '']: value })
      await undefined
    }
    return true
  }
}

/** A store that keeps a record's fields apart, like a hash that is written with several commands. */
const bitByBit: Fault = faulty(
  () => {
    const records = new Map<string, SessionRecord>()
    const write = writeBitByBit(records)
    return {
      atomic: false,
      load: (id) => records.get(id) && { ...(records.get(id) as SessionRecord) },
      create: (id, record) => write(id, record),
      update: (id, record) => write(id, record),
      async touch(id, expiresAt) {
        const record = records.get(id)
        await undefined
        return record !== undefined && write(id, { ...record, expiresAt })
      },
      delete: (id) => records.delete(id),
    }
  },
  'parallel creates of one id leave one of their records, whole, and its create gave true',
  'parallel updates of one version leave one of their records, whole, and its update gave true',
  'a touch at the moment of an update leaves the record before or after the update, whole',
)

findFaults([parallelChecks, concurrencyChecks, lastWriterChecks], {
  'a store that reads, decides and writes calls itself atomic': {
    open: () => ({ store: new LastWriterStore(true) }),
    foundBy: [
      'of 20 parallel creates of one id exactly one gives true, and its record is kept',
      'of 20 parallel updates of one version exactly one gives true, and its record is kept',
      'of 20 parallel deletes of one id exactly one gives true',
      'of 50 parallel increments, each a load and an update until it gives true, none is lost',
      'an update at the moment of a delete never leaves the record',
      'a touch at the moment of a delete never leaves the record',
      'a touch at the moment of an update comes before it, or gives false and changes nothing',
    ],
  },

  'all sessions are one value, which is read, changed and written': faulty(
    () => {
      let all: Record<string, SessionRecord> = {}
      const change = async (id: string, next: (record: SessionRecord | undefined) => SessionRecord | undefined) => {
        const { [id]: record, ...others } = all
        await undefined
        const changed = next(record)
        all = changed === undefined ? others : { ...others, [id]: changed }
        return record !== undefined
      }
      return {
        load: (id) => all[id],
        create: async (id, record) => !(await change(id, () => record)),
        update: (id, record) => change(id, () => record),
        touch: (id, expiresAt) => change(id, (record) => record && { ...record, expiresAt }),
        delete: (id) => change(id, () => undefined),
      }
    },
    '100 sessions that are created in parallel are all there',
    'parallel updates, touches and deletes of different sessions do not mix',
  ),

  'the owner index is written before the record': faulty((right) => {
    const index: StoredInfo[] = []
    const note = (id: string, { owner, createdAt, expiresAt }: SessionRecord) =>
      index.push({ id, owner, createdAt, expiresAt })
    return {
      create: (id, record) => note(id, record) > 0 && right.create(id, record),
      update: (id, record) => note(id, record) > 0 && right.update(id, record),
      listByOwner: (owner) => index.filter((info) => info.owner === owner),
    }
  }, 'parallel updates to different owners leave it with the one who won'),

  'deleteByOwner passes over what has changed since it looked': faulty(
    (right) => ({
      async deleteByOwner(owner, exceptId) {
        const seen = right.listByOwner(owner).map(({ id }) => ({ id, version: right.load(id)?.version }))
        await undefined
        return seen.filter(
          ({ id, version }) => id !== exceptId && right.load(id)?.version === version && right.delete(id),
        ).length
      },
    }),
    'deleteByOwner also removes the sessions that are updated or touched at that moment',
  ),

  'deleteByOwner drops the whole index of the owner': faulty((right) => {
    const dropped = new Set<string>()
    return {
      async deleteByOwner(owner, exceptId) {
        const ids = right.listByOwner(owner).map(({ id }) => id)
        await undefined
        for (const { id } of right.listByOwner(owner)) if (id !== exceptId) dropped.add(id)
        return ids.filter((id) => id !== exceptId && right.delete(id)).length
      },
      listByOwner: (owner) => right.listByOwner(owner).filter(({ id }) => !dropped.has(id)),
    }
  }, 'a session created at the moment of deleteByOwner is there and listed, or neither'),

  'fields are written one by one': bitByBit,

  'the last writer wins even over a delete': faulty(
    (right) => ({
      atomic: false,
      update: (id, record) => right.update(id, record) || right.create(id, record),
    }),
    'after an update or a touch at the moment of a delete, the next delete is final',
  ),
})
