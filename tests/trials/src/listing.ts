import { createHash } from 'node:crypto'
import { SessionManager, type SessionRecord } from '@fetch-sessions/core'
import { SECRET } from './apps.js'
import type { OpenedStore } from './stores.js'

/** Writes under way at once while the sessions are listed. */
const WRITERS = 4
/** Of as many sessions one may be deleted while they are listed, another one is updated, a third one touched. */
const OF = 10

/** What a listing came to. */
export interface Listed {
  /** The sessions that were there all the time, and how many of them came just once. */
  stayed: number
  once: number
  /** Ids that came more than once, or that nobody had stored. */
  wrong: number
  pages: number
  ms: number
  /** What others wrote meanwhile. */
  writes: Record<'created' | 'updated' | 'touched' | 'deleted', number>
}

/** The `n`th session, of one of as many owners, each with ten of them. */
export const idOf = (n: number): string => createHash('sha256').update(String(n)).digest('base64url')

export const recordOf = (n: number): SessionRecord => ({
  data: `{"userId":"user-${Math.floor(n / 10)}","count":7}`,
  createdAt: Date.now(),
  expiresAt: Date.now() + 86_400_000,
  owner: `user-${Math.floor(n / 10)}`,
  version: 1,
})

/**
 * Lists a store that has the sessions from 0 to `sessions`, page by page, by turns at each of `listers`, while `writer`
 * creates, updates, touches and deletes sessions. All three kinds of change fall on sessions all over the order of the ids.
 */
export async function listWhileOthersWrite(
  listers: readonly OpenedStore[],
  { store }: OpenedStore,
  sessions: number,
  limit: number,
): Promise<Listed> {
  const managers = listers.map((lister) => new SessionManager({ store: lister.store, secret: SECRET }))
  const writes: Listed['writes'] = { created: 0, updated: 0, touched: 0, deleted: 0 }
  let isOver = false
  let turn = 0
  let nextNew = 0
  const write = async (): Promise<void> => {
    while (!isOver) {
      // One of four kinds, at a place that is far from the one before.
      const kind = turn % 4
      const n = ((turn++ * 7919) % (sessions / OF)) * OF + kind
      const record = kind === 1 || kind === 2 ? await store.load(idOf(n)) : undefined
      if (kind === 0 && (await store.delete(idOf(n)))) writes.deleted++
      if (kind === 1 && record && (await store.update(idOf(n), { ...record, version: record.version + 1 })))
        writes.updated++
      if (kind === 2 && record && (await store.touch(idOf(n), Date.now() + 86_400_000, record.version)))
        writes.touched++
      const created = sessions + (kind === 3 ? nextNew++ : 0)
      if (kind === 3 && (await store.create(idOf(created), recordOf(created)))) writes.created++
    }
  }
  const writing = Array.from({ length: WRITERS }, write)

  const started = performance.now()
  const times = new Map<string, number>()
  let cursor: string | undefined
  let pages = 0
  do {
    const manager = managers[pages % managers.length] as SessionManager
    const page = await manager.list({ limit, ...(cursor !== undefined && { cursor }) })
    for (const { id } of page.sessions) times.set(id, (times.get(id) ?? 0) + 1)
    cursor = page.cursor
    pages++
  } while (cursor !== undefined)
  const ms = Math.round(performance.now() - started)
  isOver = true
  await Promise.all(writing)

  let stayed = 0
  let once = 0
  for (let n = 0; n < sessions; n++) {
    if (n % OF === 0) continue
    stayed++
    if (times.get(idOf(n)) === 1) once++
  }
  const known = new Set(Array.from({ length: sessions + nextNew }, (_, n) => idOf(n)))
  const wrong = [...times].filter(([id, count]) => count > 1 || !known.has(id)).length
  return { stayed, once, wrong, pages, ms, writes }
}

export function tellListed(store: string, { stayed, once, wrong, pages, ms, writes }: Listed): string {
  const { created, updated, touched, deleted } = writes
  return `${store}: ${once} of ${stayed} sessions listed once on ${pages} pages in ${ms} ms, ${wrong} wrong, while others created ${created}, updated ${updated}, touched ${touched} and deleted ${deleted}`
}
