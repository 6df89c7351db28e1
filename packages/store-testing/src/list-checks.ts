import type { SessionRecord, SessionStore, StoredInfo } from '@fetch-sessions/core'
import { type CheckGroup, checkOf } from './check.js'
import { expectFields, expectSame, expectSameSet, expectStored } from './expectation.js'
import { infoOf, newId, newOwner, newRecord, nextOf } from './sample.js'

type Listing = SessionStore & Required<Pick<SessionStore, 'list'>>
type Session = readonly [id: string, record: SessionRecord]

/** How many pages a listing may take at most, for so few sessions: a cursor that leads in a circle ends here. */
const MAX_PAGES = 1000

/** Texts that no store gives as a cursor. */
const FOREIGN_CURSORS = ['no cursor of this store', '', '-1', '%', "'; --", '{"id":1}', '\ud800', 'é'.repeat(300)]

export const listChecks: CheckGroup = {
  name: 'lists of all sessions',
  checks: [
    checkOf(['list'], 'list of an empty store ends without any entry', async ({ store, now }) => {
      expectSame('entries', (await listAll(store, 10, now())).length, 0)
    }),

    checkOf(
      ['list'],
      'list gives id, owner, times and meta of each session, on one page or on many',
      async (subject) => {
        const { store, now } = subject
        const sessions = await createSome(store, now(), 7)
        for (const limit of [100, 8, 7, 6, 3, 2, 1]) await expectList(store, limit, now(), sessions, `by ${limit}`)
      },
    ),

    checkOf(['list'], 'list gives at most `limit` entries at once', async ({ store, now }) => {
      await createSome(store, now(), 12)
      for (const limit of [1, 2, 5, 11]) {
        const pages = await pagesOf(store, limit, now())
        for (const page of pages) expectSame(`by ${limit}: a page is too long`, page.length > limit, false)
      }
    }),

    checkOf(['list'], 'list follows update, touch and delete', async ({ store, now }) => {
      const [[touched, first], [updated, second], [deleted]] = await createSome(store, now(), 3)
      const later = { ...first, expiresAt: first.expiresAt + 60_000 }
      await store.touch(touched, later.expiresAt, 1)
      const newer = nextOf(second, { owner: newOwner(), meta: 'newer', expiresAt: second.expiresAt + 1 })
      await store.update(updated, newer)
      await store.delete(deleted)
      const expected: Session[] = [
        [touched, later],
        [updated, newer],
      ]
      await expectList(store, 1, now(), expected, 'by 1')
      await expectList(store, 10, now(), expected, 'by 10')
    }),

    checkOf(['list'], 'list goes by `now`: what has expired is not listed', async ({ store, now }) => {
      const at = now() + 1_800_000
      const sessions = [-60_000, -1, 0, 1, 60_000].map(
        (offset): Session => [newId(), newRecord(now(), { expiresAt: at + offset })],
      )
      for (const [id, record] of sessions) await store.create(id, record)
      const live = sessions.filter(([, { expiresAt }]) => expiresAt > at)
      for (const limit of [1, 2, 100]) await expectList(store, limit, at, live, `by ${limit}`)
      await expectList(store, 2, at + 60_000, [], 'when all have expired')
    }),

    checkOf(['list'], 'list takes a clock that has fractions', async ({ store, now }) => {
      const sessions = await createSome(store, now(), 1)
      const [[, { expiresAt }]] = sessions
      await expectList(store, 3, expiresAt - 0.25, sessions, 'before the expiry')
      await expectList(store, 3, expiresAt + 0.75, [], 'after the expiry')
    }),

    checkOf(['list'], 'many that have expired hide none that lives', async ({ store, now }) => {
      const at = now() + 1_800_000
      const live = await createSome(store, now(), 3)
      const expired = newRecord(now(), { expiresAt: at })
      await Promise.all(Array.from({ length: 60 }, async () => store.create(newId(), expired)))
      await expectList(store, 2, at, live, 'by 2')
    }),

    checkOf(
      ['list'],
      'a listing shows each session that lives all the time once, whatever is written',
      async (subject) => {
        const { store, now } = subject
        const steady = await createSome(store, now(), 25)
        const doomed = await createSome(store, now(), 10)
        const listed: StoredInfo[] = []
        let cursor: string | undefined
        for (let page = 0; page < MAX_PAGES; page++) {
          const { entries, cursor: next } = await store.list(cursor, 3, now())
          listed.push(...entries)
          cursor = next
          if (cursor === undefined) break
          const isListed = ([id]: Session): boolean => listed.some((info) => info.id === id)
          await disturb(store, now(), steady, doomed, isListed)
        }
        expectSame('the cursor after many pages', cursor, undefined)
        const steadyIds = steady.map(([id]) => id)
        expectSameSet(
          'ids of the sessions that lived all the time',
          listed.map(({ id }) => id).filter((id) => steadyIds.includes(id)),
          steadyIds,
        )
      },
    ),

    checkOf(['list'], 'a cursor stays good when the session that it stopped at is deleted', async ({ store, now }) => {
      const sessions = new Map(await createSome(store, now(), 9))
      const seen = new Set<string>()
      let cursor: string | undefined
      for (let page = 0; page < MAX_PAGES; page++) {
        const { entries, cursor: next } = await store.list(cursor, 2, now())
        for (const { id } of entries) {
          seen.add(id)
          await store.delete(id)
        }
        cursor = next
        if (cursor === undefined) break
      }
      expectSame('the cursor after many pages', cursor, undefined)
      expectSameSet('ids', [...seen], [...sessions.keys()])
    }),

    checkOf(['list'], 'two listings at the same time do not disturb each other', async ({ store, now }) => {
      const sessions = await createSome(store, now(), 12)
      await Promise.all([5, 2, 1].map((limit) => expectList(store, limit, now(), sessions, `by ${limit}`)))
    }),

    checkOf(['list'], 'a cursor that the store did not give is an error', async ({ store, now }) => {
      await createSome(store, now(), 2)
      for (const cursor of FOREIGN_CURSORS) {
        const answer = await attempt(() => store.list(cursor, 10, now()))
        expectSame(`list after the cursor ${JSON.stringify(cursor.slice(0, 30))} throws`, answer, 'thrown')
      }
    }),

    checkOf(['list'], 'changing what list gave out changes nothing in the store', async ({ store, now }) => {
      const sessions = await createSome(store, now(), 3)
      const { entries } = await store.list(undefined, 10, now())
      for (const info of entries) Object.assign(info, { id: 'x', owner: 'x', createdAt: 0, expiresAt: 0, meta: 'x' })
      entries.length = 0
      for (const [id, record] of sessions) await expectStored(store, id, record)
      await expectList(store, 10, now(), sessions, 'again')
    }),

    checkOf(['list', 'clear'], 'a cleared store lists nothing', async ({ store, now }) => {
      await createSome(store, now(), 4)
      await store.clear()
      await expectList(store, 3, now(), [], 'after clear')
    }),

    checkOf(['list', 'deleteByOwner'], 'what deleteByOwner removed is not in the list of all', async (subject) => {
      const { store, now } = subject
      const sessions = await createSome(store, now(), 4)
      const [, removed] = sessions[0]
      await store.deleteByOwner(removed.owner ?? '')
      await expectList(store, 2, now(), sessions.slice(1), 'after deleteByOwner')
    }),
  ],
}

