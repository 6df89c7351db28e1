import { SessionConflictError, SessionStoreError } from '../errors.js'
import { BoundedMap } from '../store/bounded-map.js'
import type { SessionRecord, SessionStore } from '../store/store.js'
import { encodeBase64url } from './base64url.js'
import { noteIdOf } from './note-id.js'

/** As long as any cookie that is out there can live: 400 days, in milliseconds. */
const LIFE = 400 * 86_400_000
/** How many answers are remembered. */
const MAX_REMEMBERED = 100_000
/** How often a note is written again that others write at the same moment. */
const MAX_ATTEMPTS = 16
/** How long a session that has a new id is known as such, in milliseconds: as long as markers of stores on servers stay. */
const MARKER_LIFE = 30_000
/** How many new ids a sign-out follows. */
const MAX_NEW_IDS = 16

/** What a marker says of its session: nothing if it has ended, else by which one it was superseded. */
const ENDED = ''
const SUPERSEDED = 'superseded by '

/** What is noted of an owner. Times are milliseconds since the epoch. */
interface OwnerNote {
  /** Sessions that got their owner at this time or before have ended, but for `except`. */
  readonly time: number
  readonly except?: string | undefined
  /** Those up to this time have ended all the same. */
  readonly floor: number
}

interface Answer {
  readonly record: SessionRecord | undefined
  /** When it was so at the earliest, in milliseconds since the epoch. */
  readonly asked: number
}

/**
 * Which sessions that live in their cookies have ended: a marker for each id, and a time for each owner, as records of an
 * ordinary store that live as long as a cookie can.
 */
export class Revocations implements SessionStore {
  readonly #store: SessionStore
  readonly #maxStaleness: number
  readonly #now: () => number
  readonly #answers: BoundedMap<Answer> = new BoundedMap(MAX_REMEMBERED)
  /** Up to when sessions of an owner have ended, where this process has ended them. */
  readonly #ends: BoundedMap<number> = new BoundedMap(MAX_REMEMBERED)

  /** `maxStaleness` in seconds. */
  constructor(store: SessionStore, maxStaleness: number, now: () => number) {
    this.#store = store
    this.#maxStaleness = maxStaleness * 1000
    this.#now = now
  }

