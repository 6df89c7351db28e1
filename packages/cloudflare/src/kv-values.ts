import type { SessionRecord, StoredInfo } from '@fetch-sessions/core'

/** A session's record, and until when KV keeps it, in milliseconds since the epoch. */
export interface KeptRecord {
  readonly record: SessionRecord
  readonly keepUntil: number
}

/** The last use of a session, for the version that was used. */
export interface NotedUse {
  readonly version: number
  readonly expiresAt: number
}

/** That a session is over. With a record, that is what is left of it. */
export interface NotedEnd {
  readonly record: SessionRecord | undefined
}

/** KV keeps at most this much metadata of a key, in bytes of JSON. */
const MAX_METADATA = 1024

/** The value under a session's key is none of ours. `delete` removes it all the same. */
export class ForeignValueError extends Error {
  constructor(id: string) {
    super(
      `fetch-sessions: kvStore: the value under the key of session ${id} was not written by this store. The store's own ` +
        '`delete(id)` removes it. Let nothing else write keys that begin with the prefix of the store.',
    )
  }
}

/**
 * One line of JSON and then the data as it is, which takes no more bytes than it has. Each value says whose it is, and
 * none has the form of another kind, so that none is taken for what it is not.
 */
export function writeRecord(id: string, { record, keepUntil }: KeptRecord): string {
  const { data, ...fields } = record
  // UTF-8 has no lone surrogates, but JSON can name them.
  const isPlain = data.isWellFormed()
  const head = JSON.stringify({ ...fields, id, keepUntil, isPlain })
  return `${head}\n${isPlain ? data : JSON.stringify(data)}`
}

export function readRecord(id: string, text: string): KeptRecord {
  const end = text.indexOf('\n')
  const head = fieldsOf(id, text.slice(0, Math.max(end, 0)))
  const body = text.slice(end + 1)
  const data = head.isPlain === true ? body : parse(id, body)
  return { record: recordOf(id, { ...head, data }), keepUntil: numberOf(id, head.keepUntil) }
}

/** The record, if the value is one of ours. */
export function ownRecord(id: string, text: string): SessionRecord | undefined {
  try {
    return readRecord(id, text).record
  } catch (error) {
    if (error instanceof ForeignValueError) return undefined
    throw error
  }
}

export function writeUse(id: string, { version, expiresAt }: NotedUse): string {
  return JSON.stringify({ id, version, expiresAt })
}

export function readUse(id: string, text: string): NotedUse {
  const { version, expiresAt } = fieldsOf(id, text)
  return { version: numberOf(id, version), expiresAt: numberOf(id, expiresAt) }
}

export function writeEnd(id: string, { record }: NotedEnd): string {
  return JSON.stringify({ id, ended: true, record })
}

export function readEnd(id: string, text: string): NotedEnd {
  const { ended, record } = fieldsOf(id, text)
  if (ended !== true) throw new ForeignValueError(id)
  return { record: isObject(record) ? recordOf(id, record) : undefined }
}

/** What a list needs of a session, if it fits into the metadata of a key. */
export function metadataOf({ createdAt, expiresAt, owner, version, meta }: SessionRecord): object | undefined {
  const metadata = { createdAt, expiresAt, owner, version, meta }
  return new TextEncoder().encode(JSON.stringify(metadata)).length <= MAX_METADATA ? metadata : undefined
}

/** `undefined`: it did not fit, so that the record has to be asked. */
export function infoOf(id: string, metadata: unknown): (StoredInfo & NotedUse) | undefined {
  if (!isObject(metadata)) return undefined
  const { createdAt, expiresAt, owner, version, meta } = metadata
  const areTimes = typeof createdAt === 'number' && typeof expiresAt === 'number' && typeof version === 'number'
  if (!areTimes || !isTextOrMissing(owner) || !isTextOrMissing(meta)) return undefined
  return { id, owner, createdAt, expiresAt, meta, version }
}

/** @throws Error if the value is another session's, or none of ours */
function fieldsOf(id: string, text: string): Record<string, unknown> {
  const fields = parse(id, text)
  if (!isObject(fields) || typeof fields.id !== 'string') throw new ForeignValueError(id)
  if (fields.id !== id)
    throw new Error(
      `fetch-sessions: kvStore: asked for session ${id}, the answer is about another one, and nothing was taken from it. Check ` +
        'what stands between the store and the namespace, such as a cache of your own.',
    )
  return fields
}

function recordOf(
  id: string,
  { data, createdAt, expiresAt, owner, version, meta }: Record<string, unknown>,
): SessionRecord {
  const areTexts = typeof data === 'string' && isTextOrMissing(owner) && isTextOrMissing(meta)
  if (!areTexts) throw new ForeignValueError(id)
  return {
    data,
    createdAt: numberOf(id, createdAt),
    expiresAt: numberOf(id, expiresAt),
    owner,
    version: numberOf(id, version),
    meta,
  }
}

/** Without the message of the parser, which quotes what it could not read. */
function parse(id: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new ForeignValueError(id)
  }
}

function numberOf(id: string, value: unknown): number {
  if (typeof value !== 'number') throw new ForeignValueError(id)
  return value
}

function isTextOrMissing(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string'
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
