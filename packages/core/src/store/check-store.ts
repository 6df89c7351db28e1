import { invalidOption } from '../option-error.js'

const METHODS = ['load', 'create', 'update', 'touch', 'delete'] as const

/** @throws TypeError if this is no store, but what people take for one */
export function checkStore(option: string, store: unknown): void {
  const refuse = (problem: string): never => {
    throw invalidOption(option, problem)
  }
  if (store === undefined || store === null) refuse('is missing: begin with "new MemoryStore()"')
  if (typeof store === 'string' || store instanceof URL)
    refuse('is an address: connect a client to it, and give that to a store, such as redisStore(client)')
  if (typeof store === 'function') refuse('is a class or a function: call it, as in "new MemoryStore()"')
  if (typeof store !== 'object') refuse('must be a store, such as "new MemoryStore()"')
  const methods = store as Record<string, unknown>
  if ('then' in methods) refuse('is a promise: await it first')
  const missing = METHODS.filter((method) => typeof methods[method] !== 'function')
  if (missing.length > 0) refuse(`has no ${missing.join(', ')}: a client goes into a store, such as redisStore(client)`)
}
