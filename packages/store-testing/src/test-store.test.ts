import { MemoryStore } from '@fetch-sessions/core'
import { describe, it } from 'vitest'
import { testStore } from './test-store.js'

testStore('MemoryStore', () => ({ store: new MemoryStore() }), { describe, it })
