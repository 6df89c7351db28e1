/**
 * `proven`: the device has proven that it holds the key of this session. `unbound`: the session has no key, such as in a
 * browser that can't bind it. `missing`: it has one, and the proof did not come.
 */
export type DeviceState = 'proven' | 'unbound' | 'missing'

/** What knows whether a session is bound to a device, such as `@fetch-sessions/device-bound`. */
export interface DeviceBound<Env = unknown> {
  /** Of the session of this request. `env`: what the platform hands to a handler. */
  state(request: Request, env: Env): Promise<DeviceState>
}
