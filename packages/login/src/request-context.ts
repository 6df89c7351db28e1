import type { SessionData, SessionHandle } from '@fetch-sessions/core'
import { type Account, timeOf } from './account.js'
import { type Current, CurrentUser } from './current-user.js'
import { LoginError } from './errors.js'
import type { LoginEvent } from './events.js'
import { type LoginNotes, notesIn } from './notes.js'
import { NotesWriter } from './notes-writer.js'

/** Of whom and of which session an event tells. */
export interface About {
  userId: string
  actorId: string | undefined
  sessionId: string
  time: number
}

/** What the calls of one request share: the login, the session, and who is signed in there. */
export class RequestContext<User> {
  readonly handle: SessionHandle<SessionData>
  readonly current: CurrentUser<User>
  readonly writer: NotesWriter
  #account: Account<User>
  #request: Request | undefined

  constructor(account: Account<User>, handle: SessionHandle<SessionData>, request: Request | undefined) {
    this.handle = handle
    this.current = new CurrentUser(account, handle, request)
    this.writer = new NotesWriter(handle)
    this.#account = account
    this.#request = request
  }

  get account(): Account<User> {
    return this.#account
  }

  /** Left out where the session's handle is all that there is. */
  get request(): Request | undefined {
    return this.#request
  }

  /** Takes on what whoever asked before has not known: `env`, or the request. */
  complete(account: Account<User>, request: Request | undefined): void {
    if (account.env !== undefined) this.#account = account
    this.#request ??= request
    this.current.complete(this.#account, this.#request)
  }

  /** Who is signed in. @throws LoginError if nobody is */
  async required(what: string): Promise<Current<User>> {
    const current = await this.current.get()
    if (current === undefined) throw new LoginError('ERR_LOGIN_REQUIRED', `${what}: nobody is signed in`)
    return current
  }

  /** What the session says, whether it holds or not. */
  async notes(): Promise<LoginNotes | undefined> {
    return notesIn(await this.handle.read())
  }

  async sessionId(): Promise<string> {
    return (await this.handle.read()).id
  }

  /** Ends the session, at once. @throws SessionStoreError */
  async destroy(): Promise<void> {
    this.current.set(undefined)
    await this.handle.save((session) => session.destroy())
  }

  /** For an event, as it is now. `sessionId`: of the session before, where it is that one's. */
  async about(notes: LoginNotes, sessionId?: string): Promise<About> {
    const time = await timeOf(this.#account)
    return { userId: notes.id, actorId: notes.actor?.id, sessionId: sessionId ?? (await this.sessionId()), time }
  }

  emit(event: LoginEvent): void {
    this.#account.emit(event)
  }
}