/** So many sessions, each different in every field; every third has no owner and no meta. */
async function createSome(store: SessionStore, now: number, count: number): Promise<[Session, Session, Session]> {
  const sessions = Array.from({ length: count }, (_, i): Session => {
    const fields = i % 3 === 2 ? {} : { owner: newOwner(), meta: `note ${i}` }
    const record = newRecord(now, { createdAt: now - i, data: `session ${i}`, ...fields })
    return [newId(), { ...record, expiresAt: record.expiresAt + i }]
  })
  for (const [id, record] of sessions) expectSame('create', await store.create(id, record), true)
  return sessions as [Session, Session, Session]
}

/**
 * What others do between two pages: of those that were listed some go, which shifts all behind them; else one comes; and
 * those that stay are used.
 */
async function disturb(
  store: SessionStore,
  now: number,
  steady: readonly Session[],
  doomed: Session[],
  isListed: (session: Session) => boolean,
): Promise<void> {
  const gone = doomed.filter(isListed)
  for (const session of gone) {
    await store.delete(session[0])
    doomed.splice(doomed.indexOf(session), 1)
  }
  if (gone.length === 0) await store.create(newId(), newRecord(now))
  for (const [i, [id]] of steady.slice(0, 6).entries()) {
    const record = await store.load(id)
    if (record === undefined) throw new Error('load: a session that nobody deleted is gone')
    const expiresAt = record.expiresAt + 1000
    if (i % 2 === 0) await store.touch(id, expiresAt, record.version)
    else await store.update(id, nextOf(record, { data: `${record.data} again`, expiresAt }))
  }
}

async function pagesOf(store: Listing, limit: number, now: number): Promise<StoredInfo[][]> {
  const pages: StoredInfo[][] = []
  let cursor: string | undefined
  while (pages.length < MAX_PAGES) {
    const page = await store.list(cursor, limit, now)
    pages.push(page.entries)
    cursor = page.cursor
    if (cursor === undefined) return pages
  }
  throw new Error(`list: no end after ${MAX_PAGES} pages`)
}

async function listAll(store: Listing, limit: number, now: number): Promise<StoredInfo[]> {
  return (await pagesOf(store, limit, now)).flat()
}

/** Throws unless following the cursor gives exactly these sessions, each once. */
async function expectList(
  store: Listing,
  limit: number,
  now: number,
  sessions: readonly Session[],
  when: string,
): Promise<void> {
  const infos = await listAll(store, limit, now)
  expectSameSet(
    `list ${when}: ids`,
    infos.map(({ id }) => id),
    sessions.map(([id]) => id),
  )
  for (const [id, record] of sessions) {
    const info = infos.find((info) => info.id === id)
    expectFields(`list ${when}`, info, infoOf(id, record))
  }
}

async function attempt(call: () => unknown): Promise<'answered' | 'thrown'> {
  try {
    await call()
    return 'answered'
  } catch {
    return 'thrown'
  }
}
