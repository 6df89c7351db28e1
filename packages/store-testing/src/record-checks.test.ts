import { faulty, findFaults, refuse } from '../test/fault.js'
import { ON_AND_ON } from '../test/names.js'
import { recordChecks } from './record-checks.js'
import { updateChecks } from './update-checks.js'

findFaults(
  [recordChecks, updateChecks],
  {
    'load throws for what is not there': faulty(
      (right) => ({ load: (id) => right.load(id) ?? refuse() }),
      'load of an unknown id gives undefined',
    ),
    'update creates what is not there': faulty(
      (right) => ({
        update: (id, record) => right.update(id, record) || (!right.load(id) && right.create(id, record)),
      }),
      'update of an unknown id gives false and creates nothing',
      'a deleted session is brought back neither by update nor by touch',
      'an update at the moment of a delete never leaves the record',
      'clear removes every session',
    ),
    'touch creates what is not there': faulty(
      (right, now) => ({
        touch: (id, expiresAt, version) =>
          right.touch(id, expiresAt, version) ||
          right.create(id, { data: '', createdAt: now(), expiresAt, owner: undefined, version: 1 }),
      }),
      'touch of an unknown id gives false and creates nothing',
      'a deleted session is brought back neither by update nor by touch',
      'a session that expires is there until then, and there or gone afterwards',
    ),
    'delete throws for what is not there': faulty(
      (right) => ({ delete: (id) => right.delete(id) || refuse() }),
      'delete of an unknown id gives false and is no error',
    ),
    'delete always gives true': faulty(
      (right) => ({
        delete(id) {
          right.delete(id)
          return true
        },
      }),
      'delete gives true once, then false, and the record is gone',
      'of 20 parallel deletes of one id exactly one gives true',
    ),
    'delete takes along the other sessions of the owner': faulty(
      (right) => ({
        delete: (id) => right.delete(id) && right.deleteByOwner('') === 0,
        touch(id, expiresAt, version) {
          const owner = right.load(id)?.owner
          if (owner !== undefined) for (const info of right.listByOwner(owner)) right.touch(info.id, expiresAt, 1)
          return right.touch(id, expiresAt, version)
        },
      }),
      'what is done to one session leaves the others alone',
    ),
    'create writes no meta': faulty(
      (right) => ({ create: (id, { meta, ...record }) => right.create(id, record) }),
      'create gives true, and load gives the record back, field by field',
    ),
    'a missing owner becomes null': faulty(
      (right) => ({
        load(id) {
          const record = right.load(id)
          return record && { ...record, owner: record.owner ?? (null as never) }
        },
      }),
      'create keeps a record without owner and without meta as it is',
    ),
    'create overwrites': faulty(
      (right) => ({
        create(id, record) {
          right.delete(id)
          return right.create(id, record)
        },
      }),
      'create with an id that exists gives false and writes nothing',
      'of 20 parallel creates of one id exactly one gives true, and its record is kept',
    ),
    'update keeps createdAt': faulty(
      (right) => ({
        update: (id, record) => right.update(id, { ...record, createdAt: right.load(id)?.createdAt ?? 0 }),
      }),
      'update over the version before gives true and replaces every field',
    ),
    'update merges': faulty(
      (right) => ({ update: (id, record) => right.update(id, { ...right.load(id), ...record }) }),
      'update adds, changes and removes owner and meta',
    ),
    'expiry only moves later': faulty(
      (right) => {
        const latest = (id: string, expiresAt: number) => Math.max(expiresAt, right.load(id)?.expiresAt ?? 0)
        return {
          update: (id, record) => right.update(id, { ...record, expiresAt: latest(id, record.expiresAt) }),
          touch: (id, expiresAt, version) => right.touch(id, latest(id, expiresAt), version),
        }
      },
      'update moves expiresAt earlier as well as later',
      'touch moves expiresAt later and earlier, and nothing else',
      'deleteExpired goes by the expiry that touch or update has moved',
    ),
    'update does not look at the version': faulty(
      (right) => ({ update: (id, record) => right.delete(id) && right.create(id, record) }),
      'update from an older version gives false and writes nothing',
      'update from a newer version gives false and writes nothing',
      'of 20 parallel updates of one version exactly one gives true, and its record is kept',
      'of 50 parallel increments, each a load and an update until it gives true, none is lost',
    ),
    'update compares versions as texts': faulty(
      (right) => ({
        update: (id, record) => String(record.version) > String(right.load(id)?.version) && right.update(id, record),
      }),
      'update counts versions as numbers: 9 to 10, 10 to 11',
    ),
    'touch does not look at the version': faulty(
      (right) => ({
        touch(id, expiresAt) {
          const version = right.load(id)?.version
          return version !== undefined && right.touch(id, expiresAt, version)
        },
      }),
      'touch of an older version gives false and writes nothing',
      'touch of a newer version gives false and writes nothing',
      'a touch prepared before an update of another writer gives false, one of its version true',
      'a touch at the moment of an update comes before it, or gives false and changes nothing',
    ),
    'touch writes and then looks at the version': faulty(
      (right) => ({
        touch(id, expiresAt, version) {
          const stored = right.load(id)?.version
          return stored !== undefined && right.touch(id, expiresAt, stored) && stored === version
        },
      }),
      'touch of an older version gives false and writes nothing',
      'touch of a newer version gives false and writes nothing',
    ),
    'touch goes by the version that comes next': faulty(
      (right) => ({ touch: (id, expiresAt, version) => right.touch(id, expiresAt, version - 1) }),
      'touch moves expiresAt later and earlier, and nothing else',
    ),
    'touch makes a new version': faulty(
      (right) => ({
        touch(id, expiresAt) {
          const record = right.load(id)
          return record !== undefined && right.update(id, { ...record, expiresAt, version: record.version + 1 })
        },
      }),
      'touch makes no new version: an update prepared before it still applies',
    ),
  },
  [ON_AND_ON],
)
