import { isSessionError, type SessionData, type SessionHandle, type WritableSession } from '@fetch-sessions/core'
import { LoginError } from './errors.js'
import { isSameSignIn, LOGIN_KEY, type LoginNotes, notesIn } from './notes.js'

type Change = (session: WritableSession<SessionData>) => void

/**
 * The shortest time that core takes for the `grace` of a new id. It is over in the moment in which it begins, so that the
 * old cookie leads nowhere. But where another request is about to give a new id as well, the first one alone has it.
 */
export const NO_GRACE: number = Number.MIN_VALUE

/** Writes into the session of one request who is signed in. */
export class NotesWriter {
  readonly #handle: SessionHandle<SessionData>

  constructor(handle: SessionHandle<SessionData>) {
    this.#handle = handle
  }

  /** A sign-in: these notes and what is kept, whoever was there before. */
  async begin(notes: LoginNotes, keep: readonly string[], change: Change): Promise<void> {
    await this.#save(notes, (session) => {
      replace(session, notes, keep)
      change(session)
    })
  }

  /**
   * Takes the session of `before` for this request, under a new id. Of several requests at the same moment, the first one
   * alone gets it. For the others, `false`, it is no more: what they change in it is dropped, and their responses set no
   * cookie over the one of the first. It is another step than the change of privileges, to which a clock that is behind must
   * not lead the old cookie.
   * @throws LoginError, or core's SessionDestroyedError, where the sign-in is over
   */
  async claim(before: LoginNotes): Promise<boolean> {
    try {
      await this.#handle.save((session) => {
        demand(session, before)
        session.regenerate({ grace: NO_GRACE })
      })
      return true
    } catch (error) {
      // What has ended is no new session.
      if (isEnded(error) && (await this.#handle.read()).isNew) return false
      throw error
    }
  }

  /**
   * The sign-in of `before` goes on, with these notes.
   * @throws LoginError where it is over by now, also by what another request has stored meanwhile; SessionDestroyedError
   */
  async goOn(before: LoginNotes, notes: LoginNotes): Promise<void> {
    await this.#save(notes, (session) => {
      demand(session, before)
      session.regenerate()
    })
  }

  /** The same as or for another user: of the session only these notes stay, and what is kept. */
  async goOnAs(before: LoginNotes, notes: LoginNotes, keep: readonly string[], change: Change): Promise<void> {
    await this.#save(notes, (session) => {
      demand(session, before)
      replace(session, notes, keep)
      session.regenerate()
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
    await this.#handle.save((session) => {
      change(session)
      session.set(LOGIN_KEY, notes)
    })
    if (notesIn(await this.#handle.read()) === undefined) {
      throw new TypeError(
        `fetch-sessions: the schema of the sessions drops the key "${LOGIN_KEY}", in which login keeps who is signed in: let it pass, as in z.object({ ${LOGIN_KEY}: z.unknown() })`,
      )
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
  session.update(LOGIN_KEY, (now) => {
    if (isSameSignIn(notesIn({ get: () => now }), before)) return now
    throw new LoginError('ERR_LOGIN_REQUIRED', 'the sign-in of this session has ended meanwhile')
  })
}

/** The session is the user's, or whoever's who acts as the user. */
function replace(session: WritableSession<SessionData>, notes: LoginNotes, keep: readonly string[]): void {
  // First of all, since the store may refuse an owner: then nothing has changed.
  session.setOwner(notes.actor?.id ?? notes.id)
  // What others have stored meanwhile goes as well, and of what is kept, theirs stays.
  session.clear({ except: keep })
}
