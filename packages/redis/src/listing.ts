import type { RedisDriver } from './driver.js'
import { markedText, markedTexts, unexpected } from './reply.js'
import { MEET, SCAN } from './scripts.js'

/** How many keys one SCAN looks at. */
const COUNT = 1000

/** How many ids are kept at least when all keys were looked at, and of how many listings. */
const KEPT_IDS = 10_000
const KEPT_LISTINGS = 8

/** An id of a session. */
const ID = /^[\w-]{43}$/

const CURSOR = /^([\w-]{43})\.([\w-]{36})$/

/** The ids that come next in a listing, in their order, and whether they are the last. */
interface Stretch {
  ids: string[]
  isLast: boolean
}

export interface IdPage {
  ids: string[]
  cursor: string | undefined
}

/**
 * All ids, page by page, in their order. SCAN gives keys in an order of its own, may give one twice, and can't be
 * continued where others write. So all keys are looked at, and the smallest ids behind the cursor's are kept here for the
 * pages to come: a listing of a million sessions in pages of a hundred looks at all keys a hundred times. The cursor
 * names the id that it stopped at and the listing, so that any other process goes on as well, by looking at all keys.
 *
 * What lives all the time is in each look, and each id is on one page only.
 */
export class Listing {
  readonly #driver: RedisDriver
  readonly #prefix: string
  readonly #stretches: Map<string, Stretch> = new Map()

  constructor(driver: RedisDriver, prefix: string) {
    this.#driver = driver
    this.#prefix = prefix
  }

  /** @throws Error if the cursor is none that this gave */
  async page(cursor: string | undefined, limit: number): Promise<IdPage> {
    const [, after = '', listing = crypto.randomUUID()] = CURSOR.exec(cursor ?? '') ?? []
    if (cursor !== undefined && after === '') {
      throw new Error('fetch-sessions: the cursor is none that redisStore gave: leave it out to begin anew')
    }
    let stretch = this.#rest(listing, after)
    if (stretch.ids.length < limit && !stretch.isLast) {
      stretch = await this.#look(after, Math.max(limit, KEPT_IDS))
    }
    this.#keep(listing, stretch)
    const ids = stretch.ids.slice(0, limit)
    const isEnd = stretch.isLast && ids.length === stretch.ids.length
    if (isEnd) this.#stretches.delete(listing)
    return { ids, cursor: isEnd ? undefined : `${ids.at(-1)}.${listing}` }
  }

  #rest(listing: string, after: string): Stretch {
    const { ids, isLast } = this.#stretches.get(listing) ?? { ids: [], isLast: false }
    return { ids: ids.filter((id) => id > after), isLast }
  }

  #keep(listing: string, stretch: Stretch): void {
    this.#stretches.delete(listing)
    this.#stretches.set(listing, stretch)
    for (const oldest of this.#stretches.keys()) {
      if (this.#stretches.size <= KEPT_LISTINGS) break
      this.#stretches.delete(oldest)
    }
  }

  async #look(after: string, count: number): Promise<Stretch> {
    let found: string[] = []
    let isLast = true
    let last: string | undefined
    const cut = () => {
      found = [...new Set(found)].sort()
      if (found.length <= count) return
      isLast = false
      found.length = count
      last = found.at(-1)
    }
    for await (const names of namesOf(this.#driver, this.#prefix)) {
      for (const name of names) {
        if (name <= after || !isId(name)) continue
        if (last === undefined || name < last) found.push(name)
      }
      if (found.length > 2 * count) cut()
    }
    cut()
    return { ids: found, isLast }
  }
}

export function isId(name: string): boolean {
  return ID.test(name)
}

/** What stands behind the prefix in the keys of every master, page by page. A name may come twice. */
export async function* namesOf(driver: RedisDriver, prefix: string): AsyncGenerator<string[]> {
  for (const master of await mastersOf(driver, prefix)) {
    const start = master.keyPrefix + prefix
    for (let cursor = '0', isFirst = true; isFirst || cursor !== '0'; isFirst = false) {
      const page = await keysOf(master, cursor, start, prefix)
      if (page.keys.some((key) => !key.startsWith(start))) throw unexpected()
      cursor = page.cursor
      yield page.keys.map((key) => key.slice(start.length))
    }
  }
}

async function mastersOf(driver: RedisDriver, prefix: string): Promise<RedisDriver[]> {
  if (driver.masters === undefined) return [driver]
  // A client of a cluster may know its masters only when it has sent something.
  await MEET.run(driver, prefix, prefix, [])
  return driver.masters()
}

async function keysOf(
  master: RedisDriver,
  cursor: string,
  start: string,
  name: string,
): Promise<{ cursor: string; keys: string[] }> {
  const pattern = `${escapeGlob(start)}*`
  if (master.scan !== undefined) {
    const [next, keys] = await master.scan(cursor, pattern, COUNT)
    return { cursor: String(next), keys: keys.map(String) }
  }
  const [next, keys] = await SCAN.run(master, undefined, name, [cursor, pattern, String(COUNT), start])
  const marked = markedText(next)
  if (marked === undefined || !Array.isArray(keys)) throw unexpected()
  return { cursor: marked, keys: markedTexts(keys).filter((key) => key !== undefined) }
}

/** A text as a pattern that matches nothing but it. */
function escapeGlob(text: string): string {
  return text.replace(/[*?[\]\\]/g, '\\$&')
}
