import type { MemoryStore, SessionRecord, SessionStore, StoredInfo } from '@fetch-sessions/core'
import { type Fault, faulty, findFaults } from '../test/fault.js'
import { APART, EXPIRED_BY_FRACTIONS, ILL_FORMED, LONG, ON_AND_ON, TO_THE_END, UNCHANGED } from '../test/names.js'

/** A right store, but for what becomes of its texts on their way in. */
function texts(change: (text: string) => string, ...foundBy: string[]): Fault {
  return fields(
    ({ data, owner, meta, ...rest }) => {
      const changed = { ...rest, data: change(data), owner: owner === undefined ? undefined : change(owner) }
      return meta === undefined ? changed : { ...changed, meta: change(meta) }
    },
    ...foundBy,
  )
}

/** A right store, but for what becomes of a record on its way in. */
function fields(change: (record: SessionRecord) => SessionRecord, ...foundBy: string[]): Fault {
  return faulty(
    (right) => ({
      create: (id, record) => right.create(id, change(record)),
      update: (id, record) => right.update(id, { ...change(record), version: record.version }),
    }),
    ...foundBy,
  )
}

/** A right store, but owners are the same if this is. */
function owners(keyOf: (owner: string) => string, ...foundBy: string[]): Fault {
  return faulty(
    (right) => {
      const known = new Set<string>()
      const note = ({ owner }: SessionRecord): true => known.add(owner ?? '') && true
      const same = (owner: string) => [...known].filter((one) => keyOf(one) === keyOf(owner))
      return {
        create: (id, record) => note(record) && right.create(id, record),
        update: (id, record) => note(record) && right.update(id, record),
        listByOwner: (owner) => same(owner).flatMap((one) => right.listByOwner(one)),
        deleteByOwner: (owner, exceptId) =>
          same(owner).reduce((count, one) => count + right.deleteByOwner(one, exceptId), 0),
      }
    },
    ...foundBy,
  )
}

const infos = (right: MemoryStore, change: (info: StoredInfo) => StoredInfo): Partial<SessionStore> => ({
  listByOwner: (owner) => right.listByOwner(owner).map(change),
  list(...page) {
    const { entries, cursor } = right.list(...page)
    return { entries: entries.map(change), cursor }
  },
})

findFaults([], {
  'owners are cut at 255 characters': fields(
    ({ owner, ...record }) => ({ ...record, owner: owner?.slice(0, 255) }),
    LONG,
  ),
  'owners are compared by their first 200 characters': owners((owner) => owner.slice(0, 200), LONG),
  'owners are compared without zero-width characters': owners(
    (owner) => owner.replace(/[\u200b-\u200d\u2060\ufeff]/g, ''),
    APART,
  ),
  'zero-width characters are dropped': texts((text) => text.replace(/\u200b|\u200c|\u200d|\u2060/g, ''), UNCHANGED),
  'a text ends at NUL': texts((text) => text.split('\0', 1)[0] ?? '', UNCHANGED),
  'owners are compared up to NUL': owners((owner) => owner.split('\0', 1)[0] ?? '', APART),
  'a byte order mark is dropped': texts((text) => text.replace(/^\ufeff/, ''), UNCHANGED),
  'halves of surrogate pairs are replaced': texts((text) => text.replace(/\p{Surrogate}/gu, '\ufffd'), ILL_FORMED),
  'versions wrap at 255': faulty((right) => {
    const wrap = (version: number) => ((version - 1) % 255) + 1
    return {
      update: (id, record) => {
        const stored = right.load(id)
        if (stored === undefined || wrap(stored.version) !== wrap(record.version - 1)) return false
        return right.update(id, { ...record, version: stored.version + 1 })
      },
      load(id) {
        const record = right.load(id)
        return record && { ...record, version: wrap(record.version) }
      },
    }
  }, ON_AND_ON),
  'versions are compared as bytes': faulty(
    (right) => ({
      touch(id, expiresAt, version) {
        const stored = right.load(id)?.version
        return stored !== undefined && stored % 256 === version % 256 && right.touch(id, expiresAt, stored)
      },
    }),
    ON_AND_ON,
  ),
  'lifetimes are floored to whole seconds': faulty((right, now) => {
    const ends = new Map<string, number>()
    const note = (id: string, expiresAt: number): true =>
      ends.set(id, now() + Math.floor((expiresAt - now()) / 1000) * 1000) && true
    return {
      create: (id, record) => note(id, record.expiresAt) && right.create(id, record),
      load: (id) => (now() < (ends.get(id) ?? 0) ? right.load(id) : undefined),
    }
  }, TO_THE_END),
  'a touch floors the lifetime to whole seconds': faulty((right, now) => {
    const ends = new Map<string, number>()
    return {
      touch(id, expiresAt, version) {
        ends.set(id, now() + Math.floor((expiresAt - now()) / 1000) * 1000)
        return right.touch(id, expiresAt, version)
      },
      load: (id) => (now() < (ends.get(id) ?? Infinity) ? right.load(id) : undefined),
    }
  }, TO_THE_END),
  'texts are normalized': texts((text) => text.normalize('NFC'), UNCHANGED),
  'owners are compared by what they look like': owners((owner) => owner.normalize('NFKC'), APART),
  'line ends become those of the system': texts((text) => text.replace(/\r\n/g, '\n'), UNCHANGED),
  'controls are taken out': texts(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these characters are the point
    (text) => text.replace(/[\x01-\x08\x0e-\x1f]/g, ''),
    UNCHANGED,
  ),
  'createdAt is kept in seconds': fields(
    (record) => ({ ...record, createdAt: Math.round(record.createdAt / 1000) * 1000 }),
    'times are kept to the millisecond, 400 days from now and long ago',
  ),
  'a clock with fractions is an error for deleteExpired': faulty(
    (right) => ({
      deleteExpired: (now, limit) => right.deleteExpired(Number(BigInt(now)), limit),
    }),
    EXPIRED_BY_FRACTIONS,
  ),
  'a clock with fractions is an error for list': faulty(
    (right) => ({ list: (cursor, limit, now) => right.list(cursor, limit, Number(BigInt(now))) }),
    'list takes a clock that has fractions',
  ),
  'a touch is not held to the version': faulty(
    (right) => ({ touch: (id, expiresAt) => right.touch(id, expiresAt, right.load(id)?.version ?? 0) }),
    'touch of an older version gives false and writes nothing',
    'touch of a newer version gives false and writes nothing',
  ),
  'a touch is held to older versions only': faulty(
    (right) => ({
      touch(id, expiresAt, version) {
        const stored = right.load(id)?.version ?? Infinity
        return version >= stored && right.touch(id, expiresAt, stored)
      },
    }),
    'touch of a newer version gives false and writes nothing',
  ),
  'lists say nothing of meta': faulty(
    (right) => infos(right, ({ meta, ...info }) => info),
    'listByOwner gives id, owner, times and meta of each of the owner’s sessions',
    'list gives id, owner, times and meta of each session, on one page or on many',
  ),
  'lists tell createdAt for expiresAt': faulty(
    (right) => infos(right, (info) => ({ ...info, expiresAt: info.createdAt })),
    'listByOwner tells the expiry that touch has moved',
    'list follows update, touch and delete',
  ),
  'an owner that is taken away stays': faulty(
    (right) => ({
      update: (id, record) => right.update(id, { ...record, owner: record.owner ?? right.load(id)?.owner }),
    }),
    'a session that is replaced by a marker without data and owner leaves its owner’s list',
  ),
})