  /** What became of this session. Two look-ups at most, side by side. */
  async find(id: string, record: SessionRecord): Promise<'live' | 'ended' | 'superseded'> {
    const { owner } = record
    const ownerKey = owner === undefined ? undefined : await keyOf(owner)
    const [marker, ownerRecord] = await Promise.all([this.#lookUp(id), ownerKey && this.#lookUp(ownerKey)])
    if (marker !== undefined) return this.#isSuperseded(marker) ? 'superseded' : 'ended'
    return ownerKey !== undefined && ownerRecord && (await this.#isOwnerSignedOut(id, record, ownerKey, ownerRecord))
      ? 'ended'
      : 'live'
  }

  /**
   * When a session gets its owner that gets it now. A sign-in that follows a sign-out everywhere may do so in the same
   * millisecond, and is not meant.
   */
  ownerTime(owner: string): number {
    return Math.max(this.#now(), (this.#ends.get(owner) ?? -1) + 1)
  }

  /** The session goes on under the id of its successor. `false` if it has ended, which is asked afresh. */
  async supersede(id: string, record: SessionRecord, successor: string): Promise<boolean> {
    const ownerKey = record.owner === undefined ? undefined : await keyOf(record.owner)
    const ownerRecord = ownerKey && (await this.#lookUp(ownerKey, true))
    if (ownerKey && ownerRecord && (await this.#isOwnerSignedOut(id, record, ownerKey, ownerRecord))) return false
    return (await this.#mark(id, SUPERSEDED + successor)) || successorOf(await this.#lookUp(id, true)) !== undefined
  }

  /** Whether it has a new id since a moment ago. Later, who comes with the old one begins anew. */
  #isSuperseded(marker: SessionRecord): boolean {
    return successorOf(marker) !== undefined && this.#now() < marker.createdAt + MARKER_LIFE
  }

  async #isOwnerSignedOut(
    id: string,
    { meta }: SessionRecord,
    ownerKey: string,
    ownerRecord: SessionRecord,
  ): Promise<boolean> {
    const ownerAt = ownerTimeOf(meta)
    if (!isEnded(noteOf(ownerRecord), ownerAt, id)) {
      // An exception may have ended since.
      const isException = ownerAt <= noteOf(ownerRecord).time
      return isException && isEnded(noteOf(await this.#lookUp(ownerKey, true)), ownerAt, id)
    }
    return true
  }

  /** Ends the session of this id. Nobody knows whether there is one. */
  async delete(id: string): Promise<boolean> {
    // Where another process has ended it, this one may remember that it lives.
    if (!(await this.#mark(id, ENDED))) await this.#lookUp(id, true)
    return true
  }

  /** Ends a session that a request has found live. If it has got a new id since, the one under that id ends. */
  async end(id: string): Promise<boolean> {
    let next: string | undefined = id
    for (let i = 0; next !== undefined && i < MAX_NEW_IDS; i++) {
      if (await this.#mark(next, ENDED)) break
      next = successorOf(await this.#lookUp(next, true))
    }
    return true
  }

  /** `false` if there is a marker already. One that says that the session goes on elsewhere stays. */
  async #mark(id: string, data: string): Promise<boolean> {
    // A store that is eventually consistent may write over what is there.
    if (this.#store.consistency === 'eventual' && (await this.#lookUp(id, true)) !== undefined) return false
    const now = this.#now()
    const record = { data, createdAt: now, expiresAt: now + LIFE, owner: undefined, version: 1, meta: undefined }
    const isMarked = await this.#store.create(id, record)
    if (isMarked) this.#remember(id, record)
    return isMarked
  }

  /** Ends all sessions of this owner but `exceptId`. How many that are, nobody knows. */
  async deleteByOwner(owner: string, exceptId?: string): Promise<number> {
    const key = await keyOf(owner)
    await this.#endUntilNow(key, exceptId)
    // Once more: who looked before the first note was there, and went on under a new id, did so before this one.
    const end = await this.#endUntilNow(key, exceptId)
    // Another call may have been faster.
    this.#ends.set(owner, Math.max(end, this.#ends.get(owner) ?? end))
    return Number.NaN
  }

  async #endUntilNow(key: string, exceptId: string | undefined): Promise<number> {
    const now = this.#now()
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const known = await this.#store.load(key)
      const before = noteOf(known)
      const floor = before.except === exceptId ? before.floor : Math.max(before.floor, before.time)
      // Later than the last: what got its owner in between, in the same millisecond, was given a time after that.
      const time = Math.max(now, before.time + 1)
      const note: OwnerNote = { time, except: exceptId, floor: exceptId === undefined ? time : floor }
      const version = (known?.version ?? 0) + 1
      const record = {
        data: JSON.stringify(note),
        createdAt: now,
        expiresAt: now + LIFE,
        owner: undefined,
        version,
        meta: undefined,
      }
      const isWritten = known ? await this.#store.update(key, record) : await this.#store.create(key, record)
      if (!isWritten) continue
      this.#remember(key, record)
      return time
    }
    throw new SessionConflictError(MAX_ATTEMPTS)
  }

  async deleteExpired(now: number, limit: number): Promise<number> {
    return (await this.#store.deleteExpired?.(now, limit)) ?? 0
  }

  // Sessions are in their cookies: there is nothing to load or write here.
  load(): undefined {
    return undefined
  }
  create(): boolean {
    return false
  }
  update(): boolean {
    return false
  }
  touch(): boolean {
    return false
  }

  async #lookUp(key: string, isAfresh = false): Promise<SessionRecord | undefined> {
    const known = this.#answers.get(key)
    const asked = this.#now()
    // Nor is an answer fresh that comes from later: the clock has been set back.
    const isFresh = !isAfresh && known && asked >= known.asked && asked < known.asked + this.#maxStaleness
    if (isFresh) return known.record
    const record = (await this.#store.load(key)) ?? undefined
    const newest = this.#answers.get(key)
    // What this process has noted while the answer was under way.
    if (newest !== known && isNewer(newest?.record, record)) return newest?.record
    this.#remember(key, record, asked)
    return record
  }

  /** `asked`: before the answer was waited for, which may have taken its time. */
  #remember(key: string, record: SessionRecord | undefined, asked: number = this.#now()): void {
    this.#answers.delete(key)
    this.#answers.set(key, { record, asked })
  }
}

/** The id under which a session goes on. `undefined` if its marker says that it has ended, or there is none. */
function successorOf(marker: SessionRecord | undefined): string | undefined {
  return marker?.data.startsWith(SUPERSEDED) ? marker.data.slice(SUPERSEDED.length) : undefined
}

function isNewer(record: SessionRecord | undefined, than: SessionRecord | undefined): boolean {
  return (record?.version ?? 0) > (than?.version ?? 0)
}

function isEnded({ time, except, floor }: OwnerNote, ownerAt: number, id: string): boolean {
  return ownerAt <= floor || (ownerAt <= time && id !== except)
}

/** @throws SessionStoreError for what is no note: sessions that have ended must not live again because of it */
function noteOf(record: SessionRecord | undefined): OwnerNote {
  if (!record) return { time: 0, floor: 0 }
  try {
    const note = JSON.parse(record.data)
    // Neither is left out, and neither a text.
    if (Number.isFinite(note.time + note.floor)) return note
  } catch {}
  throw new SessionStoreError('load', new TypeError('the note of an owner is none of ours'))
}

/** When the session's owner was set: noted by core. A session without that note is older than every other. */
function ownerTimeOf(meta: string | undefined): number {
  return (meta && (JSON.parse(meta) as { ownerAt?: number }).ownerAt) || 0
}

/** Where the note of an owner is. There can be no marker of a session. */
async function keyOf(owner: string): Promise<string> {
  const text = new TextEncoder().encode(`fetch-sessions/v1/owner\n${owner}`)
  return noteIdOf(encodeBase64url(new Uint8Array(await crypto.subtle.digest('SHA-256', text))))
}
