import type { SessionStore } from '@fetch-sessions/core'
import { createStorage, prefixStorage, type Storage } from 'unstorage'
import { expectTypeOf, test } from 'vitest'
import { type UnstorageStore, unstorageStore } from './index.js'

test('any storage of unstorage fits', () => {
  expectTypeOf(unstorageStore(createStorage())).toEqualTypeOf<UnstorageStore>()
  expectTypeOf(unstorageStore({} as Storage)).toExtend<SessionStore>()
  unstorageStore(prefixStorage(createStorage(), 'app'), { prefix: 'app:session' })
})

test('the type says that the last writer wins', () => {
  expectTypeOf<UnstorageStore['atomic']>().toEqualTypeOf<false>()
})

test('what it can do beyond the protocol is known', () => {
  expectTypeOf<UnstorageStore>().toExtend<
    Required<Pick<SessionStore, 'list' | 'deleteExpired' | 'clear' | 'useClock'>>
  >()
  expectTypeOf<UnstorageStore>().not.toHaveProperty('listByOwner')
})
