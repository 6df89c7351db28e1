import { describe, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import {
  CookieStore,
  type CookieStoreOptions,
  type DeepReadonly,
  type IsJson,
  isSessionError,
  MemoryStore,
  type ReadableSession,
  type SessionCodec,
  type SessionData,
  type SessionError,
  type SessionErrorCode,
  type SessionHandle,
  SessionManager,
  type SessionOptions,
  SessionTooLargeError,
  type WritableSession,
} from './index.js'
import { secret } from './testing/secret.js'

const store = new MemoryStore()
declare const codec: SessionCodec
declare const request: Request

interface Data {
  count: number
  user?: string
  cart: { items: string[] }
}

declare const brand: unique symbol
declare const readable: ReadableSession<Data>
declare const writable: WritableSession<Data>

describe('the data of a session', () => {
  it('is the type argument of the manager', () => {
    const sessions = new SessionManager<Data>({ store, secret })
    expectTypeOf(sessions.read(request)).resolves.toEqualTypeOf<ReadableSession<Data>>()
    expectTypeOf(sessions.write(request)).resolves.toEqualTypeOf<WritableSession<Data>>()
    expectTypeOf(sessions.open(request).read()).resolves.toEqualTypeOf<ReadableSession<Data>>()
    expectTypeOf(sessions.open(request).write()).resolves.toEqualTypeOf<WritableSession<Data>>()
    expectTypeOf(sessions.issue).parameter(0).toEqualTypeOf<Partial<Data>>()
  })

  it('may be the type argument of whoever makes the manager: a function or a class that is generic itself', () => {
    function anyOf<T>(): SessionManager<T> {
      return new SessionManager<T>({ store, secret })
    }
    function objectOf<T extends Data>(): SessionManager<T> {
      return new SessionManager<T>({ store, secret, idleTimeout: 60 })
    }
    class Sessions<T extends object> {
      readonly manager: SessionManager<T & Data> = new SessionManager<T & Data>({ store, secret })
    }
    expectTypeOf(anyOf<Data>().read(request)).resolves.toEqualTypeOf<ReadableSession<Data>>()
    expectTypeOf(objectOf<Data>().read(request)).resolves.toEqualTypeOf<ReadableSession<Data>>()
    expectTypeOf(new Sessions<{ more: 1 }>().manager.read(request)).resolves.toHaveProperty('get').toBeFunction()
  })

  it('is any key with an unknown value when nothing is said', () => {
    const sessions = new SessionManager({ store, secret })
    expectTypeOf(sessions.write(request)).resolves.toEqualTypeOf<WritableSession<Record<string, unknown>>>()
  })

  it('has the keys that it has, and no others', () => {
    expectTypeOf(readable.get).parameter(0).toEqualTypeOf<'count' | 'user' | 'cart'>()
    expectTypeOf(readable.keys()).toEqualTypeOf<('count' | 'user' | 'cart')[]>()
    // @ts-expect-error -- no such key
    readable.get('name')
    // @ts-expect-error -- no such key
    readable.has('name')
    // @ts-expect-error -- no such key
    writable.set('name', 1)
    // @ts-expect-error -- no such key
    writable.update('name', () => 1)
    // @ts-expect-error -- no such key
    writable.delete('name')
    // @ts-expect-error -- no such key
    writable.take('name')
  })

  it('has values of the types that it has', () => {
    expectTypeOf(writable.get('count')).toEqualTypeOf<number | undefined>()
    expectTypeOf(writable.take('user')).toEqualTypeOf<string | undefined>()
    expectTypeOf(writable.update('count', (count = 0) => count + 1)).toEqualTypeOf<number>()
    expectTypeOf(writable.set('count', 1)).toEqualTypeOf<WritableSession<Data>>()
    // @ts-expect-error -- a string is no number
    writable.set('count', '1')
    // @ts-expect-error -- a string is no number
    writable.update('count', () => '1')
    writable.clear({ except: ['count', 'user'] })
    // @ts-expect-error -- no such key
    writable.clear({ except: ['cuont'] })
  })
})

describe('a readable session', () => {
  it('can not be written', () => {
    type Writing =
      | 'set'
      | 'update'
      | 'delete'
      | 'take'
      | 'clear'
      | 'regenerate'
      | 'destroy'
      | 'setOwner'
      | 'setLifetime'
    expectTypeOf<Extract<keyof ReadableSession<Data>, Writing>>().toEqualTypeOf<never>()
    expectTypeOf<Extract<keyof WritableSession<Data>, Writing>>().toEqualTypeOf<Writing>()
    expectTypeOf<ReadableSession<Data>>().not.toExtend<WritableSession<Data>>()
    // @ts-expect-error -- read only
    readable.owner = 'eve'
    // @ts-expect-error -- read only
    writable.id = 'x'
  })

  it('shows values that can not be changed, however deep', () => {
    expectTypeOf(readable.get('cart')).toEqualTypeOf<{ readonly items: readonly string[] } | undefined>()
    expectTypeOf(readable.get('count')).toEqualTypeOf<number | undefined>()
    expectTypeOf(readable.toJSON()).toEqualTypeOf<DeepReadonly<Partial<Data>>>()
    // @ts-expect-error -- read only
    readable.get('cart')?.items.push('milk')
  })
})

describe('a session of any data', () => {
  it('may hold null: its values are unknown, whoever reads them', () => {
    expectTypeOf<ReturnType<ReadableSession['get']>>().toBeUnknown()
    expectTypeOf<ReturnType<WritableSession['get']>>().toBeUnknown()
    expectTypeOf<ReadableSession['toJSON']>().returns.toEqualTypeOf<{ readonly [x: string]: unknown }>()
  })
})

describe('a writable session', () => {
  it('shows values that can be changed in place', () => {
    expectTypeOf(writable.get('cart')).toEqualTypeOf<{ items: string[] } | undefined>()
    expectTypeOf(writable.get('cart')?.items.push).toBeCallableWith('milk')
  })
})

describe('what takes a readable session', () => {
  it('takes a writable one as well', () => {
    const userOf = (session: ReadableSession<Data>): string | undefined => session.get('user')
    expectTypeOf(userOf).toBeCallableWith(writable)
    expectTypeOf<WritableSession<Data>>().toExtend<ReadableSession<Data>>()
    expectTypeOf<WritableSession>().toExtend<ReadableSession>()
    function sizeOf<T>(session: WritableSession<T>): number {
      const readable: ReadableSession<T> = session
      return readable.size
    }
    expectTypeOf(sizeOf(writable)).toEqualTypeOf<number>()
  })

  it('takes none of other data', () => {
    expectTypeOf<WritableSession<Data>>().not.toExtend<ReadableSession<{ count: string }>>()
  })
})

describe('set', () => {
  it('takes undefined for each key, also for one that is no optional one: it deletes', () => {
    writable.set('count', undefined)
    writable.set('user', undefined)
    writable.set('cart', undefined)
    // @ts-expect-error -- null is a value, and not one of these
    writable.set('count', null)
  })
})

describe('a handle', () => {
  it('needs no type of its data: any key with an unknown value then', () => {
    expectTypeOf<SessionHandle>().toEqualTypeOf<SessionHandle<SessionData>>()
    expectTypeOf<SessionHandle>().toEqualTypeOf<SessionHandle<Record<string, unknown>>>()
    const open = (handle: SessionHandle) => handle.write()
    expectTypeOf(open).returns.resolves.toEqualTypeOf<WritableSession>()
    expectTypeOf(open(new SessionManager({ store, secret }).open(request)))
      .resolves.toHaveProperty('set')
      .toBeFunction()
  })
})

describe('CookieStore', () => {
  it('shows nothing of how it works: it has no member at all', () => {
    expectTypeOf<keyof CookieStore>().toEqualTypeOf<never>()
    expectTypeOf<ConstructorParameters<typeof CookieStore>>().toEqualTypeOf<[options?: CookieStoreOptions]>()
    expectTypeOf<keyof CookieStoreOptions>().toEqualTypeOf<'encrypt' | 'revocations' | 'maxStaleness'>()
  })
})

describe('isSessionError', () => {
  it('tells what an unknown error is, down to its code', () => {
    const thrown: unknown = new Error('any')
    if (isSessionError(thrown)) {
      expectTypeOf(thrown).toEqualTypeOf<SessionError>()
      expectTypeOf(thrown.code).toEqualTypeOf<SessionErrorCode>()
      expectTypeOf(thrown.url).toEqualTypeOf<string>()
      // @ts-expect-error -- only some have a size
      thrown.size
      if (thrown instanceof SessionTooLargeError) expectTypeOf(thrown.size).toEqualTypeOf<number>()
    }
    // @ts-expect-error -- it may be none
    thrown.code
  })
})

describe('DeepReadonly', () => {
  it('reaches into objects, arrays, tuples, maps and sets, and leaves functions and primitives alone', () => {
    expectTypeOf<DeepReadonly<{ a: { b: number[] }[] }>>().toEqualTypeOf<{
      readonly a: readonly { readonly b: readonly number[] }[]
    }>()
    expectTypeOf<DeepReadonly<[number, { a: string }]>>().toEqualTypeOf<readonly [number, { readonly a: string }]>()
    expectTypeOf<DeepReadonly<Map<string, { a: 1 }>>>().toEqualTypeOf<ReadonlyMap<string, { readonly a: 1 }>>()
    expectTypeOf<DeepReadonly<Set<string[]>>>().toEqualTypeOf<ReadonlySet<readonly string[]>>()
    expectTypeOf<DeepReadonly<Date>>().toEqualTypeOf<Date>()
    expectTypeOf<DeepReadonly<'a' | 1 | null>>().toEqualTypeOf<'a' | 1 | null>()
    expectTypeOf<DeepReadonly<() => void>>().toEqualTypeOf<() => void>()
  })

  it('leaves what is not known as it is, and primitives with a brand', () => {
    expectTypeOf<DeepReadonly<unknown>>().toEqualTypeOf<unknown>()
    expectTypeOf<DeepReadonly<{ a: unknown }>>().toEqualTypeOf<{ readonly a: unknown }>()
    // biome-ignore lint/suspicious/noExplicitAny: that is the point
    expectTypeOf<DeepReadonly<any>>().toBeAny()
    // biome-ignore lint/suspicious/noExplicitAny: that is the point
    expectTypeOf<DeepReadonly<{ a: any }>['a']>().toBeAny()
    expectTypeOf<DeepReadonly<string & { readonly __brand: 'UserId' }>>().toEqualTypeOf<
      string & { readonly __brand: 'UserId' }
    >()
  })
})

describe('data that JSON can not carry', () => {
  it('is an error without a codec: Date, Map, Set, bigint, symbol, function', () => {
    // @ts-expect-error -- needs a codec
    new SessionManager<{ since: Date }>({ store, secret })
    // @ts-expect-error -- needs a codec
    new SessionManager<{ tags: Map<string, string> }>({ store, secret })
    // @ts-expect-error -- needs a codec
    new SessionManager<{ tags: Set<string> }>({ store, secret })
    // @ts-expect-error -- needs a codec
    new SessionManager<{ big: bigint }>({ store, secret })
    // @ts-expect-error -- needs a codec
    new SessionManager<{ symbol: symbol }>({ store, secret })
    // @ts-expect-error -- needs a codec
    new SessionManager<{ fn: () => void }>({ store, secret })
    // @ts-expect-error -- needs a codec
    new SessionManager<{ bytes: Uint8Array }>({ store, secret })
  })

  it('is an error wherever it is: nested, in arrays, optional, in unions', () => {
    // @ts-expect-error -- needs a codec
    new SessionManager<{ a: { b: { since: Date } } }>({ store, secret })
    // @ts-expect-error -- needs a codec
    new SessionManager<{ all: Date[] }>({ store, secret })
    // @ts-expect-error -- needs a codec
    new SessionManager<{ all: readonly { since: Date }[] }>({ store, secret })
    // @ts-expect-error -- needs a codec
    new SessionManager<{ since?: Date }>({ store, secret })
    // @ts-expect-error -- needs a codec
    new SessionManager<{ since: string | Date | null }>({ store, secret })
    // @ts-expect-error -- needs a codec
    new SessionManager<{ pair: [string, Date] }>({ store, secret })
    // @ts-expect-error -- needs a codec
    new SessionManager<{ byName: Record<string, Date> }>({ store, secret })
    // @ts-expect-error -- needs a codec
    new SessionManager<{ a: string } | { since: Date }>({ store, secret })
    // @ts-expect-error -- needs a codec
    new SessionManager<{ since: Date }>({ store: new CookieStore(), secret })
  })

  it('is fine with a codec', () => {
    new SessionManager<{ since: Date; tags: Map<string, Set<bigint>>; all?: Date[] }>({ store, secret, codec })
  })

  it('is no error where it is none: what JSON carries, and what is not known', () => {
    new SessionManager<{ a: string; b?: number; c: null; d: boolean[]; e: { f: [1, 'x'] } }>({ store, secret })
    new SessionManager<Record<string, { visits: number }>>({ store, secret })
    new SessionManager<{ a: unknown }>({ store, secret })
    // biome-ignore lint/suspicious/noExplicitAny: that is the point
    new SessionManager<{ a: any }>({ store, secret })
    new SessionManager<Data>({ store, secret, codec })
  })

  it('is no error for a type that contains itself, when all of it is JSON', () => {
    interface Tree {
      name: string
      children: Tree[]
    }
    new SessionManager<{ tree: Tree }>({ store, secret })
    type Json = string | number | boolean | null | Json[] | { [key: string]: Json }
    new SessionManager<{ json: Json }>({ store, secret })
  })

  it('is no error for many types that all refer to each other: each is looked at a few times, whatever led there', () => {
    type Name = 'user' | 'team' | 'task' | 'file' | 'label' | 'role' | 'invite' | 'comment' | 'project' | 'board'
    type Entity<Kind extends Name> = { id: string } & { [Other in Exclude<Name, Kind>]: Entity<Other>[] }
    new SessionManager<{ user: Entity<'user'> }>({ store, secret })
    // @ts-expect-error -- needs a codec
    new SessionManager<{ user: Entity<'user'> & { since: Date } }>({ store, secret })
  })

  it('is no error for a primitive with a brand, and one for a bigint with a brand', () => {
    new SessionManager<{ userId: string & { readonly __brand: 'UserId' } }>({ store, secret })
    new SessionManager<{ cents?: (number & { readonly [brand]: 'Cents' })[] }>({ store, secret })
    new SessionManager({ store, secret, schema: z.object({ userId: z.string().brand<'UserId'>() }) })
    // @ts-expect-error -- needs a codec
    new SessionManager<{ big: bigint & { readonly __brand: 'Big' } }>({ store, secret })
  })

  it('is an error eight levels deep, and left to the check at run time below that', () => {
    expectTypeOf<IsJson<{ a: { b: { c: { d: { e: { f: { g: { since: Date } } } } } } } }>>().toEqualTypeOf<false>()
    expectTypeOf<IsJson<{ a: { b: { c: { d: { e: { f: { g: { h: { i: Date } } } } } } } } }>>().toEqualTypeOf<true>()
  })

  it('is an error in a type that contains itself, too', () => {
    interface Thread {
      since: Date
      replies: Thread[]
    }
    // @ts-expect-error -- needs a codec
    new SessionManager<{ thread: Thread }>({ store, secret })
  })

  it('is what IsJson tells', () => {
    expectTypeOf<IsJson<Data>>().toEqualTypeOf<true>()
    expectTypeOf<IsJson<{ a: 'x' | 1 | null }>>().toEqualTypeOf<true>()
    expectTypeOf<IsJson<{ a: Date }>>().toEqualTypeOf<false>()
    expectTypeOf<IsJson<{ a?: (string | bigint)[] }>>().toEqualTypeOf<false>()
  })
})

describe('a schema', () => {
  it('types the data', () => {
    const schema = z.object({ user: z.string(), visits: z.number().optional() })
    const sessions = new SessionManager({ store, secret, schema })
    type Inferred = { user: string; visits?: number | undefined }
    expectTypeOf(sessions.write(request)).resolves.toEqualTypeOf<WritableSession<Inferred>>()
  })

  it('types the data by its output', () => {
    const schema = z.object({ visits: z.coerce.number().default(0) })
    const sessions = new SessionManager({ store, secret, schema })
    expectTypeOf(sessions.write(request)).resolves.toEqualTypeOf<WritableSession<{ visits: number }>>()
  })

  it('must fit the data that was said', () => {
    // @ts-expect-error -- the schema makes something else
    new SessionManager<Data>({ store, secret, schema: z.object({ count: z.string() }) })
  })
})

describe('the options', () => {
  it('take the secret of the environment, which may be undefined as far as its type says', () => {
    const fromEnvironment = secret as string | undefined
    new SessionManager({ store, secret: fromEnvironment })
    new SessionManager({ store, secret: [secret, new Uint8Array(32)] as const })
    new SessionManager({ store, secret: new Uint8Array(32) })
    // @ts-expect-error -- the secret can not be left out
    new SessionManager({ store })
    // @ts-expect-error -- a number is no secret
    new SessionManager({ store, secret: 1 })
  })

  it('take the words that are known', () => {
    expectTypeOf<SessionOptions['persistence']>().toEqualTypeOf<'changed' | 'existing' | 'always' | undefined>()
    // @ts-expect-error -- no such word
    new SessionManager({ store, secret, persistence: 'never' })
    // @ts-expect-error -- no such word
    new SessionManager({ store, secret, cookie: { sameSite: 'loose' } })
    // @ts-expect-error -- no such option
    new SessionManager({ store, secret, maxAge: 60 })
  })

  it('take undefined for what may be left out, as a setting that is not there', async () => {
    const none = undefined
    const sessions = new SessionManager<Data>({
      store,
      secret,
      cookie: { name: none, domain: none, path: none, retired: [{ name: 'sid', domain: none }], priority: none },
      idleTimeout: none,
      storeTimeout: none,
      schema: none,
      codec: none,
      onEvent: none,
      now: none,
    })
    await sessions.list({ cursor: none, limit: none })
    await sessions.destroyByOwner('ada', { except: none })
    const handle = sessions.open(none)
    await handle.exclusive((session) => session.regenerate({ grace: none, restart: none }), { wait: none, hold: none })
    await sessions.handle(new Request('https://app.example/'), () => new Response(), { failed: none, keep: none })
  })

  it('take either kind of store', () => {
    new SessionManager<Data>({ store: new MemoryStore(), secret })
    new SessionManager<Data>({ store: new CookieStore({ encrypt: false }), secret })
  })

  it('take nothing else for one', () => {
    // @ts-expect-error -- a class of stores
    new SessionManager<Data>({ store: MemoryStore, secret })
    // @ts-expect-error -- a promise of a store
    new SessionManager<Data>({ store: Promise.resolve(store), secret })
    // @ts-expect-error -- a URL of a database
    new SessionManager<Data>({ store: 'redis://127.0.0.1', secret })
    const { load, create, update, touch } = new MemoryStore()
    // @ts-expect-error -- without delete
    new SessionManager<Data>({ store: { load, create, update, touch, destroy: () => true }, secret })
    // @ts-expect-error -- nothing at all
    new SessionManager<Data>({ store: {}, secret })
  })
})
