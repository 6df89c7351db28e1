import type { SessionStore } from '@fetch-sessions/core'
import { expectTypeOf, test } from 'vitest'
import { SessionObject } from './durable-object.js'
import { type DurableObjectStore, durableObjectStore, type KVStore, kvStore } from './index.js'

test('a KVNamespace fits as it is', () => {
  expectTypeOf(kvStore({} as KVNamespace)).toEqualTypeOf<KVStore>()
  expectTypeOf<KVStore>().toExtend<SessionStore>()
})

test('the type says that Workers KV is not atomic and eventually consistent, and has no owner index', () => {
  expectTypeOf<KVStore['atomic']>().toEqualTypeOf<false>()
  expectTypeOf<KVStore['consistency']>().toEqualTypeOf<'eventual'>()
  expectTypeOf<KVStore>().not.toHaveProperty('listByOwner')
})

test('a function can refuse a store in which a sign-out may not hold', () => {
  const forMoney = (_store: SessionStore & { readonly consistency?: 'strong' }): void => {}
  forMoney(durableObjectStore({} as DurableObjectNamespace<SessionObject>))
  // @ts-expect-error Workers KV is eventually consistent
  forMoney(kvStore({} as KVNamespace))
})

test('what Workers KV can do beyond the protocol is known', () => {
  expectTypeOf<KVStore>().toExtend<Required<Pick<SessionStore, 'list' | 'limits' | 'useClock'>>>()
})

test('a namespace of SessionObject fits as it is, and in a jurisdiction', () => {
  const namespace = {} as DurableObjectNamespace<SessionObject>
  expectTypeOf(durableObjectStore(namespace)).toEqualTypeOf<DurableObjectStore>()
  durableObjectStore(namespace.jurisdiction('eu'))
})

test('so does that of a class which extends it', () => {
  class Named extends SessionObject {
    greet(): string {
      return 'hello'
    }
  }
  durableObjectStore({} as DurableObjectNamespace<Named>)
})

test('another class does not fit', () => {
  // @ts-expect-error nothing is known of its methods
  durableObjectStore({} as DurableObjectNamespace)
})

test('what Durable Objects can do beyond the protocol is known', () => {
  type Capabilities = Required<Pick<SessionStore, 'listByOwner' | 'deleteByOwner' | 'limits' | 'useClock'>>
  expectTypeOf<DurableObjectStore>().toExtend<Capabilities>()
  expectTypeOf<DurableObjectStore>().not.toHaveProperty('list')
})
