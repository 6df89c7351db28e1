import type { SessionData, SessionHandle } from '@fetch-sessions/core'
import { type Account, compare, hashOf, idOf, timeOf } from './account.js'
import type { Auth, Device, FreshOptions, SignInOptions } from './auth.js'
import { type Current, CurrentUser } from './current-user.js'
import type { DeviceState } from './device-bound.js'
import { endDevice, endForCredential, endOthers, endSessions } from './end-sessions.js'
import { checkSeconds, LoginError, rejectUnknown } from './errors.js'
import type { LoginEvent } from './events.js'
import { endOfImpersonation, type ImpersonateOptions, notesOfImpersonation, secondsOf } from './impersonation.js'
import { endOldest, signInOrRefuse, waitForOthers } from './limit.js'
import { deviceIdOf, isSameSignIn, type LoginNotes, notesIn, orderOfNow } from './notes.js'
import { isOver, NotesWriter } from './notes-writer.js'
import { namesOf, type OneOrMore } from './options.js'
import { keysOf, labelOf, rememberedBy, timesOf } from './sign-in-options.js'
import { siteDataHeaders } from './site-data.js'
import { bySignIn, canList, goesOn, isOwnSignIn, isUnsupported, listSessions, openSessions } from './user-sessions.js'

/**
 * How far ahead of the clock a fresh time may be, in milliseconds, since the clocks of servers differ. What is further ahead
 * was noted before a clock was set back.
 */
const MAX_AHEAD = 60_000

/** Who begins a session, and when. */
interface SignedIn<User> {
  readonly id: string
  readonly user: User
  readonly time: number
}

export class RequestAuth<User> implements Auth<User> {
  #account: Account<User>
  readonly #handle: SessionHandle<SessionData>
  #request: Request | undefined
  readonly #current: CurrentUser<User>
  readonly #writer: NotesWriter

  constructor(account: Account<User>, handle: SessionHandle<SessionData>, request: Request | undefined) {
    this.#account = account
    this.#handle = handle
    this.#request = request
    this.#current = new CurrentUser(account, handle, request)
    this.#writer = new NotesWriter(handle)
  }

  /** Takes on what whoever asked before has not known: `env`, or the request. */
  complete(account: Account<User>, request: Request | undefined): void {
    if (account.env !== undefined) this.#account = account
    this.#request ??= request
    this.#current.complete(this.#account, this.#request)
  }

