import { isSessionError, type ReadableSession, type SessionData, type SessionHandle } from '@fetch-sessions/core'
import { type Account, check, hashOf, permissionsOf, timeOf } from './account.js'
import type { DeviceBound, DeviceState } from './device-bound.js'
import { wrong } from './errors.js'
import type { LoginEnd } from './events.js'
import { isSameSignIn, LOGIN_KEY, type LoginNotes, notesIn } from './notes.js'
import { isOver, NO_GRACE } from './notes-writer.js'
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
  #account: Account<User>
  readonly #handle: SessionHandle<SessionData>
  #request: Request | undefined
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

  /** Whoever asked first may not have known them. */
  complete(account: Account<User>, request: Request | undefined): void {
    this.#account = account
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

  /** The notes alone, if nobody has found the sign-in over, and the device has proven what it has to. */
  async notes(): Promise<LoginNotes | undefined> {
    const notes = await this.#proven()
    return notes?.overAt === undefined ? notes : undefined
  }

  async #proven(): Promise<LoginNotes | undefined> {
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
    const notes = await this.#proven()
    if (notes === undefined) return undefined
    const [user, actor] = await Promise.all([
      check(this.#account, notes),
      notes.actor && check(this.#account, notes.actor),
    ])
    if (typeof user === 'string') return this.#end(notes, user)
    if (typeof actor === 'string') return this.#end(notes, 'actor')
    const { overAt, ...right } = notes
    if (overAt !== undefined) await this.#tryTo(() => this.#noteOver(notes, undefined))
    const isStale = user.isStale || actor?.isStale === true
    return {
      notes: isStale ? await this.#renewed(right, user.user, actor?.user) : right,
      user: user.user,
      actor: actor?.user,
    }
  }

  /**
   * Nobody is signed in. What the session holds goes as well, under a new id; but not yet where the credential may just be
   * changing in another tab: there the sign-in goes on, and nothing must be sent over its new cookie.
   */
  async #end(notes: LoginNotes, reason: LoginEnd): Promise<undefined> {
    const session = await this.#handle.read()
    // Nor is what this very request has begun meanwhile.
    if (!isSameSignIn(notesIn(session), notes)) return undefined
    const stored = await this.#stored(session, notes)
    // Another request of this browser has just changed the credential: its new id is not to be ended.
    if (stored === 'changed') return undefined
    const time = await timeOf(this.#account)
    const { overAt } = notes
    const mayGoOn = reason === 'credential' && stored === 'same'
    const isWaiting = mayGoOn && (overAt === undefined || Math.abs(time - overAt) < TIME_TO_CHANGE)
    await this.#tryTo(() => (isWaiting ? this.#noteOver(notes, time) : this.#beginAnew(notes)))
    if (overAt !== undefined) return
    this.#account.emit({
      type: 'ended',
      reason,
      userId: notes.id,
      actorId: notes.actor?.id,
      sessionId: session.id,
      time,
    })
  }

  /** `time`: `undefined` for one that turns out to be right after all, as where users come from a copy that was behind. */
  async #noteOver({ hash }: LoginNotes, time: number | undefined): Promise<void> {
    ;(await this.#handle.write()).update(LOGIN_KEY, (now) => {
      const newest = notesIn({ get: () => now })
      if (newest?.hash !== hash) return now
      const { overAt, ...rest } = newest
      return time === undefined ? rest : { ...rest, overAt: overAt ?? time }
    })
  }

  /**
   * An empty session takes its place, in which somebody can sign in with this very request. The old id opens nothing. Where
   * another request of this browser has given a new id meanwhile, as a sign-in does, this one sends no cookie over that.
   */
  async #beginAnew(notes: LoginNotes): Promise<void> {
    const session = await this.#handle.write()
    if (!isSameSignIn(notesIn(session), notes)) return
    session.clear()
    session.setOwner(undefined)
    session.setLabel(undefined)
    session.setLifetime(undefined)
    session.regenerate({ restart: true, grace: NO_GRACE })
  }

  async #stored(
    { id }: ReadableSession<SessionData>,
    notes: LoginNotes,
  ): Promise<'same' | 'changed' | 'in its cookie'> {
    try {
      const stored = await this.#account.sessions.peek(id)
      return stored !== undefined && notesIn(stored)?.hash === notes.hash ? 'same' : 'changed'
    } catch (error) {
      if (isUnsupported(error)) return 'in its cookie'
      throw error
    }
  }

  /** A hash with an older secret is made anew, but not each time that servers with other lists of secrets take turns. */
  async #renewed(notes: LoginNotes, user: User, actor: User | undefined): Promise<LoginNotes> {
    const { rehashedAt } = notes
    const isNew = rehashedAt !== undefined && Math.abs((await timeOf(this.#account)) - rehashedAt) < REHASH_PAUSE
    return isNew ? notes : this.#rehash(notes, user, actor)
  }

  async #rehash(notes: LoginNotes, user: User, actor: User | undefined): Promise<LoginNotes> {
    const [time, hash, actorHash] = await Promise.all([
      timeOf(this.#account),
      hashOf(this.#account, notes.id, user),
      notes.actor && hashOf(this.#account, notes.actor.id, actor as User),
    ])
    const renew = (old: LoginNotes): LoginNotes =>
      old.actor && actorHash !== undefined
        ? { ...old, hash, rehashedAt: time, actor: { ...old.actor, hash: actorHash } }
        : { ...old, hash, rehashedAt: time }
    await this.#tryTo(async () => {
      ;(await this.#handle.write()).update(LOGIN_KEY, (now) => {
        const newest = notesIn({ get: () => now })
        const isSame = newest?.hash === notes.hash && newest.actor?.hash === notes.actor?.hash
        return isSame ? renew(newest) : now
      })
    })
    const { id: sessionId } = await this.#handle.read()
    this.#account.emit({ type: 'rehashed', userId: notes.id, actorId: notes.actor?.id, sessionId, time })
    return renew(notes)
  }

  /** What asks after the response is gone, such as a stream, changes nothing. The next request does. */
  async #tryTo(change: () => Promise<void>): Promise<void> {
    try {
      await change()
    } catch (error) {
      if (!isOver(error) && !(isSessionError(error) && error.code === 'ERR_SESSION_COMMITTED')) throw error
    }
  }
}

/** How long a session that was found over keeps its data, for a change of the credential under way. In milliseconds. */
const TIME_TO_CHANGE = 10_000

/** How often a hash is made anew at most, in milliseconds. */
const REHASH_PAUSE = 60_000

/** @throws TypeError for an answer that is none: nobody is taken for proven by mistake */
async function stateOf<Env>(deviceBound: DeviceBound<Env>, request: Request, env: Env): Promise<DeviceState> {
  const state: unknown = await deviceBound.state(request, env)
  if (state === 'proven' || state === 'unbound' || state === 'missing') return state
  throw wrong('createLogin: deviceBound', "must answer 'proven', 'unbound' or 'missing'")
}
