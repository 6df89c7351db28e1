import { MemoryStore, type SessionRecord, type StoredInfo } from '@fetch-sessions/core'
import { faulty, findFaults, refuse } from '../test/fault.js'
import { LONG } from '../test/names.js'
import { ownerChecks } from './owner-checks.js'
import { storeWideChecks } from './store-wide-checks.js'

findFaults(
  [ownerChecks, storeWideChecks],
  {
    'the owner index is written at creation and never again': faulty(
      (right) => {
        const index: StoredInfo[] = []
        return {
          create(id, record) {
            const { owner, createdAt, expiresAt } = record
            index.push({ id, owner, createdAt, expiresAt })
            return right.create(id, record)
          },
          listByOwner: (owner) => index.filter((info) => info.owner === owner),
        }
      },
      'listByOwner follows update: a new owner, none, one again',
      'listByOwner tells the expiry that touch has moved',
      'listByOwner lists no deleted session',
      'listByOwner lists no expired session',
      'listByOwner goes by what was written, not by a write that gave false',
      'what deleteExpired removed is no longer listed',
      'what deleteByOwner removed is no longer listed',
      'a cleared store lists nobody’s sessions',
    ),
    'the owner index is written before the record': faulty((right) => {
      const owners = new Map<string, Set<string>>()
      const note = (id: string, { owner = '' }: SessionRecord) =>
        owners.set(owner, (owners.get(owner) ?? new Set()).add(id))
      return {
        create: (id, record) => note(id, record) && right.create(id, record),
        update: (id, record) => note(id, record) && right.update(id, record),
        listByOwner: (owner) =>
          [...(owners.get(owner) ?? [])].flatMap((id) => {
            const record = right.load(id)
            return record ? [{ id, owner, createdAt: record.createdAt, expiresAt: record.expiresAt }] : []
          }),
      }
    }, 'listByOwner goes by what was written, not by a write that gave false'),
    'the owner index forgets nobody when the owner is taken away': faulty((right) => {
      const owners = new Map<string, string>()
      return {
        create: (id, record) => right.create(id, record) && owners.set(id, record.owner ?? '').has(id),
        update(id, record) {
          if (record.owner !== undefined) owners.set(id, record.owner)
          return right.update(id, record)
        },
        listByOwner: (owner) =>
          [...owners].flatMap(([id, value]) => {
            const record = right.load(id)
            if (value !== owner || record === undefined) return []
            return [{ id, owner, createdAt: record.createdAt, expiresAt: record.expiresAt, meta: record.meta }]
          }),
      }
    }, 'a session that is replaced by a marker without data and owner leaves its owner’s list'),
    'meta is listed as it was at creation': faulty((right) => {
      const metas = new Map<string, string | undefined>()
      return {
        create: (id, record) => right.create(id, record) && metas.set(id, record.meta).has(id),
        listByOwner: (owner) => right.listByOwner(owner).map((info) => ({ ...info, meta: metas.get(info.id) })),
      }
    }, 'listByOwner tells the meta that update has written'),
    'an empty data means that there is nothing': faulty(
      (right) => ({
        update(id, record) {
          return record.data === '' ? right.delete(id) : right.update(id, record)
        },
      }),
      'a session that is replaced by a marker without data and owner leaves its owner’s list',
    ),
    'listByOwner gives nothing at all for an unknown owner': faulty(
      (right) => ({
        listByOwner(owner) {
          const infos = right.listByOwner(owner)
          return infos.length > 0 ? infos : (undefined as never)
        },
      }),
      'listByOwner gives an empty list for an unknown owner',
    ),
    'listByOwner gives the data away': faulty(
      (right) => ({
        listByOwner: (owner) => right.listByOwner(owner).map((info) => ({ ...info, ...right.load(info.id) })),
      }),
      'listByOwner gives id, owner, times and meta of each of the owner’s sessions',
    ),
    'owners are compared without case and blanks': faulty(
      (right) => {
        const plain = (owner: string) => owner.trim().toLowerCase()
        return {
          create: (id, { owner, ...record }) =>
            right.create(id, { ...record, owner: owner === undefined ? undefined : plain(owner) }),
          listByOwner: (owner) => right.listByOwner(plain(owner)).map((info) => ({ ...info, owner })),
          deleteByOwner: (owner, exceptId) => right.deleteByOwner(plain(owner), exceptId),
        }
      },
      'owners are compared letter by letter, and nothing in them is a pattern',
      'deleteByOwner takes nothing in an owner for a pattern',
    ),
    'deleteByOwner takes the owner for the beginning of one': faulty(
      (right) => {
        const owners = new Set<string>()
        return {
          create(id, record) {
            if (record.owner !== undefined) owners.add(record.owner)
            return right.create(id, record)
          },
          deleteByOwner: (owner, exceptId) =>
            [...owners]
              .filter((other) => other.startsWith(owner))
              .reduce((count, other) => count + right.deleteByOwner(other, exceptId), 0),
        }
      },
      'deleteByOwner removes all sessions of the owner and says how many',
      'deleteByOwner takes nothing in an owner for a pattern',
    ),
    'deleteByOwner gives the driver’s answer for nothing': faulty(
      (right) => ({ deleteByOwner: (owner, exceptId) => right.deleteByOwner(owner, exceptId) || (undefined as never) }),
      'deleteByOwner of an unknown owner gives 0',
    ),
    'deleteByOwner spares nothing': faulty(
      (right) => ({ deleteByOwner: (owner) => right.deleteByOwner(owner) }),
      'deleteByOwner spares `exceptId`, and counts it not',
    ),
    'deleteByOwner goes by the owner at creation': faulty((right) => {
      const created = new Map<string, string | undefined>()
      return {
        create: (id, record) => right.create(id, record) && created.set(id, record.owner).has(id),
        deleteByOwner: (owner, exceptId) =>
          [...created].filter(([id, first]) => first === owner && id !== exceptId && right.delete(id)).length,
      }
    }, 'deleteByOwner goes by the owner that update has set'),
    'deleteByOwner removes what was there when it looked': faulty(
      (right) => ({
        async deleteByOwner(owner, exceptId) {
          const ids = right.listByOwner(owner).map(({ id }) => id)
          await new Promise((resolve) => setTimeout(resolve))
          return ids.filter((id) => id !== exceptId && right.delete(id)).length
        },
      }),
      'deleteByOwner also removes what a session is replaced by while it runs',
    ),
    'clear does nothing': faulty(
      () => ({ clear() {} }),
      'clear removes every session',
      'a cleared store lists nobody’s sessions',
    ),
    'clear fails if there is nothing': faulty(
      (right) => ({
        clear() {
          if (right.size === 0) refuse()
          right.clear()
        },
      }),
      'clear of an empty store is no error',
    ),
    'clear takes the table along': faulty((right) => {
      let exists = true
      return {
        clear() {
          right.clear()
          exists = false
        },
        create: (id, record) => exists && right.create(id, record),
      }
    }, 'a cleared store takes new sessions'),
    'a clock with fractions is an error': {
      open() {
        const right = new MemoryStore()
        return { store: Object.assign(right, { useClock: (now: () => number) => void BigInt(now()) }) }
      },
      foundBy: ['a store takes a clock that has fractions'],
    },
    'useClock takes the place of a clock given directly': faulty((right, now) => {
      let clock = now
      return {
        useClock(later) {
          clock = later
        },
        listByOwner: (owner) => right.listByOwner(owner).filter(({ expiresAt }) => clock() < expiresAt),
      }
    }, 'useClock sets the clock of a store that was given none directly'),
  },
  [LONG],
)
