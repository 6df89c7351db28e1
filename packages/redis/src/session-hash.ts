import type { SessionRecord } from '@fetch-sessions/core'
import { mark } from './reply.js'

/** The fields of a session's hash that make its record, as `recordOf` takes them. */
export const RECORD_FIELDS: string[] = ['version', 'data', 'createdAt', 'expiresAt', 'owner', 'meta']

/** The record of the fields' values; `undefined` if there is none. */
export function recordOf([version, data, createdAt, expiresAt, owner, meta]: (string | undefined)[]):
  | SessionRecord
  | undefined {
  if (version === undefined || data === undefined) return undefined
  const record = { data, createdAt: Number(createdAt), expiresAt: Number(expiresAt), owner, version: Number(version) }
  return meta === undefined ? record : { ...record, meta }
}

/** What CREATE and UPDATE take first. `lifetime` is in milliseconds from now. */
export function argumentsOf(record: SessionRecord, lifetime: string, indexedUntil: number | undefined): string[] {
  const { version, data, createdAt, expiresAt, owner, meta } = record
  return [
    String(version),
    data,
    String(createdAt),
    String(expiresAt),
    mark(owner),
    mark(meta),
    mark(indexedUntil?.toString()),
    lifetime,
  ]
}
