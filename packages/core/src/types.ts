/** What a session holds when nothing else is said. */
export type SessionData = Record<string, unknown>

/** `T`, and nothing in it can be assigned to. */
export type DeepReadonly<T> = unknown extends T
  ? T
  : T extends string | number | boolean | bigint | symbol | null | undefined
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

/**
 * What in `T` JSON can't carry, or `never`. `unknown`, and what lies deeper than `Depth` has room, are left to the check
 * at run time. The depth alone is carried along, and not the path: so each type is looked at once for each depth, however
 * many paths of a type that refers to itself lead there.
 */
type NotJsonIn<T, Depth extends 0[] = []> = unknown extends T
  ? never
  : T extends string | number | boolean | null | undefined
    ? never
    : T extends NotJson
      ? T
      : Depth['length'] extends 8
        ? never
        : T extends readonly (infer V)[]
          ? NotJsonIn<V, [...Depth, 0]>
          : { [K in keyof T]-?: NotJsonIn<T[K], [...Depth, 0]> }[keyof T]

/** `true` if each value in `T` comes back from JSON as it went in. */
export type IsJson<T> = [NotJsonIn<T>] extends [never] ? true : false
