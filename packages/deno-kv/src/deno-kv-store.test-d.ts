import type { SessionStore } from '@fetch-sessions/core'
import { expectTypeOf, test } from 'vitest'
import { type DenoKvStore, denoKvStore } from './index.js'

test('a Deno.Kv fits as it is', () => {
  expectTypeOf(denoKvStore({} as Deno.Kv)).toEqualTypeOf<DenoKvStore>()
  expectTypeOf<DenoKvStore>().toExtend<SessionStore>()
})

test('a prefix is one part or several', () => {
  denoKvStore({} as Deno.Kv, { prefix: 'app' })
  denoKvStore({} as Deno.Kv, { prefix: ['app', 'sessions'] })
  // @ts-expect-error a part is a string
  denoKvStore({} as Deno.Kv, { prefix: [1] })
})

test('what it can do beyond the protocol is known', () => {
  type Capabilities = Required<
    Pick<SessionStore, 'list' | 'listByOwner' | 'deleteByOwner' | 'limits' | 'clear' | 'useClock'>
  >
  expectTypeOf<DenoKvStore>().toExtend<Capabilities>()
})
