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
  for (const [field, text] of Object.entries({ data, owner, meta })) {
    if (text !== undefined && !isWellFormed(text)) {
      throw new TypeError(
        `fetch-sessions: a session’s ${field} holds half a character (a lone surrogate): mend that text`,
      )
    }
  }
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

/** Whether the text has no half of a pair of surrogates, which UTF-8 can't write. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text)
}
