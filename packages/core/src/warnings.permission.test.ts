import { afterEach, expect, it } from 'vitest'
import { MemoryStore, SessionManager } from './index.js'
import { secret } from './testing/secret.js'

const own = ['process', 'Deno'].map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const)

afterEach(() => {
  for (const [name, descriptor] of own) {
    if (descriptor === undefined) Reflect.deleteProperty(globalThis, name)
    else Object.defineProperty(globalThis, name, descriptor)
  }
})

function setGlobal(name: string, value: unknown): void {
  Object.defineProperty(globalThis, name, { configurable: true, value })
}

it('a manager can be made where the environment may not be read, as on Deno without --allow-env', () => {
  const env = new Proxy(
    {},
    {
      get: () => {
        throw new Error('NotCapable: Requires env access to "NODE_ENV"')
      },
    },
  )
  setGlobal('process', { env })
  expect(() => new SessionManager({ store: new MemoryStore(), secret })).not.toThrow()
})

it('nor does it look where Deno would have to ask the user for it', () => {
  let looks = 0
  setGlobal('Deno', { permissions: { querySync: () => ({ state: 'prompt' }) } })
  setGlobal('process', {
    get env() {
      looks++
      return {}
    },
  })
  new SessionManager({ store: new MemoryStore(), secret })
  expect(looks).toBe(0)
})
