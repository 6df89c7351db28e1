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

/** `T` as far as JSON carries it: what it can't carry becomes `never`. `unknown` is left to the check at run time. */
type JsonPart<T> = unknown extends T
  ? T
  : T extends string | number | boolean | null | undefined
    ? T
    : T extends NotJson
      ? never
      : { [K in keyof T]: JsonPart<T[K]> }

/** `true` if each value in `T` comes back from JSON as it went in. */
export type IsJson<T> = [T] extends [JsonPart<T>] ? true : false
