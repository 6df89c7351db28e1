import type { SessionRecord, SessionStore, StoredInfo } from '@fetch-sessions/core'
import { faulty, findFaults, refuse } from '../test/fault.js'
import { ILL_FORMED } from '../test/names.js'
import { isolationChecks } from './isolation-checks.js'
import { textChecks } from './text-checks.js'

findFaults(
  [isolationChecks, textChecks],
  {
    'records are shared with the caller': faulty(
      () => {
        const records = new Map<string, SessionRecord>()
        const store: SessionStore = {
          load: (id) => records.get(id),
          create: (id, record) => !records.has(id) && records.set(id, record).has(id),
          update: (id, record) => records.get(id)?.version === record.version - 1 && records.set(id, record).has(id),
          touch: (id, expiresAt) =>
            records.has(id) && Object.assign(records.get(id) ?? {}, { expiresAt }).expiresAt > 0,
          delete: (id) => records.delete(id),
        }
        return store
      },
      'changing a record after create took it changes nothing in the store',
      'changing a record after update took it changes nothing in the store',
      'changing a record that load gave out changes nothing in the store',
      'the store changes no record that it was handed or gave out',
    ),
    'a list is kept and handed out again': faulty(
      (right) => {
        const lists = new Map<string, StoredInfo[]>()
        return {
          listByOwner: (owner) => lists.get(owner) ?? lists.set(owner, right.listByOwner(owner)).get(owner) ?? [],
        }
      },
      'changing what listByOwner gave out changes nothing in the store',
      'listByOwner follows update: a new owner, none, one again',
      'listByOwner lists no deleted session',
    ),
    'an empty text is taken for a missing one': faulty(
      (right) => ({
        load(id) {
          const record = right.load(id)
          return record?.data ? record : undefined
        },
      }),
      'an empty text stays an empty text, which is not a missing one',
    ),
    'texts lose their blanks at the ends': faulty(
      (right) => ({ create: (id, record) => right.create(id, { ...record, data: record.data.trim() }) }),
      'texts of any script, quotes, escapes and line ends come back unchanged',
    ),
    'texts are parsed': faulty(
      (right) => ({
        load(id) {
          const record = right.load(id)
          return record && (/^\d+$/.test(record.data) ? { ...record, data: Number(record.data) as never } : record)
        },
      }),
      'a text that looks like a number or like JSON stays that text',
    ),
    'data is cut off at 64 KiB': faulty(
      (right) => ({ create: (id, record) => right.create(id, { ...record, data: record.data.slice(0, 65_536) }) }),
      'data of the greatest length the store promises comes back whole',
    ),
    'ids are compared without case': faulty(
      (right) => ({
        create: (id, record) => right.create(id.toLowerCase(), record),
        load: (id) => right.load(id.toLowerCase()),
      }),
      'ids that differ only in case, or in - and _, are different sessions',
    ),
    'an id with a leading dash is taken for an option': faulty(
      (right) => ({ create: (id, record) => (id.startsWith('-') ? refuse() : right.create(id, record)) }),
      'an id may be any 43 characters of its alphabet',
    ),
    'owners are cut off': faulty(
      (right) => ({ create: (id, record) => right.create(id, { ...record, owner: record.owner?.slice(0, 191) }) }),
      'an owner may be 255 characters long',
    ),
    'times are kept in seconds': faulty(
      (right) => ({
        create: (id, record) => right.create(id, { ...record, expiresAt: Math.floor(record.expiresAt / 1000) * 1000 }),
      }),
      'times are kept to the millisecond, 400 days from now and long ago',
    ),
  },
  [ILL_FORMED],
)
