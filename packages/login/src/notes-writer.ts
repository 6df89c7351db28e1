import { isSessionError, type SessionData, type SessionHandle, type WritableSession } from '@fetch-sessions/core'
import { LoginError } from './errors.js'
import { isSameSignIn, LOGIN_KEY, type LoginNotes, notesIn } from './notes.js'

type Change = (session: WritableSession<SessionData>) => void

/**
 * The shortest time that core takes for the `grace` of a new id. It is over in the moment in which it begins, so that the
 * old cookie leads nowhere. But where another request is about to give a new id as well, the first one alone has it.
 */
export const NO_GRACE: number = Number.MIN_VALUE

/** How often an own id is asked for, where others rotate the session at the same moment. */
const MAX_ATTEMPTS = 8

/** What of the session before goes on, and whether this request alone has it. */
export interface GoingOn {
  readonly keep: readonly string[]
  readonly isClaimed: boolean
}

/** Another request has rotated the session, and this one would go on under its id, to which an old cookie may lead. */
class RotatedMeanwhile extends LoginError {
  constructor() {
    super('ERR_LOGIN_REQUIRED', 'other requests give this session new ids, one after the other: try again')
  }
}

/** Writes into the session of one request who is signed in. */
export class NotesWriter {
  readonly #handle: SessionHandle<SessionData>

  constructor(handle: SessionHandle<SessionData>) {
    this.#handle = handle
  }

  /**
   * A sign-in: these notes and what is kept, whoever was there before, in a new session. `isAlone`: of several requests of one
   * session at the same moment, the first one alone begins; the others have lost it (`isLostBy`).
   */
  async begin(notes: LoginNotes, keep: readonly string[], isAlone: boolean, change: Change): Promise<void> {
    await this.#save(notes, (session) => {
      replace(session, notes, keep)
      session.regenerate(isAlone ? { restart: true, grace: NO_GRACE } : { restart: true })
      change(session)
      if (isAlone) stayApart(session, () => {})
    })
  }

  /**
   * Takes the session of `before` for this request, under a new id. Of several requests at the same moment, the first one
   * alone gets it. For the others, `false`, it is no more: what they change in it is dropped. It is another step than the
   * change of privileges: nobody else has the cookie of this id.
   * @throws LoginError, or core's SessionDestroyedError, where the sign-in is over
   */
  async claim(before: LoginNotes): Promise<boolean> {
    try {
      await this.#change((session) => {
        session.regenerate({ grace: NO_GRACE })
        demand(session, before)
      })
      return true
    } catch (error) {
      if (await this.isLostBy(error)) return false
      throw error
    }
  }

  /** Whether an error says that another request has given the session a new id. What has ended is no new session. */
  async isLostBy(error: unknown): Promise<boolean> {
    return isEnded(error) && (await this.#handle.read()).isNew
  }

  /**
   * The sign-in of `before` goes on, with these notes. `isClaimed`: so that the other requests of the moment can be led to it.
   * @throws LoginError where it is over by now, also by what another request has stored meanwhile; SessionDestroyedError
   */
  async goOn(before: LoginNotes, notes: LoginNotes, isClaimed: boolean): Promise<void> {
    await this.#save(notes, (session) => {
      session.regenerate(isClaimed ? { grace: NO_GRACE } : {})
      demand(session, before)
    })
  }

  /** The same as or for another user: of the session only these notes stay, and what is kept. */
  async goOnAs(before: LoginNotes, notes: LoginNotes, { keep, isClaimed }: GoingOn, change: Change): Promise<void> {
    await this.#save(notes, (session) => {
      session.regenerate(isClaimed ? { grace: NO_GRACE } : {})
      demand(session, before)
      replace(session, notes, keep)
      change(session)
    })
  }

  /** Lets the handle know that its session was ended: it sends no cookie. */
  async drop(): Promise<void> {
    try {
      await this.#handle.save((session) => session.clear())
    } catch (error) {
      if (!isEnded(error)) throw error
    }
  }

  async #save(notes: LoginNotes, change: Change): Promise<void> {
    await this.#change((session) => {
      change(session)
      session.set(LOGIN_KEY, notes)
    })
    if (notesIn(await this.#handle.read()) === undefined) {
      throw new TypeError(
        `fetch-sessions: the schema of the sessions drops the key "${LOGIN_KEY}", in which login keeps who is signed in: let it pass, as in z.object({ ${LOGIN_KEY}: z.unknown().optional() })`,
      )
    }
  }

  /** Stores it under an id of this request's own. */
  async #change(change: Change): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#handle.save(change)
      } catch (error) {
        if (!(error instanceof RotatedMeanwhile) || attempt === MAX_ATTEMPTS) throw error
      }
    }
  }
}

/** Whether this says that the sign-in was over before something could be stored in its session. */
export function isOver(error: unknown): boolean {
  return isEnded(error) || (error instanceof LoginError && error.code === 'ERR_LOGIN_REQUIRED')
}

/** By its code, since the sessions may be those of another copy of core. */
function isEnded(error: unknown): boolean {
  return isSessionError(error) && error.code === 'ERR_SESSION_DESTROYED'
}

/** As an update, which is made again to what another request has stored: a session that was emptied stays empty. */
function demand(session: WritableSession<SessionData>, before: LoginNotes): void {
  stayApart(session, (now) => {
    if (isSameSignIn(notesIn({ get: () => now }), before)) return
    throw new LoginError('ERR_LOGIN_REQUIRED', 'the sign-in of this session has ended meanwhile')
  })
}

/**
 * Stores nothing under the id that a rotation by another request has given meanwhile: its old cookie leads there. Core would
 * leave it at that one new id. `check`: of what the session says of the sign-in.
 * @throws RotatedMeanwhile, also later, when it is stored
 */
function stayApart(session: WritableSession<SessionData>, check: (now: unknown) => void): void {
  const { id } = session
  session.update(LOGIN_KEY, (now) => {
    if (session.id !== id) throw new RotatedMeanwhile()
    check(now)
    return now
  })
}

/** The session is the user's, or whoever's who acts as the user. */
function replace(session: WritableSession<SessionData>, notes: LoginNotes, keep: readonly string[]): void {
  // First of all, since the store may refuse an owner: then nothing has changed.
  session.setOwner(notes.actor?.id ?? notes.id)
  // What others have stored meanwhile goes as well, and of what is kept, theirs stays.
  session.clear({ except: keep })
}
