import type { SessionRecord, StoredInfo, StoredPage } from '@fetch-sessions/core'
import { checkRow } from './answer-check.js'
import { ESCAPE, fromPlain, toPlain } from './plain-text.js'
import type { Row } from './sql-client.js'

/** How a cursor begins, before the id that the page ended with. */
const CURSOR = 'after:'

/** Between columns that are joined to one, and in the place of NULL: in no text of `toPlain`, whose escapes stand before digits. */
export const BETWEEN: string = `${ESCAPE}|`
export const NULL: string = `${ESCAPE}-`

/**
 * The columns that are joined in the one column of a row.
 *
 * @throws Error if it has others
 */
export function splitRow(row: Row): Row {
  checkRow(row, 1)
  return String(row[0])
    .split(BETWEEN)
    .map((text) => (text === NULL ? null : text))
}

/** Some clients give big integers as text or BigInt, as their user has set them up. */
export function recordOf([, version, data, createdAt, expiresAt, owner, meta]: Row): SessionRecord {
  return {
    data: fromPlain(String(data)),
    createdAt: Number(createdAt),
    expiresAt: Number(expiresAt),
    owner: textOrUndefined(owner),
    version: Number(version),
    meta: textOrUndefined(meta),
  }
}

export function infoOf([id, owner, createdAt, expiresAt, meta]: Row): StoredInfo {
  return {
    id: fromPlain(String(id)),
    owner: textOrUndefined(owner),
    createdAt: Number(createdAt),
    expiresAt: Number(expiresAt),
    meta: textOrUndefined(meta),
  }
}

/** A page of so many rows, in the order of their ids: a shorter one is the last. */
export function pageOf(rows: readonly Row[], limit: number): StoredPage {
  const entries = rows.map(infoOf)
  return { entries, cursor: entries.length < limit ? undefined : `${CURSOR}${entries.at(-1)?.id}` }
}

/** The id that the page before ended with, and an empty text before the first page. */
export function afterCursor(cursor: string | undefined): string {
  if (cursor === undefined) return ''
  if (cursor.startsWith(CURSOR)) return cursor.slice(CURSOR.length)
  throw new TypeError('fetch-sessions: list was given a cursor that this store has not given')
}

export function textOrNull(text: string | undefined): string | null {
  return text === undefined ? null : toPlain(text)
}

function textOrUndefined(value: unknown): string | undefined {
  return value === null || value === undefined ? undefined : fromPlain(String(value))
}

/** What a column of integers takes, of a clock that also has fractions of a millisecond. */
export function wholeMilliseconds(time: number): number {
  return Math.floor(time)
}
