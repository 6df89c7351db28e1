import { invalidOption, rejectUnknown } from '../option-error.js'
import { checkStore } from '../store/check-store.js'
import type { Awaitable, SessionRecord, SessionStore, StoreLimits } from '../store/store.js'

const METHODS = [
  'load',
  'create',
  'update',
  'touch',
  'delete',
  'list',
  'listByOwner',
  'deleteByOwner',
  'deleteExpired',
  'clear',
] as const

export type StoreMethod = (typeof METHODS)[number]

/** What a store was asked. */
export interface StoreCall {
  readonly method: StoreMethod
  readonly args: readonly unknown[]
}

export interface FailOptions {
  /** What the calls fail with. */
  error?: unknown
  /** The call is carried out, and only its answer is lost, as when a connection breaks. Default false. */
  after?: boolean
  /** So many calls, then all is well again. Default: all, until `heal`. */
  times?: number
}

/** A call that gets no answer for now. */
export interface HungCall {
  /** Resolves when a call has come that hangs. */
  readonly reached: Promise<void>
  /** The calls go on, and those that come later don't hang. */
  letGo(): void
}

/** What happens to calls. */
interface Trouble {
  readonly after: boolean
  callsLeft: number
  /** Called when a call has come this far; rejects, or resolves when the call goes on. */
  readonly meet: () => Promise<void>
}

type Method = (...args: unknown[]) => Awaitable<unknown>

/**
 * The same store, but it fails, hangs and counts on command: for tests of what an application does in an outage.
 *
 * @example
 * ```ts
 * const store = failingStore(new MemoryStore())
 * store.fail('update') // from now on
 * store.heal()
 * ```
 *
 * @throws TypeError if this is no store
 */
export function failingStore(store: SessionStore): FailingStore {
  checkStore('failingStore', store)
  return new FailingStore(store)
}

/** What `failingStore` makes. */
export class FailingStore implements SessionStore {
  declare readonly atomic?: boolean
  declare readonly consistency?: 'strong' | 'eventual'
  declare readonly isProcessLocal?: boolean
  declare readonly limits?: StoreLimits
  declare readonly load: SessionStore['load']
  declare readonly create: SessionStore['create']
  declare readonly update: SessionStore['update']
  declare readonly touch: SessionStore['touch']
  declare readonly delete: SessionStore['delete']
  declare readonly list?: NonNullable<SessionStore['list']>
  declare readonly listByOwner?: NonNullable<SessionStore['listByOwner']>
  declare readonly deleteByOwner?: NonNullable<SessionStore['deleteByOwner']>
  declare readonly deleteExpired?: NonNullable<SessionStore['deleteExpired']>
  declare readonly clear?: NonNullable<SessionStore['clear']>

  /** All that was asked so far, in order. */
  readonly calls: StoreCall[] = []
  readonly #store: SessionStore
  readonly #troubles: Map<StoreMethod, Trouble> = new Map()
  readonly #hanging: Set<() => void> = new Set()

  constructor(store: SessionStore) {
    this.#store = store
    const own = this as unknown as Record<string, unknown>
    const { atomic, consistency, isProcessLocal, limits } = store
    for (const [name, value] of Object.entries({ atomic, consistency, isProcessLocal, limits })) {
      if (value !== undefined) own[name] = value
    }
    // What the store can't do, this one can't do, either.
    for (const method of METHODS) {
      if (store[method] !== undefined) own[method] = (...args: unknown[]) => this.#call(method, args)
    }
  }

  useClock(now: () => number): void {
    this.#store.useClock?.(now)
  }

  /**
   * From now on calls of this method fail, or of all methods, as in an outage. Nothing is written, unless it is to fail
   * `after` that. It takes the place of what was commanded before.
   */
  fail(method: StoreMethod | 'all' = 'all', options: Error | FailOptions = {}): void {
    // Not by its class: in the realm of a test that may be another one.
    const given: FailOptions = 'message' in Object(options) ? { error: options } : (options as FailOptions)
    rejectUnknown('fail: ', given, ['error', 'after', 'times'])
    const { after = false, times = Number.POSITIVE_INFINITY } = given
    if (!(times > 0)) throw invalidOption('times', 'must be a number above 0')
    const error = 'error' in given ? given.error : new Error('the store is out of reach, as the test wants it')
    this.#trouble(methodsOf(method), { after, callsLeft: times, meet: () => Promise.reject(error) })
  }

  /**
   * From now on calls of this method get no answer, before anything is written or `after` that, until they are let go or
   * the store is healed.
   */
  hang(method: StoreMethod | 'all' = 'all', options: { after?: boolean } = {}): HungCall {
    rejectUnknown('hang: ', options, ['after'])
    const { after = false } = options
    const [reached, reach] = signal()
    const [released, letGo] = signal()
    const meet = (): Promise<void> => {
      reach()
      return released
    }
    const trouble: Trouble = { after, callsLeft: Number.POSITIVE_INFINITY, meet }
    this.#trouble(methodsOf(method), trouble)
    this.#hanging.add(letGo)
    return {
      reached,
      letGo: () => {
        this.#end(trouble)
        letGo()
      },
    }
  }

  /** All is well from now on, and what hangs goes on. */
  heal(): void {
    this.#troubles.clear()
    for (const letGo of this.#hanging) letGo()
    this.#hanging.clear()
  }

  /** How many calls there were, of this method or of all. */
  count(method?: StoreMethod): number {
    return method === undefined ? this.calls.length : this.calls.filter((call) => call.method === method).length
  }

  #trouble(methods: readonly StoreMethod[], trouble: Trouble): void {
    for (const method of methods) this.#troubles.set(method, trouble)
  }

  #end(trouble: Trouble): void {
    for (const [method, one] of this.#troubles) if (one === trouble) this.#troubles.delete(method)
  }

  #call(method: StoreMethod, args: unknown[]): Awaitable<unknown> {
    this.calls.push({ method, args: args.map(copied) })
    const act = (): Awaitable<unknown> => (this.#store[method] as Method).apply(this.#store, args)
    const trouble = this.#troubles.get(method)
    if (trouble === undefined) return act()
    trouble.callsLeft--
    if (trouble.callsLeft <= 0) this.#end(trouble)
    if (!trouble.after) return trouble.meet().then(act)
    return Promise.resolve(act()).then((answer) => trouble.meet().then(() => answer))
  }
}

function methodsOf(method: StoreMethod | 'all'): readonly StoreMethod[] {
  if (method === 'all') return METHODS
  if (!METHODS.includes(method))
    throw invalidOption(`"${method}"`, `is no method: there are ${METHODS.join(', ')}, all`)
  return [method]
}

/** A record as it was when the store was asked. */
function copied(argument: unknown): unknown {
  return typeof argument === 'object' && argument !== null ? { ...(argument as SessionRecord) } : argument
}

function signal(): [promise: Promise<void>, resolve: () => void] {
  let resolve: () => void = () => {}
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return [promise, resolve]
}
