import type { SessionRecord, StoredInfo } from '@fetch-sessions/core'
import { mark } from './reply.js'

type Fields = (string | undefined)[]

/** The fields of a session's hash that make its record, as `recordOf` takes them. */
export const RECORD_FIELDS: readonly string[] = ['version', 'createdAt', 'expiresAt', 'owner', 'meta', 'data']

/** The fields of a session's hash that make a line of a list, as `infoOf` takes them. */
export const INFO_FIELDS: readonly string[] = ['version', 'createdAt', 'expiresAt', 'owner', 'meta']

/** The record of the fields' values; `undefined` if there is none. */
export function recordOf([version, createdAt, expiresAt, owner, meta, data]: Fields): SessionRecord | undefined {
  if (version === undefined || createdAt === undefined || expiresAt === undefined || data === undefined) {
    return undefined
  }
  const record = { data, createdAt: Number(createdAt), expiresAt: Number(expiresAt), owner, version: Number(version) }
  return meta === undefined ? record : { ...record, meta }
}

/** The line of a list; `undefined` if there is no session. */
export function infoOf(id: string, [version, createdAt, expiresAt, owner, meta]: Fields): StoredInfo | undefined {
  if (version === undefined || createdAt === undefined || expiresAt === undefined) return undefined
  return { id, owner, createdAt: Number(createdAt), expiresAt: Number(expiresAt), meta }
}

/**
 * What CREATE and UPDATE take first. `lifetime` is in milliseconds from now.
 *
 * @throws TypeError if a text is not well-formed, since Redis would keep another one
 */
export function argumentsOf(record: SessionRecord, lifetime: string, indexedUntil: number | undefined): string[] {
  const { version, data, createdAt, expiresAt, owner, meta } = record
  checkText('data', data)
  checkText('owner', owner)
  checkText('meta', meta)
  return [
    String(version),
    data,
    String(createdAt),
    String(expiresAt),
    mark(owner),
    mark(meta),
    indexedUntil === undefined ? '' : String(indexedUntil),
    lifetime,
  ]
}

/** UTF-8 can't write half of a pair of surrogates. */
function checkText(field: string, text: string | undefined): void {
  if (text === undefined || text.isWellFormed()) return
  throw new TypeError(`fetch-sessions: a session’s ${field} holds half a character (a lone surrogate): mend that text`)
}
