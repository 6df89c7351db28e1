/** What a session holds when nothing else is said. */
export type SessionData = Record<string, unknown>

/** `T`, and nothing in it can be assigned to. */
export type DeepReadonly<T> = T extends string | number | boolean | bigint | symbol | null | undefined
  ? T
  : T extends (...args: never[]) => unknown
    ? T
    : T extends ReadonlyMap<infer K, infer V>
      ? ReadonlyMap<DeepReadonly<K>, DeepReadonly<V>>
      : T extends ReadonlySet<infer V>
        ? ReadonlySet<DeepReadonly<V>>
        : T extends Date
          ? T
          : { readonly [K in keyof T]: DeepReadonly<T[K]> }

/** Values that would not come back from JSON as they went in. */
type NotJson =
  | bigint
  | symbol
  | ((...args: never[]) => unknown)
  | Date
  | RegExp
  | ReadonlyMap<unknown, unknown>
  | ReadonlySet<unknown>
  | WeakMap<WeakKey, unknown>
  | WeakSet<WeakKey>
  | Promise<unknown>
  | ArrayBuffer
  | ArrayBufferView

type IsSame<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

type Includes<List extends unknown[], T> = List extends [infer First, ...infer Rest]
  ? IsSame<First, T> extends true
    ? true
    : Includes<Rest, T>
  : false

/**
 * What in `T` JSON can't carry, or `never`. A type that contains itself is looked at once, and `unknown` is left to the
 * check at run time.
 */
type NotJsonIn<T, Seen extends unknown[] = []> = unknown extends T
  ? never
  : T extends NotJson
    ? T
    : T extends object
      ? Includes<Seen, T> extends true
        ? never
        : T extends readonly (infer V)[]
          ? NotJsonIn<V, [...Seen, T]>
          : { [K in keyof T]-?: NotJsonIn<T[K], [...Seen, T]> }[keyof T]
      : never

/** `true` if each value in `T` comes back from JSON as it went in. */
export type IsJson<T> = [NotJsonIn<T>] extends [never] ? true : false
