import type { StoredInfo } from '@fetch-sessions/core'
import { faulty, findFaults, refuse } from '../test/fault.js'
import { EXPIRED_BY_FRACTIONS, TO_THE_END } from '../test/names.js'
import { expiryChecks } from './expiry-checks.js'

findFaults(
  [expiryChecks],
  {
    'a lifetime has to be positive': faulty(
      (right, now) => ({
        create: (id, record) => (record.expiresAt > now() ? right.create(id, record) : refuse()),
        touch: (id, expiresAt, version) => (expiresAt > now() ? right.touch(id, expiresAt, version) : refuse()),
      }),
      'a record that is past its expiry when it is created is no error, and there or not',
      'a touch or an update to a moment that is past is no error',
    ),
    'the store’s own lifetime is set at creation and stays': faulty((right, now) => {
      const deadlines = new Map<string, number>()
      return {
        create: (id, record) => right.create(id, record) && deadlines.set(id, record.expiresAt).has(id),
        load: (id) => (now() < (deadlines.get(id) ?? 0) ? right.load(id) : undefined),
      }
    }, 'a session outlives the expiry it was created with when touch or update has moved it'),
    'the store’s own lifetime is too short': faulty(
      (right, now) => ({
        load(id) {
          const record = right.load(id)
          return record && now() < record.expiresAt - 2000 ? record : undefined
        },
      }),
      'a session that expires is there until then, and there or gone afterwards',
    ),
    'deleteExpired is off by one millisecond': faulty(
      (right) => ({ deleteExpired: (at, limit) => right.deleteExpired(at - 1, limit) }),
      'deleteExpired removes those that expire at `now` or before, and no other',
    ),
    'deleteExpired goes by the clock and not by `now`': faulty(
      (right, now) => ({ deleteExpired: (_, limit) => right.deleteExpired(now(), limit) }),
      'deleteExpired removes those that expire at `now` or before, and no other',
    ),
    'deleteExpired takes one too many': faulty(
      (right) => ({ deleteExpired: (at, limit) => right.deleteExpired(at, limit + 1) }),
      'deleteExpired removes at most `limit` and says how many',
    ),
    'deleteExpired gives the driver’s answer for nothing': faulty(
      (right) => ({ deleteExpired: (at, limit) => right.deleteExpired(at, limit) || (undefined as never) }),
      'deleteExpired of an empty store gives 0',
    ),
    'touch does not reach what deleteExpired goes by': faulty((right) => {
      const deadlines = new Map<string, number>()
      return {
        create: (id, record) => right.create(id, record) && deadlines.set(id, record.expiresAt).has(id),
        deleteExpired: (at, limit) =>
          [...deadlines].filter(([id, deadline]) => deadline <= at && right.delete(id)).slice(0, limit).length,
      }
    }, 'deleteExpired goes by the expiry that touch or update has moved'),
    'deleteExpired leaves the owner index as it is': faulty((right) => {
      const index: StoredInfo[] = []
      return {
        create(id, record) {
          const { owner, createdAt, expiresAt } = record
          index.push({ id, owner, createdAt, expiresAt })
          return right.create(id, record)
        },
        listByOwner: (owner) => index.filter((info) => info.owner === owner),
      }
    }, 'what deleteExpired removed is no longer listed'),
  },
  [TO_THE_END, EXPIRED_BY_FRACTIONS],
)
