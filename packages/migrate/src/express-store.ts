import { invalid, isObject } from './check.js'

type Callback = (error?: unknown, session?: unknown) => void

/**
 * A store of express-session, as `connect-redis`, `connect-pg-simple` and many others have one; `@fastify/session` takes
 * the same.
 */
export interface ExpressStore {
  get(sid: string, callback: (error: unknown, session?: unknown) => void): unknown
  destroy(sid: string, callback?: (error?: unknown) => void): unknown
}

/** The records of such a store, read without it. */
export interface OldRecords {
  /** Its kind, to tell it from an `ExpressStore`. */
  readonly kind: 'records'
  get(sid: string): Promise<unknown>
  destroy(sid: string): Promise<unknown>
}

/** A record, as such stores keep it. */
export interface ExpressRecord {
  readonly data: Record<string, unknown>
  readonly cookie: Record<string, unknown>
}

/** What is kept under an id. A store that is down throws. */
export async function loadRecord(store: ExpressStore | OldRecords, sid: string): Promise<ExpressRecord | undefined> {
  const record = await ('kind' in store ? store.get(sid) : called((callback) => store.get(sid, callback)).catch(orNone))
  if (!isObject(record)) return undefined
  // The second one is session-file-store's own.
  const { cookie, __lastAccess, ...data } = record
  return { data, cookie: isObject(cookie) ? cookie : {} }
}

/** Removes it. A store that still has it throws. */
export async function endRecord(store: ExpressStore | OldRecords, sid: string): Promise<void> {
  if ('kind' in store) await store.destroy(sid)
  else {
    await called((callback) => store.destroy(sid, callback)).catch(async (error) => {
      orNone(error)
      if ((await loadRecord(store, sid)) !== undefined) throw error
    })
  }
}

/** A store of files says so that there is none. A client whose server is not at its socket says nearly the same. */
function orNone(error: unknown): undefined {
  const { code, syscall } = Object(error) as { code?: unknown; syscall?: unknown }
  if (code !== 'ENOENT' || syscall === 'connect') throw error
}

/** @throws TypeError if this is no such store */
export function checkStore(library: string, store: unknown): void {
  const isStore = isObject(store) && typeof store.get === 'function' && typeof store.destroy === 'function'
  if (!isStore) {
    throw invalid(
      library,
      'store',
      'must be the store that it had, such as new RedisStore({ client }): it has get and destroy',
    )
  }
}

/** @throws TypeError if this is a function, which newer versions of express-session take: it has no request here */
export function checkCookie(library: string, cookie: unknown): void {
  if (!isObject(cookie)) {
    throw invalid(library, 'cookie', 'must be an object: give the path and domain that its function returned')
  }
}

/** With a callback, as those stores are called; some throw, and some return a promise as well. */
function called(call: (callback: Callback) => unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const returned = call((error, session) => {
      if (error) reject(error)
      else resolve(session)
    })
    Promise.resolve(returned).catch(reject)
  })
}
