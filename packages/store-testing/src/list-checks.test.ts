import type { StoredInfo, StoredPage } from '@fetch-sessions/core'
import { faulty, findFaults } from '../test/fault.js'
import { listChecks } from './list-checks.js'

/** Turns all that a right store lists into what a faulty one does. */
function ofAll(
  list: (cursor: string | undefined, limit: number, now: number) => StoredPage,
): (now: number) => StoredInfo[] {
  return (now) => list(undefined, 1_000_000, now).entries
}

/** A page of a list by position, as `LIMIT … OFFSET …` has it. */
function byOffset(all: readonly StoredInfo[], cursor: string | undefined, limit: number): StoredPage {
  const offset = Number(cursor ?? 0)
  if (!(offset >= 0)) throw new Error('no such cursor')
  const next = offset + limit
  return { entries: all.slice(offset, next), cursor: next < all.length ? String(next) : undefined }
}

findFaults([listChecks], {
  'pages go by position, and what is deleted shifts them': faulty(
    (right) => {
      const all = ofAll((...page) => right.list(...page))
      return { list: (cursor, limit, now) => byOffset(all(now), cursor, limit) }
    },
    'a listing shows each session that lives all the time once, whatever is written',
    'a cursor stays good when the session that it stopped at is deleted',
  ),

  'pages go by expiry, which a touch moves': faulty(
    (right) => {
      const all = ofAll((...page) => right.list(...page))
      return {
        list(cursor, limit, now) {
          const later = all(now)
            .sort((a, b) => a.expiresAt - b.expiresAt)
            .filter(({ expiresAt }) => cursor === undefined || expiresAt > Number(cursor))
          const entries = later.slice(0, limit)
          return { entries, cursor: later.length > limit ? String(entries.at(-1)?.expiresAt) : undefined }
        },
      }
    },
    'a listing shows each session that lives all the time once, whatever is written',
    'a cursor that the store did not give is an error',
  ),

  'the store itself notes how far a listing has come': faulty((right) => {
    let position: string | undefined
    return {
      list(cursor, limit, now) {
        const page = right.list(cursor === undefined ? undefined : position, limit, now)
        position = page.cursor
        return page
      },
    }
  }, 'two listings at the same time do not disturb each other'),

  'one page is all there is': faulty(
    (right) => ({ list: (...page) => ({ ...right.list(...page), cursor: undefined }) }),
    'list gives id, owner, times and meta of each session, on one page or on many',
  ),

  'meta is left out': faulty(
    (right) => ({
      list(...page) {
        const { entries, cursor } = right.list(...page)
        return { entries: entries.map(({ meta, ...info }) => info), cursor }
      },
    }),
    'list gives id, owner, times and meta of each session, on one page or on many',
    'list follows update, touch and delete',
  ),

  'a page is as long as it likes': faulty(
    (right) => ({ list: (cursor, limit, now) => right.list(cursor, limit + 1, now) }),
    'list gives at most `limit` entries at once',
  ),

  'expired sessions are listed': faulty(
    (right) => ({ list: (cursor, limit) => right.list(cursor, limit, 0) }),
    'list goes by `now`: what has expired is not listed',
  ),

  'the clock is asked instead of `now`': faulty(
    (right, now) => ({ list: (cursor, limit) => right.list(cursor, limit, now()) }),
    'list goes by `now`: what has expired is not listed',
  ),

  'a page of expired sessions ends the listing': faulty(
    (right) => ({
      list(cursor, limit, now) {
        const page = right.list(cursor, limit, 0)
        const entries = page.entries.filter(({ expiresAt }) => expiresAt > now)
        return { entries, cursor: entries.length === 0 ? undefined : page.cursor }
      },
    }),
    'many that have expired hide none that lives',
  ),

  'an empty store has a page more': faulty(
    (right) => ({
      list(...page) {
        const { entries, cursor } = right.list(...page)
        return entries.length > 0 ? { entries, cursor } : { entries: [undefined as never], cursor }
      },
    }),
    'list of an empty store ends without any entry',
  ),

  'any cursor will do': faulty(
    (right) => ({
      list(cursor, limit, now) {
        try {
          return right.list(cursor, limit, now)
        } catch {
          return right.list(undefined, limit, now)
        }
      },
    }),
    'a cursor that the store did not give is an error',
  ),

  'entries are kept and handed out again': faulty((right) => {
    const kept = new Map<string, StoredInfo>()
    const keep = (info: StoredInfo) => {
      if (!kept.has(info.id)) kept.set(info.id, info)
      return kept.get(info.id) ?? info
    }
    return {
      list(...page) {
        const { entries, cursor } = right.list(...page)
        return { entries: entries.map((info) => keep(info)), cursor }
      },
    }
  }, 'changing what list gave out changes nothing in the store'),

  'a list of its own is written at creation and never again': faulty(
    (right) => {
      const index: StoredInfo[] = []
      return {
        create(id, record) {
          const { owner, createdAt, expiresAt, meta } = record
          if (right.create(id, record)) index.push({ id, owner, createdAt, expiresAt, meta })
          return right.load(id) !== undefined
        },
        list: (cursor, limit) => byOffset(index, cursor, limit),
      }
    },
    'list follows update, touch and delete',
    'a cleared store lists nothing',
    'what deleteByOwner removed is not in the list of all',
  ),

  'a clock with fractions is an error': faulty(
    (right) => ({ list: (cursor, limit, now) => right.list(cursor, limit, Number(BigInt(now))) }),
    'list takes a clock that has fractions',
  ),
})
