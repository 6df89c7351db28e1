import { SessionManager } from './manager.js'
import { invalidOption } from './option-error.js'
import type { SessionOptions } from './options.js'
import { isObject, isPlainObject } from './session/plain-values.js'

/**
 * What an adapter takes for its sessions: a manager, its options, or a function that makes either of what the platform
 * hands to a handler, such as the `env` of a Worker.
 */
export type SessionSource<Data, Args extends readonly unknown[]> =
  | SessionManager<Data>
  | SessionOptions<Data>
  | ((...args: Args) => SessionManager<Data> | SessionOptions<Data>)

/**
 * What platforms and Hono's adapters for them put into an `env` that is new with each request. It says nothing about the
 * sessions. The first list is what the platform is known by, and begins with an object: an application may have bindings
 * with such names.
 */
const OF_REQUEST: readonly (readonly [marks: readonly string[], names: readonly string[]])[] = [
  /* Node */ [['incoming'], ['incoming', 'outgoing', 'wss']],
  /* @whatwg-node/server */ [
    ['req', 'res'],
    ['req', 'res'],
  ],
  /* Deno */ [['remoteAddr'], ['remoteAddr', 'completed']],
  /* Cloudflare Pages */ [['eventContext'], ['eventContext']],
  /* AWS Lambda */ [
    ['event', 'requestContext'],
    ['event', 'requestContext', 'lambdaContext', 'context'],
  ],
  /* Lambda@Edge */ [
    ['event', 'callback', 'config'],
    ['event', 'context', 'callback', 'config', 'request', 'response'],
  ],
]

/** Functions that many platforms make for each request. */
const OF_EACH_REQUEST = /^(waitUntil|passThroughOnException)$/

/** How many environments that are equal to none before are remembered. */
const MAX_ENVIRONMENTS = 8

/** An `env` without what is of the request alone, and the manager that was made for it. */
interface Environment<Data> {
  readonly bindings: readonly (readonly [string, unknown])[]
  readonly manager: SessionManager<Data>
}

/**
 * The manager of a source. A function is called once for each `env` of the platform, never once for each request: for
 * the same object, and for another plain one that holds the same; without an object to go by, or if the function takes no
 * argument at all, once.
 *
 * @throws TypeError if the options can't work: at once, or, from a function, when it is first called
 */
export function managerOf<Data, Args extends readonly unknown[]>(
  source: SessionSource<Data, Args>,
): (env: unknown, ...args: Args) => SessionManager<Data> {
  if (typeof source === 'function' && isManagerClass(source)) {
    throw invalidOption('sessions', 'is the class: give an instance, as in "new SessionManager({ store, secret })"')
  }
  if (typeof source !== 'function') {
    const manager = toManager(source)
    return () => manager
  }
  const isOfEnv = takesArguments(source)
  const known = new WeakMap<object, SessionManager<Data>>()
  const environments: Environment<Data>[] = []
  const counted = new WeakSet<SessionManager<Data>>()
  let count = 0
  const make = (args: Args): SessionManager<Data> => {
    const made = source(...args)
    const manager = toManager(made)
    if (counted.has(manager)) return manager
    counted.add(manager)
    if (++count === MAX_ENVIRONMENTS + 1 && (made as SessionOptions<Data>).warnings !== false) {
      console.warn(
        'fetch-sessions: the function for the sessions has made managers for 9 env objects. If the platform makes one for each request, make the manager once, outside of the function.',
      )
    }
    return manager
  }
  const find = (env: object | undefined, args: Args): SessionManager<Data> => {
    const bindings = env === undefined ? [] : bindingsOf(env)
    const same = bindings && environments.find((environment) => isSame(environment.bindings, bindings))
    if (same !== undefined) return same.manager
    const manager = make(args)
    if (bindings === undefined) return manager
    environments.push({ bindings, manager })
    if (environments.length > MAX_ENVIRONMENTS) environments.shift()
    return manager
  }
  return (env, ...args) => {
    const key = isOfEnv && isObject(env) ? env : undefined
    const before = key && known.get(key)
    if (before !== undefined) return before
    const manager = find(key, args)
    if (key !== undefined) known.set(key, manager)
    return manager
  }
}

/**
 * Whether a function looks at what it is given. Its `length` counts neither rest parameters nor those with a default, so
 * its text has to tell. Of one that has no text, such as a bound one, nobody knows.
 */
function takesArguments(source: (...args: never[]) => unknown): boolean {
  return (
    source.length > 0 ||
    !/^(async )?(function\b)?\s*[\w$]*\s*\(\s*\)(?!.*(\barguments\b|\[native code))/s.test(`${source}`)
  )
}

/** What the application has put there; `undefined` if that can't be seen, so that each object has to count as another. */
function bindingsOf(env: object): Environment<unknown>['bindings'] | undefined {
  const entries = Object.entries(env)
  const isOpen = isPlainObject(env) && Reflect.ownKeys(env).length === entries.length
  // Netlify has its context alone.
  if (isOpen && entries.length === 1 && entries[0]?.[0] === 'context' && isObject(entries[0][1])) return []
  const isMarked = ([marks]: (typeof OF_REQUEST)[number]): boolean =>
    marks.every((mark) => mark in env) && isObject((env as Record<string, unknown>)[marks[0] as string])
  const ofRequest = OF_REQUEST.filter(isMarked).flatMap(([, names]) => names)
  // What Deno gives has getters only, and events and contexts have what is their own; none of it is the application's.
  const isOfPlatform =
    (ofRequest.length > 0 && entries.length === 0) || typeof (env as { waitUntil?: unknown }).waitUntil === 'function'
  if (!isOpen && !isOfPlatform) return undefined
  return entries.filter(
    ([name, value]) => !ofRequest.includes(name) && !(OF_EACH_REQUEST.test(name) && typeof value === 'function'),
  )
}

function isSame(a: Environment<unknown>['bindings'], b: Environment<unknown>['bindings']): boolean {
  return a.length === b.length && a.every(([name, value], i) => b[i]?.[0] === name && Object.is(b[i]?.[1], value))
}

function toManager<Data>(made: SessionManager<Data> | SessionOptions<Data>): SessionManager<Data> {
  if (!isObject(made)) {
    throw invalidOption('sessions', 'is missing: give a SessionManager, its options, or a function that returns either')
  }
  if ('then' in made) {
    throw invalidOption('sessions', 'is a promise: await what it needs first, and make the manager of that')
  }
  // By its methods and not by its class, of which a second copy of this package has another one.
  return 'handle' in made ? made : new SessionManager<Data>(made)
}

/** Whether somebody has written `SessionManager` for `new SessionManager({ … })`. */
function isManagerClass(source: object): boolean {
  return 'prototype' in source && isObject(source.prototype) && 'handle' in source.prototype
}
