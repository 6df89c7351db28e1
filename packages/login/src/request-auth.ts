import type { SessionData, SessionHandle } from '@fetch-sessions/core'
import { type Account, timeOf } from './account.js'
import type { Auth, Device, FreshOptions, SignInOptions } from './auth.js'
import { changeCredential } from './change-credential.js'
import type { DeviceState } from './device-bound.js'
import { devicesOf } from './devices.js'
import type { LoginEvent } from './events.js'
import { impersonate, stopImpersonating } from './impersonate.js'
import type { ImpersonateOptions } from './impersonation.js'
import { namesOf, type OneOrMore } from './options.js'
import { RequestContext } from './request-context.js'
import { signIn } from './sign-in.js'
import { signOut, signOutDevice, signOutEverywhere, signOutOthers } from './sign-out.js'
import { confirm, hasShown, isFresh } from './step-up.js'
import { Turns } from './turns.js'

/**
 * Who is signed in with one request. The calls that change something follow one another, in the order in which they were
 * made: each begins with what the one before it has stored.
 */
export class RequestAuth<User> implements Auth<User> {
  readonly #context: RequestContext<User>
  readonly #turns = new Turns()

  constructor(account: Account<User>, handle: SessionHandle<SessionData>, request: Request | undefined) {
    this.#context = new RequestContext(account, handle, request)
  }

  /** Takes on what whoever asked before has not known: `env`, or the request. */
  complete(account: Account<User>, request: Request | undefined): void {
    this.#context.complete(account, request)
  }

  async userId(): Promise<string | undefined> {
    return (await this.#context.current.notes())?.id
  }

  async user(): Promise<User | undefined> {
    return (await this.#context.current.get())?.user
  }

  async actor(): Promise<User | undefined> {
    return (await this.#context.current.get())?.actor
  }

  async can(permission: OneOrMore): Promise<boolean> {
    const names = namesOf('can', permission)
    const current = await this.#context.current.get()
    if (current === undefined) return false
    const permissions = await this.#context.current.permissions(current.user)
    return names.every((name) => permissions.has(name))
  }

  isFresh(seconds: number, factor?: string, options: FreshOptions = {}): Promise<boolean> {
    return isFresh(this.#context, seconds, factor, options)
  }

  devices(): Promise<Device[]> {
    return devicesOf(this.#context)
  }

  signIn(user: User, options: SignInOptions = {}): Promise<void> {
    return this.#turns.take(() => signIn(this.#context, user, options))
  }

  signOut(): Promise<Headers> {
    return this.#turns.take(() => signOut(this.#context))
  }

  signOutOthers(): Promise<number | undefined> {
    return this.#turns.take(() => signOutOthers(this.#context))
  }

  signOutEverywhere(): Promise<Headers> {
    return this.#turns.take(() => signOutEverywhere(this.#context))
  }

  signOutDevice(id: string): Promise<boolean> {
    return this.#turns.take(() => signOutDevice(this.#context, id))
  }

  confirm(factor: OneOrMore): Promise<void> {
    return this.#turns.take(() => confirm(this.#context, factor))
  }

  impersonate(user: User, options: ImpersonateOptions = {}): Promise<void> {
    return this.#turns.take(() => impersonate(this.#context, user, options))
  }

  stopImpersonating(options: { keep?: readonly string[] } = {}): Promise<User | undefined> {
    return this.#turns.take(() => stopImpersonating(this.#context, options))
  }

  credentialChanged(user: User): Promise<void> {
    return this.#turns.take(() => changeCredential(this.#context, user))
  }

  // What a guard asks for besides.

  deviceState(): Promise<DeviceState> {
    return this.#context.current.deviceState()
  }

  hasShown(factor: string): Promise<boolean> {
    return hasShown(this.#context, factor)
  }

  /** Whether the session's store is down, and nobody can know who is signed in. */
  async isDegraded(): Promise<boolean> {
    return (await this.#context.handle.read()).isDegraded
  }

  /** For an event about somebody who may be signed in. */
  async aboutNow(): Promise<Omit<Extract<LoginEvent, { type: 'refused' }>, 'type' | 'reason'>> {
    const notes = await this.#context.notes()
    const isOver = notes === undefined || notes.overAt !== undefined
    return isOver ? { time: await timeOf(this.#context.account) } : this.#context.about(notes)
  }
}
