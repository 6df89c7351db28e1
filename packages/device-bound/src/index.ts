/**
 * Sessions that are bound to the device that they were begun on, where the browser can: Device Bound Session Credentials.
 *
 * @module @fetch-sessions/device-bound
 */
export type { BoundState, DeviceBinding, DeviceBoundData } from './binding.js'
export { DeviceBound, deviceBound } from './device-bound.js'
export type { BoundEvent, BoundListener, BoundRejection } from './events.js'
export type { GuardOptions } from './guard.js'
export type { RequestLike } from './header.js'
export { type MiddlewareContext, middleware } from './middleware.js'
export type { DeviceBoundOptions } from './options.js'
