import type { SessionRecord, StoredInfo } from '@fetch-sessions/core'
import type { KvEntry } from './database.js'

/** A session as it is stored. Its data takes as many bytes as it has in UTF-8, which Deno KV's own strings do not. */
export type StoredRecord = Omit<SessionRecord, 'data'> & { readonly data: Uint8Array | string }

/** What the owner index keeps of a session, so that a list needs no session. */
export type IndexedInfo = Pick<StoredInfo, 'createdAt' | 'expiresAt' | 'meta'>

export function encodeRecord(record: SessionRecord): StoredRecord {
  // UTF-8 has no lone surrogates.
  const isPlain = record.data.isWellFormed()
  return isPlain ? { ...record, data: new TextEncoder().encode(record.data) } : record
}

export function decodeRecord({ data, ...fields }: StoredRecord): SessionRecord {
  return {
    ...fields,
    data: typeof data === 'string' ? data : new TextDecoder('utf-8', { ignoreBOM: true }).decode(data),
  }
}

/** @throws Error if the entry is another key's than the one that was asked for */
export function expectKey(entry: KvEntry<unknown>, asked: readonly string[]): void {
  const isAsked = entry.key.length === asked.length && asked.every((part, i) => part === entry.key[i])
  if (isAsked) return
  throw new Error(
    'fetch-sessions: denoKvStore: the answer is about another key than was asked for, and nothing was taken from it. Check what stands ' +
      'between the store and the database.',
  )
}

/** The id in the last part of an entry's key. @throws Error if the key is not below the prefix that was asked for */
export function idBelow(entry: KvEntry<unknown>, prefix: readonly string[]): string {
  const id = String(entry.key.at(-1))
  expectKey(entry, [...prefix, id])
  return id
}
