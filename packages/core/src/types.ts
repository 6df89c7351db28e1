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

type IsAny<T> = 0 extends 1 & T ? true : false

/** The keys of `T` whose values JSON can't carry, or `never`. `unknown` is left to the check at run time. */
type NotJsonKeys<T> = { [K in keyof T]-?: IsJson<T[K]> extends true ? never : K }[keyof T]

/** `true` if each value in `T` comes back from JSON as it went in. */
export type IsJson<T> =
  IsAny<T> extends true
    ? true
    : unknown extends T
      ? true
      : [Extract<T, NotJson>] extends [never]
        ? [T] extends [string | number | boolean | null | undefined]
          ? true
          : T extends readonly (infer V)[]
            ? IsJson<V>
            : T extends object
              ? [NotJsonKeys<T>] extends [never]
                ? true
                : false
              : true
        : false
