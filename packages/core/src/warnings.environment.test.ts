import { afterEach, describe, expect, it } from 'vitest'
import { MemoryStore, type SessionEvent, SessionManager } from './index.js'
import { secret } from './testing/secret.js'

const before = ['process', 'Deno'].map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const)

function setGlobal(name: string, value: unknown): void {
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })
}

/** What a manager with a MemoryStore warns of, in the environment that the globals tell of. */
function warnings(): string[] {
  const events: SessionEvent[] = []
  new SessionManager({ store: new MemoryStore(), secret, onEvent: (event) => events.push(event) })
  return events.map((event) => (event.type === 'warning' ? event.warning : event.type))
}

afterEach(() => {
  for (const [name, descriptor] of before) {
    if (descriptor === undefined) Reflect.deleteProperty(globalThis, name)
    else Object.defineProperty(globalThis, name, descriptor)
  }
})

describe('a manager with a MemoryStore', () => {
  it('warns where NODE_ENV is production', () => {
    setGlobal('Deno', undefined)
    setGlobal('process', { env: { NODE_ENV: 'production' } })
    expect(warnings()).toEqual(['memory-store'])
  })

  it('starts where the environment may not be read', () => {
    setGlobal('Deno', undefined)
    setGlobal('process', {
      get env() {
        throw new Error('Requires env access to "NODE_ENV"')
      },
    })
    expect(warnings()).toEqual([])
  })

  it('does not look at the environment where Deno would have to ask the user for it', () => {
    let looks = 0
    setGlobal('Deno', { permissions: { querySync: () => ({ state: 'prompt' }) } })
    setGlobal('process', {
      get env() {
        looks++
        return {}
      },
    })
    warnings()
    expect(looks).toBe(0)
  })
})
