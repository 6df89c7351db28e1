import type { Awaitable, SessionRecord, SessionStore, StoredInfo } from '@fetch-sessions/core'
import { type CheckGroup, check, checkOf } from './check.js'
import { expectFields, expectSame, expectStored, expectStoredOneOf } from './expectation.js'
import { infoOf, newId, newOwner, newRecord, nextOf } from './sample.js'

interface Visitor {
  readonly id: string
  readonly owner: string
  readonly record: SessionRecord
}

const VISITORS = 12
const ROUNDS = 6

/** What holds though the client gives each answer to another call. Any call may throw then, and none may believe. */
export const mixedAnswerChecks: CheckGroup = {
  name: 'answers that a client has mixed up',
  checks: [
    check('no load gives another session’s record', async (subject) => {
      const { store, now, mixAnswers } = subject
      const visitors = await arrive(store, now())
      mixAnswers(true)
      for (let round = 0; round < ROUNDS; round++) {
        const answers = await everyone(visitors, ({ id }) => store.load(id))
        for (const [i, { record }] of visitors.entries()) {
          const loaded = answers[i]
          if (loaded !== undefined && !isFailure(loaded)) expectFields('load', loaded, record)
        }
      }
    }),

    check('nothing is stored under the wrong id, whatever is read, changed and written', async (subject) => {
      const { store, now, mixAnswers } = subject
      const visitors = await arrive(store, now())
      const newcomers = Array.from({ length: ROUNDS }, newId)
      mixAnswers(true)
      for (let round = 0; round < ROUNDS; round++) {
        const arriving = attempt(() => store.create(newcomers[round] ?? '', newRecord(now(), { data: 'newcomer' })))
        await everyone(visitors, async ({ id }, i) => {
          const loaded = await store.load(id)
          if (loaded === undefined) return
          if (i % 4 === 3) await store.touch(id, loaded.expiresAt + 1, loaded.version)
          else await store.update(id, nextOf(loaded, { data: `${loaded.data}+` }))
        })
        await arriving
      }
      mixAnswers(false)
      for (const { id, owner, record } of visitors) {
        const stored = await store.load(id)
        expectSame('owner', stored?.owner, owner)
        expectSame('meta', stored?.meta, record.meta)
        expectSame('the beginning of data', stored?.data.replace(/\+*$/, ''), record.data)
      }
      for (const id of newcomers) {
        const stored = await store.load(id)
        if (stored !== undefined) expectSame('data of a newcomer', stored.data, 'newcomer')
      }
    }),

    check('a delete removes its own session and no other', async ({ store, now, mixAnswers }) => {
      const visitors = await arrive(store, now())
      const leaving = visitors.filter((_, i) => i % 2 === 0)
      mixAnswers(true)
      await everyone(visitors, ({ id }, i) => (i % 2 === 0 ? store.delete(id) : store.load(id)))
      mixAnswers(false)
      for (const visitor of visitors) {
        await expectStored(store, visitor.id, leaving.includes(visitor) ? undefined : visitor.record, 'afterwards')
      }
    }),

    check('no update of a version that is not there gives true', async (subject) => {
      const { store, now, mixAnswers } = subject
      const visitors = await arrive(store, now())
      mixAnswers(true)
      // Half of them are of a version that is not there: if they believed the others, they would take it for written.
      const answers = await everyone(visitors, ({ id, record }, i) =>
        store.update(id, { ...record, data: `update ${i}`, version: i % 2 === 0 ? 2 : 9 }),
      )
      mixAnswers(false)
      for (const [i, { id, record }] of visitors.entries()) {
        const isLate = i % 2 === 1
        if (isLate) expectSame('an update of another version gave true', answers[i] === true, false)
        const updated = { ...record, data: `update ${i}`, version: 2 }
        if (isLate) await expectStored(store, id, record, 'afterwards')
        else await expectStoredOneOf(store, id, [record, updated])
      }
    }),

    checkOf(['listByOwner'], 'no list shows another owner’s sessions', async ({ store, now, mixAnswers }) => {
      const visitors = await arrive(store, now())
      mixAnswers(true)
      for (let round = 0; round < ROUNDS; round++) {
        const answers = await everyone(visitors, async ({ id, owner }, i): Promise<StoredInfo[]> => {
          if (i % 3 !== 0) return store.listByOwner(owner)
          await store.load(id)
          return []
        })
        for (const [i, { id, record }] of visitors.entries()) {
          const infos = answers[i] ?? []
          if (isFailure(infos)) continue
          for (const info of infos) expectFields('listByOwner', info, infoOf(id, record))
        }
      }
    }),

    checkOf(['deleteByOwner'], 'a deleteByOwner that gives an answer has left none behind', async (subject) => {
      const { store, now, mixAnswers } = subject
      const visitors = await arrive(store, now())
      mixAnswers(true)
      const answers = await everyone(visitors, ({ id, owner }, i) =>
        i % 3 === 0 ? store.load(id) : store.deleteByOwner(owner),
      )
      mixAnswers(false)
      for (const [i, { id, record }] of visitors.entries()) {
        const isThere = (await store.load(id)) !== undefined
        if (i % 3 === 0) await expectStored(store, id, record, 'of another owner')
        else if (typeof answers[i] === 'number') expectSame('the session is there', isThere, false)
      }
    }),
  ],
}

/** Visitors with a session each, no field of which is equal. */
async function arrive(store: SessionStore, now: number): Promise<Visitor[]> {
  const visitors = Array.from({ length: VISITORS }, (_, i): Visitor => {
    const owner = newOwner()
    const record = newRecord(now, { data: `visitor ${i} ${newId()}`, createdAt: now - i, owner, meta: `note ${i}` })
    return { id: newId(), owner, record: { ...record, expiresAt: record.expiresAt + i * 1000 } }
  })
  for (const { id, record } of visitors) await store.create(id, record)
  return visitors
}

/** All at the same moment. What a store throws is its right. */
function everyone<Answer>(
  visitors: readonly Visitor[],
  visit: (visitor: Visitor, index: number) => Awaitable<Answer>,
): Promise<(Answer | Failure)[]> {
  return Promise.all(visitors.map((visitor, i) => attempt(() => visit(visitor, i))))
}

/** That a call failed, in contrast to what it answered. */
class Failure {
  readonly isFailure = true
}

function isFailure(answer: unknown): answer is Failure {
  return answer instanceof Failure
}

async function attempt<Answer>(call: () => Awaitable<Answer>): Promise<Answer | Failure> {
  try {
    return await call()
  } catch {
    return new Failure()
  }
}
