import type { SessionLifetime } from '@fetch-sessions/core'
import type { ImpersonateOptions } from './impersonation.js'
import type { OneOrMore } from './options.js'

export interface SignInOptions<Key extends string = string> {
  /**
   * "Remember me". `true`: a cookie that outlives the browser, and 30 days. A lifetime of your own may say otherwise.
   * Default `false`: the lifetime of the sessions' options.
   */
  remember?: boolean | SessionLifetime
  /** By what the user has signed in, such as `password` or `['password', 'totp']`: for `isFresh`. */
  factor?: OneOrMore
  /** Keys of the session that stay, such as the cart of the visitor. Everything else goes. */
  keep?: readonly Key[]
  /** What the list of devices calls this one. Default: what `describeDevice` says. */
  label?: string
}

/** A session of a user, as an account page shows it. Times are milliseconds since the epoch. */
export interface Device {
  /** For `signOutDevice`. The same as long as the sign-in lasts, whatever ids its session has. Useless as a cookie. */
  readonly id: string
  readonly label: string | undefined
  /** When the user signed in there. */
  readonly createdAt: number
  /** Right to a tenth of the idle timeout. */
  readonly lastUsedAt: number
  /** Whether it is the session of this request. */
  readonly isCurrent: boolean
}

export interface FreshOptions {
  /** Whether the device has to have proven its key, too (`deviceBound`). */
  proven?: boolean
}

/**
 * Who is signed in with one request. Nothing happens before something is asked for.
 *
 * What changes something is stored when its promise is fulfilled, and reaches the browser with the response: something
 * has to commit the session, which an adapter does. Where the store fails, nothing of it is left, if nothing else is said.
 */
export interface Auth<User, Key extends string = string> {
  /** The user's id, by the session alone: nobody has looked whether the user is still there. */
  userId(): Promise<string | undefined>
  /**
   * The user, loaded once a request, if the credential is still the one of the sign-in. If not, nobody is signed in, and
   * what the session holds goes ten seconds later, at its next use.
   * @throws what `loadUser` throws, and what the session's store does: an outage signs nobody out
   */
  user(): Promise<User | undefined>
  /**
   * Signs a user in, whose credentials you have checked. The session always gets a new id and a new beginning, and keeps
   * nothing but what `keep` names, also where somebody is signed in already.
   * @throws LoginError `ERR_LOGIN_FULL` where `whenFull` refuses, and the session is as it was; or where newer sign-ins, at
   * the same moment, have taken all places, or a sign-out everywhere has ended it, and the session is over
   * @throws TypeError for a user without id or credential
   */
  signIn(user: User, options?: SignInOptions<Key>): Promise<void>
  /** Ends this session. The headers are what `clearSiteData` asks for, to be put on the response. */
  signOut(): Promise<Headers>
  /**
   * Ends the user's other sessions. How many; `undefined` where nobody can know.
   * @throws LoginError if nobody is signed in, or the store can't do that
   */
  signOutOthers(): Promise<number | undefined>
  /**
   * Ends all sessions of the user, and what the user does as others. The headers are those of `signOut`.
   * @throws SessionStoreError also where this session was ended and the others could not be
   */
  signOutEverywhere(): Promise<Headers>
  /**
   * The user has just shown these factors again: the session gets a new id, and the time is noted. Of two at the same moment,
   * the one that is stored first goes on, by the cookie of either answer; what the request of the other one had changed in the
   * session is dropped.
   * @throws LoginError if nobody is signed in, or no more, or somebody acts as the user; or SessionDestroyedError, where it
   * was signed out at this moment
   */
  confirm(factor: OneOrMore): Promise<void>
  /**
   * Whether the user has signed in or confirmed within so many seconds, with this factor if one is named. A remembered
   * session is fresh by `confirm` alone, and one of somebody who acts as the user never is. Nor is a time that is more than
   * a minute ahead of the clock.
   */
  isFresh(seconds: number, factor?: string, options?: FreshOptions): Promise<boolean>
  /** Whether the user has this permission, or all of these. Nobody has none. */
  can(permission: OneOrMore): Promise<boolean>
  /** The sessions in which the user is signed in, the newest sign-in first. */
  devices(): Promise<Device[]>
  /**
   * Signs one device of the user's own out, by `Device.id`, which ends each session of that sign-in, or by the id of a
   * session; `false` if there is none.
   */
  signOutDevice(id: string): Promise<boolean>
  /**
   * Goes on as another user, for support. You have checked that the one who is signed in may do so.
   * @throws LoginError if nobody is signed in, or somebody acts as another user already; `ERR_LOGIN_REQUIRED` also where
   * another request has ended the session or given it a new id at this moment, and does not act as that user
   */
  impersonate(user: User, options?: ImpersonateOptions): Promise<void>
  /**
   * Goes on as who one is, if that one may still sign in and has a place (`maxSessions`). Who is signed in after it.
   * @throws LoginError `ERR_LOGIN_REQUIRED` where another request has ended the session or given it a new id at this moment,
   * and the impersonation may go on there
   */
  stopImpersonating(options?: { keep?: readonly string[] }): Promise<User | undefined>
  /** Who acts as the user. */
  actor(): Promise<User | undefined>
  /**
   * The credential of this user has just changed: this session goes on with a new id, if it is the user's, and the others
   * end. `user` has the new credential. Ask `user()` or a guard before the change: afterwards nobody can tell whether this
   * session was over.
   * @throws SessionStoreError also where this session goes on and the others could not be ended: call it again
   */
  credentialChanged(user: User): Promise<void>
}
