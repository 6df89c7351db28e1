import { type SessionData, SessionDestroyedError, type SessionHandle, type WritableSession } from '@fetch-sessions/core'
import { LoginError } from './errors.js'
import { isSameSignIn, LOGIN_KEY, type LoginNotes, notesIn } from './notes.js'

type Change = (session: WritableSession<SessionData>) => void

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
  return error instanceof SessionDestroyedError || (error instanceof LoginError && error.code === 'ERR_LOGIN_REQUIRED')
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
  const kept = keep.map((key) => [key, session.get(key)] as const)
  session.clear()
  for (const [key, value] of kept) session.set(key, value)
}
