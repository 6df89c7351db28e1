import type { ReadableSession, WritableSession } from '../session/session.js'
import type { SessionData } from '../types.js'

/** How long `exclusive` waits, and how long it may take. */
export interface ExclusiveOptions {
  /** Seconds to wait for the others, ten minutes at most. Default 10. */
  wait?: number | undefined
  /** Seconds after which others may have the session, even if `work` is not done; an hour at most. Default 30. */
  hold?: number | undefined
}

/** The session of one request. Nothing happens before the first `read` or `write`. */
export interface SessionHandle<Data = SessionData> {
  /**
   * The session, to be read. Loads on first call; later calls share that load. After the response, each call loads it as
   * it is stored by then.
   * @throws SessionStoreError if the store fails, unless `onStoreFailure` says otherwise
   */
  read(): Promise<ReadableSession<Data>>
  /**
   * The session, to be changed: the same one that `read` shows. Loads on first call; later calls share that load.
   * @throws SessionStoreError if the store fails
   */
  write(): Promise<WritableSession<Data>>
  /**
   * Persists now, in the middle of a request. After it, `get` shows the merged, stored state.
   * @throws SessionError if it could not be stored; the changes are then still there to be saved again
   */
  save(): Promise<void>
  /**
   * Loads, changes and persists in one step. After the response was committed, only this can change the session:
   * streams and WebSockets need it. If `change` throws, or can't be stored, the session is as it was before. Only a
   * `destroy()` stays, and is tried again with the response.
   * @throws SessionCommittedError after the response was committed, for a session that is new or lives in its cookie
   * @throws SessionDestroyedError if the session is gone
   */
  save(change: (session: WritableSession<Data>) => void): Promise<void>
  /**
   * Runs `work` while no other `exclusive` of this session runs, in any process, and persists what it did. Earlier
   * changes are saved first, and so is a new session. If `work` throws, nothing of it is saved. After `hold` seconds
   * others may have the session, even if this process has died. From then on this one can't save any more.
   * @throws SessionLockedError after `wait` seconds, or if `work` took longer than `hold`
   * @throws SessionDestroyedError if the session is gone, or another request gave it a new id meanwhile, without `grace`.
   * Nothing is stored then that `work` had not saved itself, also where it is done
   * @throws SessionError for a store that can't compare and set
   */
  exclusive<R>(work: (session: WritableSession<Data>) => R | Promise<R>, options?: ExclusiveOptions): Promise<R>
}