  async userId(): Promise<string | undefined> {
    return (await this.#current.notes())?.id
  }

  async user(): Promise<User | undefined> {
    return (await this.#current.get())?.user
  }

  async actor(): Promise<User | undefined> {
    return (await this.#current.get())?.actor
  }

  async signIn(user: User, options: SignInOptions = {}): Promise<void> {
    rejectUnknown('signIn', options, ['remember', 'factor', 'keep', 'label'])
    // 1. All that can fail, before anything is changed.
    const id = idOf(this.#account, user)
    const [hash, time, session] = await Promise.all([
      hashOf(this.#account, id, user),
      timeOf(this.#account),
      this.#handle.read(),
    ])
    const factors = options.factor === undefined ? [] : namesOf('signIn: factor', options.factor)
    const remembered = rememberedBy(options.remember)
    const order = orderOfNow()
    // Only a limit asks for it, and cookies are small.
    const from = session.isNew || this.#account.options.maxSessions === undefined ? undefined : session.id
    // A remembered session is fresh by `confirm` alone.
    const notes: LoginNotes =
      remembered === undefined
        ? { id, hash, at: time, order, from, factors: timesOf(factors, time) }
        : { id, hash, at: time, order, from, factors: {}, remembered, signedInBy: factors }
    const label = labelOf(options.label, this.#request, this.#account.options.describeDevice)
    const keep = keysOf('signIn', options.keep)
    const { id: replacedId, owner } = session
    const previousSessionId = session.isNew ? undefined : replacedId
    const previousUserId = notesIn(session)?.id
    if (await this.#isSignedInBeside(notes)) return this.#leaveToOther(notes, user)
    // 2. The new session, if there is a place for it.
    const begin = async (): Promise<void> => {
      await this.#writer.begin(notes, keep, (session) => {
        session.regenerate({ restart: true })
        session.setLabel(label)
        session.setLifetime(undefined)
        if (remembered !== undefined) session.setLifetime(remembered)
      })
    }
    const about = { userId: id, time }
    try {
      await this.#inPlace({ id, user, time }, owner === id ? replacedId : undefined, begin)
    } catch (error) {
      if (!isFull(error)) throw error
      // The place may be that of another click, which may still be storing what it has.
      if (from !== undefined) await waitForOthers()
      if (await this.#isSignedInBeside(notes)) return this.#leaveToOther(notes, user)
      this.#emit({ type: 'sign-in-refused', reason: 'full', ...about, sessionId: replacedId })
      throw error
    }
    this.#current.set({ notes, user, actor: undefined })
    const sessionId = await this.#sessionId()
    const isRemembered = remembered !== undefined
    this.#emit({
      type: 'signed-in',
      ...about,
      sessionId,
      previousSessionId,
      previousUserId,
      factors,
      isRemembered,
    })
    // 3. The oldest ones above the limit.
    if (!(await this.#endOldest({ id, user, time }))) return
    await this.#giveWay(notes)
    throw new LoginError(
      'ERR_LOGIN_FULL',
      'newer sign-ins of the user, at the same moment, have taken all places, or a sign-out everywhere came: this one has ended again',
    )
  }

  signOut(): Promise<Headers> {
    return this.#signOut()
  }

  async #signOut(): Promise<Headers> {
    const notes = await this.#notes()
    const sessionId = await this.#sessionId()
    await this.#destroy()
    if (notes !== undefined) this.#emit({ type: 'signed-out', from: 'here', ...(await this.#about(notes, sessionId)) })
    return siteDataHeaders(this.#account.options.clearSiteData)
  }

  async signOutOthers(): Promise<number | undefined> {
    const { notes } = await this.#required('signOutOthers')
    // A new id of this request is to be spared, so it has to be there.
    await this.#handle.save()
    const sessionId = await this.#sessionId()
    const ended = await endOthers(this.#account, notes, sessionId)
    this.#emit({ type: 'signed-out', from: 'others', ...ended, ...(await this.#about(notes, sessionId)) })
    return ended.count
  }

  /**
   * Whether another click of the same browser has signed the same user in meanwhile. Where there is a limit, a second
   * session could be the end of the first one, whose cookie may reach the browser last.
   */
  async #isSignedInBeside({ id, hash, from }: LoginNotes): Promise<boolean> {
    if (from === undefined || (await this.#account.sessions.peek(from)) !== undefined) return false
    const { opened } = await openSessions(this.#account, await listSessions(this.#account, id, 'maxSessions'))
    return opened.some(
      ({ notes }) => notes?.from === from && notes.id === id && notes.hash === hash && notes.actor === undefined,
    )
  }

  /** The other click's session goes on, with its cookie; this request makes none. */
  async #leaveToOther(notes: LoginNotes, user: User): Promise<void> {
    await this.#writer.drop()
    this.#current.set({ notes, user, actor: undefined })
  }

  async signOutEverywhere(): Promise<Headers> {
    const { notes } = await this.#required('signOutEverywhere')
    const sessionId = await this.#sessionId()
    await this.#destroy()
    const about = await this.#about(notes, sessionId)
    const ended = await endSessions(this.#account, notes.id, 'signOutEverywhere').catch((error) => {
      this.#emit({ type: 'signed-out', from: 'here', ...about })
      throw error
    })
    this.#emit({ type: 'signed-out', from: 'everywhere', ...ended, ...about })
    return siteDataHeaders(this.#account.options.clearSiteData)
  }

  async confirm(factor: OneOrMore): Promise<void> {
    const factors = namesOf('confirm: factor', factor)
    const current = await this.#required('confirm')
    if (current.notes.actor !== undefined) {
      throw new LoginError('ERR_LOGIN_IMPERSONATING', 'confirm: who acts as a user can not confirm to be that user')
    }
    const time = await timeOf(this.#account)
    const notes = { ...current.notes, factors: { ...current.notes.factors, ...timesOf(factors, time) } }
    const isOwn = await this.#claim('confirm', current.notes)
    if (isOwn) await this.#writer.goOn(current.notes, notes)
    this.#current.set({ ...current, notes })
    if (isOwn) this.#emit({ type: 'confirmed', factors, ...(await this.#about(notes)) })
  }

  /**
   * Takes the session for this request alone, or gives way to another one of the same browser and moment, with whose cookie
   * the sign-in goes on. `isAlso`: as who else it may go on there.
   * @throws LoginError where it goes on nowhere
   */
  async #claim(
    what: string,
    before: LoginNotes,
    isAlso: (notes: LoginNotes) => boolean = () => false,
  ): Promise<boolean> {
    // Where sessions live in their cookies, or nobody could look for the other one, each request has its own.
    if (!canList(this.#account) || (await this.#writer.claim(before))) return true
    const isIt = (notes: LoginNotes): boolean => isSameSignIn(notes, before) || isAlso(notes)
    if (await goesOn(this.#account, before.actor?.id ?? before.id, isIt)) return false
    throw new LoginError('ERR_LOGIN_REQUIRED', `${what}: the sign-in of this session has ended meanwhile`)
  }

  async isFresh(seconds: number, factor?: string, options: FreshOptions = {}): Promise<boolean> {
    checkSeconds('isFresh: seconds', seconds)
    rejectUnknown('isFresh', options, ['proven'])
    const { proven = false } = options
    if (factor !== undefined) namesOf('isFresh: factor', factor)
    const current = await this.#current.get()
    if (current === undefined || current.notes.actor !== undefined) return false
    if (proven && (await this.deviceState()) !== 'proven') return false
    const { factors, remembered, at } = current.notes
    const shown = Object.entries(factors).filter(([name]) => factor === undefined || name === factor)
    const times = shown.map(([, time]) => time)
    if (factor === undefined && remembered === undefined) times.push(at)
    const now = await timeOf(this.#account)
    return times.some((time) => now - time <= seconds * 1000 && time - now <= MAX_AHEAD)
  }

  /** Whether the user has shown this factor at any time in this session, a remembered sign-in included. */
  async hasShown(factor: string): Promise<boolean> {
    const { factors, signedInBy = [], actor } = (await this.#current.get())?.notes ?? { factors: {} }
    return actor === undefined && (Object.hasOwn(factors, factor) || signedInBy.includes(factor))
  }

  async can(permission: OneOrMore): Promise<boolean> {
    const names = namesOf('can', permission)
    const current = await this.#current.get()
    if (current === undefined) return false
    const permissions = await this.#current.permissions(current.user)
    return names.every((name) => permissions.has(name))
  }

  async devices(): Promise<Device[]> {
    const { notes, user } = await this.#required('devices')
    const infos = await listSessions(this.#account, notes.id, 'devices')
    const { opened } = await openSessions(this.#account, infos)
    const isOwn = await Promise.all(opened.map((session) => isOwnSignIn(this.#account, session, notes.id, user)))
    const devices = new Map<string, Device>()
    for (const { info, notes: its } of opened.filter((_, index) => isOwn[index]).sort(bySignIn)) {
      if (its === undefined) continue
      const { label, createdAt, lastUsedAt } = info
      const id = deviceIdOf(its)
      // One that is just getting a new id is there twice.
      devices.set(id, { id, label, createdAt, lastUsedAt, isCurrent: isSameSignIn(its, notes) })
    }
    return [...devices.values()]
  }

  async signOutDevice(id: string): Promise<boolean> {
    const { notes } = await this.#required('signOutDevice')
    const sessionId = await this.#sessionId()
    const isOwnDevice = notes.actor === undefined && id === deviceIdOf(notes)
    if (id === sessionId || isOwnDevice) {
      await this.#signOut()
      // The same sign-in may be there in a session beside this one.
      if (isOwnDevice && canList(this.#account)) await endDevice(this.#account, notes, id)
      return true
    }
    const isDone = await endDevice(this.#account, notes, id)
    const about = await this.#about(notes, sessionId)
    this.#emit(isDone ? { type: 'device-signed-out', deviceId: id, ...about } : { type: 'device-refused', ...about })
    return isDone
  }

  async impersonate(user: User, options: ImpersonateOptions = {}): Promise<void> {
    const seconds = secondsOf(options)
    const current = await this.#required('impersonate')
    const { lifetime = {} } = await this.#handle.read()
    const notes = await notesOfImpersonation(this.#account, { ...current.notes, lifetime }, user)
    const time = await timeOf(this.#account)
    const keep = keysOf('impersonate', options.keep)
    const isActing = (its: LoginNotes): boolean => its.id === notes.id && isSameSignIn(its.actor, current.notes)
    const isOwn = await this.#claim('impersonate', current.notes, isActing)
    if (isOwn) {
      await this.#writer.goOnAs(current.notes, notes, keep, (session) => {
        session.setLifetime(undefined)
        session.setLifetime({
          absoluteTimeout: endOfImpersonation(session.createdAt, time, seconds),
          persistent: false,
        })
      })
    } else await this.#demand('impersonate', current.notes.id, isActing)
    this.#current.set({ notes, user, actor: current.user })
    if (!isOwn) return
    const about = await this.#about(notes)
    this.#emit({ type: 'impersonation-started', seconds, ...about, actorId: current.notes.id })
  }

  async stopImpersonating(options: { keep?: readonly string[] } = {}): Promise<User | undefined> {
    rejectUnknown('stopImpersonating', options, ['keep'])
    const keep = keysOf('stopImpersonating', options.keep)
    const current = await this.#current.get()
    const actorNotes = current?.notes.actor
    // Whoever may not come back has been signed out by now.
    if (current === undefined || actorNotes === undefined) return current?.user
    const { lifetime = actorNotes.remembered, ...notes } = actorNotes
    const back = { notes, user: current.actor as User, actor: undefined }
    const isBack = (its: LoginNotes): boolean => isSameSignIn(its, notes)
    if (!(await this.#claim('stopImpersonating', current.notes, isBack))) {
      await this.#demand('stopImpersonating', notes.id, isBack)
      this.#current.set(back)
      return back.user
    }
    const about = await this.#about(current.notes)
    const actor = { id: notes.id, user: back.user, time: about.time }
    let isOver = false
    const comeBack = (): Promise<void> =>
      this.#writer.goOnAs(current.notes, notes, keep, (session) => {
        session.setLifetime(undefined)
        if (lifetime !== undefined && Object.keys(lifetime).length > 0) session.setLifetime(lifetime)
        // The session of before may have had less time left than the impersonation was given.
        isOver = +session.expiresAt <= about.time
        if (isOver) throw new LoginError('ERR_LOGIN_REQUIRED', 'stopImpersonating: the session of before is over')
      })
    // The actor's place may be another session's by now: an impersonation counts for nobody.
    await this.#inPlace(actor, about.sessionId, comeBack).catch((error) => {
      isOver ||= isFull(error)
      if (!isOver) throw error
    })
    if (isOver) {
      await this.#destroy()
      this.#emit({ type: 'ended', reason: 'actor', ...about })
      return undefined
    }
    this.#current.set(back)
    about.sessionId = await this.#sessionId()
    this.#emit({ type: 'impersonation-ended', ...about, actorId: notes.id })
    if (await this.#endOldest(actor)) await this.#destroy()
    return this.user()
  }

  /**
   * Another request has taken this session, which need not be one that does the same.
   * @throws LoginError where it has not
   */
  async #demand(what: string, owner: string, isIt: (notes: LoginNotes) => boolean): Promise<void> {
    const isDone = (): Promise<boolean> => goesOn(this.#account, owner, isIt)
    if (await isDone()) return
    await waitForOthers()
    if (await isDone()) return
    throw new LoginError(
      'ERR_LOGIN_REQUIRED',
      `${what}: another request has given the session a new id, or ended it, at this moment: try again`,
    )
  }

  async credentialChanged(user: User): Promise<void> {
    const id = idOf(this.#account, user)
    const [hash, before] = await Promise.all([hashOf(this.#account, id, user), this.#notes()])
    const known = await this.#current.known()
    // The old credential is gone by now, so that nobody can check any more who has not before.
    const current = known === 'unasked' ? await this.#unasked(user) : known
    let isCurrent = current?.notes.id === id
    if (current !== undefined && isCurrent) {
      const notes = { ...current.notes, hash }
      try {
        await this.#writer.goOn(current.notes, notes)
        this.#current.set({ ...current, notes, user })
      } catch (error) {
        if (!isOver(error)) throw error
        // A sign-out at the same moment wins, and the others end all the same.
        isCurrent = false
      }
    }
    const sessionId = await this.#sessionId()
    if (!isCurrent && before?.id === id) this.#current.set(undefined)
    const isChange = before?.id === id && (await compare(this.#account, before, user)) === 'wrong'
    const about = { userId: id, actorId: before?.actor?.id, sessionId, time: await timeOf(this.#account) }
    try {
      const ended =
        isChange && (await this.#isOutdone(before, hash))
          ? {}
          : await this.#endForCredential(id, isCurrent ? sessionId : undefined, isChange ? hash : undefined)
      this.#emit({ type: 'credential-changed', ...ended, ...about })
    } catch (error) {
      // This session has the new hash all the same.
      this.#emit({ type: 'credential-changed', ...about })
      this.#emit({ type: 'ending-failed', by: 'credentialChanged', error, ...about })
      throw error
    }
  }

  /** Who the session says is signed in, with nothing to compare the credential with. */
  async #unasked(user: User): Promise<Current<User> | undefined> {
    const notes = await this.#current.notes()
    return notes !== undefined && notes.actor === undefined ? { notes, user, actor: undefined } : undefined
  }

  deviceState(): Promise<DeviceState> {
    return this.#current.deviceState()
  }

  /** Whether the session's store is down, and nobody can know who is signed in. */
  async isDegraded(): Promise<boolean> {
    return (await this.#handle.read()).isDegraded
  }

  /** For an event about somebody who may be signed in. */
  async aboutNow(): Promise<Omit<Extract<LoginEvent, { type: 'refused' }>, 'type' | 'reason'>> {
    const notes = await this.#notes()
    const isOver = notes === undefined || notes.overAt !== undefined
    return isOver ? { time: await timeOf(this.#account) } : this.#about(notes)
  }

  /**
   * Whether the credential is neither the one of before nor the new one: another request has changed it since, and ends the
   * other sessions, this one too. Would this request end that one's, nobody were signed in.
   */
  async #isOutdone(before: LoginNotes, hash: string): Promise<boolean> {
    try {
      const user = await this.#account.options.loadUser(before.id, this.#account.env)
      if (user === undefined || user === null) return false
      const isNeither = async (notes: LoginNotes): Promise<boolean> =>
        (await compare(this.#account, notes, user)) === 'wrong'
      return (await isNeither(before)) && (await isNeither({ ...before, hash }))
    } catch {
      // Nobody knows, and the other sessions may be somebody else's.
      return false
    }
  }

  /** Where the store can't end an owner's sessions, they end by themselves at their next use. */
  async #endForCredential(
    id: string,
    except: string | undefined,
    hash: string | undefined,
  ): Promise<{ count?: number }> {
    try {
      return await endForCredential(this.#account, id, except, hash)
    } catch (error) {
      if (isUnsupported(error)) return {}
      throw error
    }
  }

  /** Begins a session of this user, if there is a place for one more. `replaced`: the one that makes room for it. */
  async #inPlace(
    { id, user, time }: SignedIn<User>,
    replaced: string | undefined,
    begin: () => Promise<void>,
  ): Promise<void> {
    const { maxSessions: max, whenFull } = this.#account.options
    if (max === undefined || whenFull !== 'refuse') return begin()
    return signInOrRefuse({ account: this.#account, id, user, max, time }, replaced, begin)
  }

  /** Whether the own one is above the limit: newer sign-ins, at the same moment, have taken all places. */
  async #endOldest({ id, user, time }: SignedIn<User>): Promise<boolean> {
    const { maxSessions: max, whenFull } = this.#account.options
    if (max === undefined || whenFull === 'refuse') return false
    const own = await this.#sessionId()
    try {
      const { endedSessionIds, isOwnOver } = await endOldest({ account: this.#account, id, user, max, time }, own)
      if (endedSessionIds.length > 0) {
        this.#emit({ type: 'limit-reached', userId: id, time, sessionId: own, endedSessionIds })
      }
      return isOwnOver
    } catch (error) {
      // A sign-in that fails signs nobody in: it would be one above the limit.
      await this.#destroy().then(
        () => this.#emit({ type: 'signed-out', from: 'here', userId: id, time, sessionId: own }),
        () => {},
      )
      throw error
    }
  }

  async #destroy(): Promise<void> {
    this.#current.set(undefined)
    await this.#handle.save((session) => session.destroy())
  }

  /**
   * Ends this session, in whose place others go on. That is no sign-out, and takes no cookie away: the browser may have the
   * one of a later click by now.
   */
  async #giveWay(notes: LoginNotes): Promise<void> {
    this.#current.set(undefined)
    const own = await this.#sessionId()
    await waitForOthers()
    if (await this.#account.sessions.destroy(own)) {
      const time = await timeOf(this.#account)
      this.#emit({ type: 'limit-reached', userId: notes.id, time, sessionId: own, endedSessionIds: [own] })
    }
    await this.#writer.drop()
  }

  /** @throws LoginError if nobody is signed in */
  async #required(what: string): Promise<Current<User>> {
    const current = await this.#current.get()
    if (current === undefined) throw new LoginError('ERR_LOGIN_REQUIRED', `${what}: nobody is signed in`)
    return current
  }

  async #notes(): Promise<LoginNotes | undefined> {
    return notesIn(await this.#handle.read())
  }

  async #sessionId(): Promise<string> {
    return (await this.#handle.read()).id
  }

  async #about(
    notes: LoginNotes,
    sessionId?: string,
  ): Promise<{ userId: string; actorId: string | undefined; sessionId: string; time: number }> {
    const time = await timeOf(this.#account)
    return { userId: notes.id, actorId: notes.actor?.id, sessionId: sessionId ?? (await this.#sessionId()), time }
  }

  #emit(event: LoginEvent): void {
    this.#account.emit(event)
  }
}

function isFull(error: unknown): boolean {
  return error instanceof LoginError && error.code === 'ERR_LOGIN_FULL'
}
