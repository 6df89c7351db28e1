import {
  type ReadableSession,
  SessionCommittedError,
  type SessionData,
  SessionDestroyedError,
  type SessionHandle,
  type WritableSession,
} from '@fetch-sessions/core'
import { type Account, check, hashOf, permissionsOf, timeOf } from './account.js'
import type { DeviceBound, DeviceState } from './device-bound.js'
import { wrong } from './errors.js'
import type { LoginEnd } from './events.js'
import { isSameSignIn, LOGIN_KEY, type LoginNotes, notesIn } from './notes.js'
import { isUnsupported } from './user-sessions.js'

/** Who is signed in, checked. */
export interface Current<User> {
  readonly notes: LoginNotes
  readonly user: User
  /** Who acts as that user. */
  readonly actor: User | undefined
}

/** Who is signed in for one request: asked once, and only if somebody asks. */
export class CurrentUser<User> {
  readonly #account: Account<User>
  readonly #handle: SessionHandle<SessionData>
  readonly #request: Request | undefined
  #asked: Promise<Current<User> | undefined> | undefined
  /** Of a sign-in that this request itself has stored: there is nothing to prove yet, or it was proven. */
  #begun: LoginNotes | undefined
  #state: Promise<DeviceState> | undefined
  #permissions: Promise<ReadonlySet<string>> | undefined

  constructor(account: Account<User>, handle: SessionHandle<SessionData>, request: Request | undefined) {
    this.#account = account
    this.#handle = handle
    this.#request = request
  }

  /** Checked once a request. What failed is not remembered. */
  get(): Promise<Current<User> | undefined> {
    if (this.#asked === undefined) {
      const asking = this.#check()
      this.#asked = asking
      asking.catch(() => {
        if (this.#asked === asking) this.#asked = undefined
      })
    }
    return this.#asked
  }

  /** Who was found signed in, if somebody has asked within this request. */
  async known(): Promise<Current<User> | undefined | 'unasked'> {
    return this.#asked ?? 'unasked'
  }

  /** Somebody else, from now on. */
  set(current: Current<User> | undefined): void {
    this.#asked = Promise.resolve(current)
    this.#begun = current?.notes
    this.#permissions = undefined
    // It was that of the session before. One that was ended has none to be asked for.
    if (current !== undefined) this.#state = undefined
  }

  /** The notes alone, if the device has proven what it has to. */
  async notes(): Promise<LoginNotes | undefined> {
    const notes = notesIn(await this.#handle.read())
    if (notes === undefined || isSameSignIn(this.#begun, notes)) return notes
    return (await this.deviceState()) === 'missing' ? undefined : notes
  }

  /** Without `deviceBound`, no session is bound. */
  deviceState(): Promise<DeviceState> {
    const { deviceBound } = this.#account.options
    if (deviceBound === undefined || this.#request === undefined) return Promise.resolve('unbound')
    if (this.#state === undefined) {
      const asking = stateOf(deviceBound, this.#request, this.#account.env)
      this.#state = asking
      asking.catch(() => {
        if (this.#state === asking) this.#state = undefined
      })
    }
    return this.#state
  }

  permissions(user: User): Promise<ReadonlySet<string>> {
    if (this.#permissions === undefined) {
      const asking = permissionsOf(this.#account, user)
      this.#permissions = asking
      asking.catch(() => {
        if (this.#permissions === asking) this.#permissions = undefined
      })
    }
    return this.#permissions
  }

  async #check(): Promise<Current<User> | undefined> {
    const notes = await this.notes()
    if (notes === undefined) return undefined
    const [user, actor] = await Promise.all([
      check(this.#account, notes),
      notes.actor && check(this.#account, notes.actor),
    ])
    if (typeof user === 'string') return this.#end(notes, user)
    if (typeof actor === 'string') return this.#end(notes, 'actor')
    const isStale = user.isStale || actor?.isStale === true
    return {
      notes: isStale ? await this.#rehash(notes, user.user, actor?.user) : notes,
      user: user.user,
      actor: actor?.user,
    }
  }

  /**
   * The sign-in is over: nothing of it stays, and the old id opens nothing. The session is emptied rather than destroyed,
   * so that somebody can sign in with this very request.
   */
  async #end(notes: LoginNotes, reason: LoginEnd): Promise<undefined> {
    const session = await this.#handle.read()
    // Nor is what this very request has begun meanwhile.
    if (!isSameSignIn(notesIn(session), notes)) return undefined
    // Another request of this browser may be about to change the credential: its new id is not to be ended.
    if (await this.#hasChanged(session, notes)) return undefined
    await this.#tryToWrite((session) => {
      if (!isSameSignIn(notesIn(session), notes)) return
      session.clear()
      session.setOwner(undefined)
      session.setLabel(undefined)
      session.setLifetime(undefined)
      session.regenerate({ restart: true })
    })
    this.#account.emit({
      type: 'ended',
      reason,
      userId: notes.id,
      actorId: notes.actor?.id,
      sessionId: session.id,
      time: await timeOf(this.#account),
    })
  }

  async #hasChanged({ id }: ReadableSession<SessionData>, notes: LoginNotes): Promise<boolean> {
    try {
      const stored = await this.#account.sessions.peek(id)
      return stored === undefined || notesIn(stored)?.hash !== notes.hash
    } catch (error) {
      // It lives in its cookie.
      if (isUnsupported(error)) return false
      throw error
    }
  }

  async #rehash(notes: LoginNotes, user: User, actor: User | undefined): Promise<LoginNotes> {
    const [hash, actorHash] = await Promise.all([
      hashOf(this.#account, notes.id, user),
      notes.actor && hashOf(this.#account, notes.actor.id, actor as User),
    ])
    const renew = (old: LoginNotes): LoginNotes =>
      old.actor && actorHash !== undefined
        ? { ...old, hash, actor: { ...old.actor, hash: actorHash } }
        : { ...old, hash }
    await this.#tryToWrite((session) => {
      session.update(LOGIN_KEY, (now) => {
        const newest = notesIn({ get: () => now })
        const isSame = newest?.hash === notes.hash && newest.actor?.hash === notes.actor?.hash
        return isSame ? renew(newest) : now
      })
    })
    const { id: sessionId } = await this.#handle.read()
    const time = await timeOf(this.#account)
    this.#account.emit({ type: 'rehashed', userId: notes.id, actorId: notes.actor?.id, sessionId, time })
    return renew(notes)
  }

  /** What asks after the response is gone, such as a stream, changes nothing. The next request does. */
  async #tryToWrite(change: (session: WritableSession<SessionData>) => void): Promise<void> {
    try {
      change(await this.#handle.write())
    } catch (error) {
      if (!(error instanceof SessionCommittedError) && !(error instanceof SessionDestroyedError)) throw error
    }
  }
}

/** @throws TypeError for an answer that is none: nobody is taken for proven by mistake */
async function stateOf<Env>(deviceBound: DeviceBound<Env>, request: Request, env: Env): Promise<DeviceState> {
  const state: unknown = await deviceBound.state(request, env)
  if (state === 'proven' || state === 'unbound' || state === 'missing') return state
  throw wrong('createLogin: deviceBound', "must answer 'proven', 'unbound' or 'missing'")
}
