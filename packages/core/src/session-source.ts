import { SessionManager } from './manager.js'
import type { SessionOptions } from './options.js'

/**
 * What an adapter takes for its sessions: a manager, its options, or a function that makes either of what the platform
 * hands to a handler, such as the `env` of a Worker.
 */
export type SessionSource<Data, Args extends readonly unknown[]> =
  | SessionManager<Data>
  | SessionOptions<Data>
  | ((...args: Args) => SessionManager<Data> | SessionOptions<Data>)

/**
 * The manager of a source. A function is called once for each `env` object, never once for each request; without an
 * object to go by, once.
 *
 * @throws TypeError if the options can't work: at once, or, from a function, when it is first called
 */
export function managerOf<Data, Args extends readonly unknown[]>(
  source: SessionSource<Data, Args>,
): (env: unknown, ...args: Args) => SessionManager<Data> {
  if (typeof source !== 'function') {
    const manager = toManager(source)
    return () => manager
  }
  const managers = new WeakMap<object, SessionManager<Data>>()
  const noEnv = {}
  return (env, ...args) => {
    const key = typeof env === 'object' && env !== null ? env : noEnv
    let manager = managers.get(key)
    if (manager === undefined) {
      manager = toManager(source(...args))
      managers.set(key, manager)
    }
    return manager
  }
}

function toManager<Data>(made: SessionManager<Data> | SessionOptions<Data>): SessionManager<Data> {
  return made instanceof SessionManager ? made : new SessionManager<Data>(made)
}
