import { SessionManager } from './manager.js'
import type { SessionOptions } from './options.js'
import { isObject } from './session/codec.js'

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
 * object to go by, or if it takes no argument, once. So it is on Node and Deno, where what is handed over is new with
 * each request.
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
    const key = source.length > 0 && isObject(env) && !isOfRequest(env) ? env : noEnv
    let manager = managers.get(key)
    if (manager === undefined) {
      manager = toManager(source(...args))
      managers.set(key, manager)
    }
    return manager
  }
}

/** `@hono/node-server` and `Deno.serve` hand over an object that is new with each request: no `env` to go by. */
function isOfRequest(env: object): boolean {
  return 'incoming' in env || 'remoteAddr' in env
}

function toManager<Data>(made: SessionManager<Data> | SessionOptions<Data>): SessionManager<Data> {
  // By its methods and not by its class, of which a second copy of this package has another one.
  return 'handle' in made ? made : new SessionManager<Data>(made)
}
