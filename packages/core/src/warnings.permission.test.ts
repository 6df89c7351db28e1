import { afterEach, expect, it } from 'vitest'
import { MemoryStore, SessionManager } from './index.js'
import { secret } from './testing/secret.js'

const own: PropertyDescriptor | undefined = Object.getOwnPropertyDescriptor(globalThis, 'process')

afterEach(() => {
  if (own === undefined) Reflect.deleteProperty(globalThis, 'process')
  else Object.defineProperty(globalThis, 'process', own)
})

it('a manager can be made where the environment may not be read, as on Deno without --allow-env', () => {
  const env = new Proxy(
    {},
    {
      get: () => {
        throw new Error('NotCapable: Requires env access to "NODE_ENV"')
      },
    },
  )
  Object.defineProperty(globalThis, 'process', { configurable: true, value: { env } })
  expect(() => new SessionManager({ store: new MemoryStore(), secret })).not.toThrow()
})
