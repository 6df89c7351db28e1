import type { SessionRecord } from '@fetch-sessions/core'

/**
 * The record in what the storage gave. `undefined` if it is not a record: a file that another process is in the middle
 * of writing reads as an empty or broken text.
 *
 * @throws the value if it is an error: the `fs` driver returns what it could not read as one, rather than throwing
 */
export function recordOf(value: unknown): SessionRecord | undefined {
  if (value instanceof Error) throw value
  if (!isRecord(value)) return undefined
  const { data, createdAt, expiresAt, owner, version, meta } = value
  const record = { data, createdAt, expiresAt, owner, version }
  return meta === undefined ? record : { ...record, meta }
}

/** JSON has no `undefined`: an owner of `undefined` comes back as a missing one. */
function isRecord(value: unknown): value is SessionRecord {
  const record = value as SessionRecord | null | undefined
  return typeof record?.data === 'string' && typeof record.version === 'number'
}
