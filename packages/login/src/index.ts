/**
 * Who is signed in, on which devices, and how fresh: on top of core, for any framework.
 *
 * @module @fetch-sessions/login
 */
export type { Auth, Device, FreshOptions, SignInOptions } from './auth.js'
export type { DeviceBound, DeviceState } from './device-bound.js'
export { isLoginError, LoginError, type LoginErrorCode } from './errors.js'
export type { LoginEnd, LoginEvent, LoginListener, Refusal } from './events.js'
export type { Guard, GuardOptions } from './guard.js'
export type { ImpersonateOptions } from './impersonation.js'
export { createLogin, type Login } from './login.js'
export { LOGIN_KEY, type LoginNotes } from './notes.js'
export type {
  AnySessionHandle,
  AnySessionManager,
  Awaitable,
  KeyOf,
  LoginOptions,
  ManagerOf,
  OneOrMore,
  SiteData,
} from './options.js'
export type { RefusedRequest } from './refusal.js'
export { safeNext } from './safe-next.js'
