import { expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import {
  MemoryStore,
  type ReadableSession,
  type SessionCodec,
  type SessionHandle,
  SessionManager,
  type WritableSession,
} from './index.js'

interface Cart {
  items: string[]
}

interface Data {
  count: number
  userId?: string
  cart: Cart
}

declare const secret: string | undefined
declare const codec: SessionCodec
declare const readable: ReadableSession<Data>
declare const writable: WritableSession<Data>
const store = new MemoryStore()

test('a secret from the environment, which may not be set, is taken: the constructor checks it', () => {
  expectTypeOf(new SessionManager<Data>({ store, secret }).open).returns.toEqualTypeOf<SessionHandle<Data>>()
})

test('a value has its type or is not there', () => {
  expectTypeOf(readable.get('count')).toEqualTypeOf<number | undefined>()
  expectTypeOf(writable.get('count')).toEqualTypeOf<number | undefined>()
  expectTypeOf(writable.take('userId')).toEqualTypeOf<string | undefined>()
  expectTypeOf(writable.update('count', (count = 0) => count + 1)).toEqualTypeOf<number>()
  expectTypeOf(writable.keys()).toEqualTypeOf<(keyof Data)[]>()
})

test('a key that does not exist, or a value of another type, is an error', () => {
  // @ts-expect-error there is no such key
  readable.get('cuont')
  // @ts-expect-error there is no such key
  writable.set('cuont', 1)
  // @ts-expect-error a number is expected
  writable.set('count', '1')
  // @ts-expect-error a number is expected
  writable.update('count', () => '1')
})

test('a readable session can not be changed, all the way down', () => {
  expectTypeOf(readable).not.toHaveProperty('set')
  expectTypeOf(readable).not.toHaveProperty('destroy')
  const cart = readable.get('cart')
  // @ts-expect-error the list is read-only
  cart?.items.push('book')
  // @ts-expect-error the property is read-only
  if (cart !== undefined) cart.items = []
  expectTypeOf(readable.toJSON().cart?.items).toEqualTypeOf<readonly string[] | undefined>()
})

test('a writable session hands out values that can be changed in place', () => {
  expectTypeOf(writable.get('cart')).toEqualTypeOf<Cart | undefined>()
  writable.get('cart')?.items.push('book')
})

test('values that JSON can not carry need a codec', () => {
  // @ts-expect-error a Date comes back as a string
  new SessionManager<{ at: Date }>({ store, secret })
  // @ts-expect-error also where it may be missing
  new SessionManager<{ at?: Date }>({ store, secret })
  // @ts-expect-error also in the depth
  new SessionManager<{ log: { at: Date }[] }>({ store, secret })
  // @ts-expect-error a Map comes back as an object without its entries
  new SessionManager<{ seen: Map<string, number> }>({ store, secret })
  // @ts-expect-error JSON has no bigint
  new SessionManager<{ balance: bigint }>({ store, secret })
  // @ts-expect-error JSON has no functions
  new SessionManager<{ run: () => void }>({ store, secret })
  new SessionManager<{ at: Date; seen: Map<string, number>; balance: bigint }>({ store, secret, codec })
})

test('whatever JSON carries needs none', () => {
  new SessionManager<{
    a: string | null
    b?: number
    c: readonly (string | { d: boolean })[]
    e: [number, string]
    f: Record<string, number>
    g: 'x' | 'y'
    h: unknown
  }>({ store, secret })
  new SessionManager({ store, secret })
})

test('a schema gives the data its type', () => {
  const sessions = new SessionManager({
    store,
    secret,
    schema: z.object({ count: z.number(), name: z.string().optional() }),
  })
  expectTypeOf(sessions).toEqualTypeOf<SessionManager<{ count: number; name?: string | undefined }>>()
})
