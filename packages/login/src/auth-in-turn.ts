import type { SignInOptions } from './auth.js'
import type { ImpersonateOptions } from './impersonation.js'
import type { OneOrMore } from './options.js'
import { RequestAuth } from './request-auth.js'

/**
 * The calls of one request that change something follow one another, in the order in which they were made: each begins with
 * what the one before it has stored.
 */
export class AuthInTurn<User> extends RequestAuth<User> {
  #last: Promise<unknown> = Promise.resolve()

  override signIn(user: User, options?: SignInOptions): Promise<void> {
    return this.#inTurn(() => super.signIn(user, options))
  }

  override signOut(): Promise<Headers> {
    return this.#inTurn(() => super.signOut())
  }

  override signOutOthers(): Promise<number | undefined> {
    return this.#inTurn(() => super.signOutOthers())
  }

  override signOutEverywhere(): Promise<Headers> {
    return this.#inTurn(() => super.signOutEverywhere())
  }

  override signOutDevice(id: string): Promise<boolean> {
    return this.#inTurn(() => super.signOutDevice(id))
  }

  override confirm(factor: OneOrMore): Promise<void> {
    return this.#inTurn(() => super.confirm(factor))
  }

  override impersonate(user: User, options?: ImpersonateOptions): Promise<void> {
    return this.#inTurn(() => super.impersonate(user, options))
  }

  override stopImpersonating(options?: { keep?: readonly string[] }): Promise<User | undefined> {
    return this.#inTurn(() => super.stopImpersonating(options))
  }

  override credentialChanged(user: User): Promise<void> {
    return this.#inTurn(() => super.credentialChanged(user))
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work)
    this.#last = turn.catch(() => {})
    return turn
  }
}
