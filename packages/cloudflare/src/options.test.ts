import { describe, expect, it } from 'vitest'
import { durableObjectStore } from './durable-object-store.js'
import { kvStore } from './kv-store.js'

const nothing = () => {}
const namespace = { get: nothing, put: nothing, delete: nothing, list: nothing, getByName: nothing } as never

/** Each store of this package, with a client that is never asked. */
const stores: [string, (options: unknown) => unknown, [option: string, value: unknown][]][] = [
  ['kvStore', (options) => kvStore(namespace, options as never), [['prefix', 5]]],
  ['durableObjectStore', (options) => durableObjectStore(namespace, options as never), [['prefix', 5]]],
]

describe.each(stores)('%s', (name, make, wrong) => {
  it('refuses an option that does not exist, and says which there are', () => {
    for (const option of ['ttl', 'tableName', 'keyPrefix']) {
      expect(() => make({ [option]: 60 })).toThrow(TypeError)
      expect(() => make({ [option]: 60 })).toThrow(`fetch-sessions: ${name}: ${option} is no option: there are `)
    }
  })

  it('refuses options that are no object', () => {
    for (const options of [null, 'session:', 5, ['session:']]) {
      expect(() => make(options)).toThrow(TypeError)
      expect(() => make(options)).toThrow(`fetch-sessions: ${name}: options must be an object`)
    }
  })

  it.each(wrong)('refuses a %s of %o, and names the option', (option, value) => {
    expect(() => make({ [option]: value })).toThrow(TypeError)
    expect(() => make({ [option]: value })).toThrow(new RegExp(`\\b${option}\\b.* must `))
  })

  it('takes none, and undefined for each', () => {
    expect(() => make({})).not.toThrow()
    for (const [option] of wrong) expect(() => make({ [option]: undefined })).not.toThrow()
  })
})

describe('what is no binding of a store', () => {
  const kv = 'fetch-sessions: kvStore takes the binding of a KV namespace; it got '
  const objects = 'fetch-sessions: durableObjectStore takes the binding of a namespace of Durable Objects; it got '
  const bucket = { get: nothing, put: nothing, delete: nothing, list: nothing, createMultipartUpload: nothing }

  it.each([
    [undefined, "undefined: see how the binding is called in the Worker's configuration"],
    [null, 'null: see how'],
    [Promise.resolve(namespace), 'a promise: await it'],
    [{ prepare: nothing, batch: nothing }, 'something else'],
    ['SESSIONS', 'something else'],
  ])('is refused, and the error says what to pass: %o', (binding, problem) => {
    for (const [make, takes] of [
      [kvStore, kv],
      [durableObjectStore, objects],
    ] as const) {
      expect(() => make(binding as never)).toThrow(TypeError)
      expect(() => make(binding as never)).toThrow(takes + problem)
    }
  })

  it('is refused where it is the binding of something alike', () => {
    expect(() => kvStore(bucket as never)).toThrow(`${kv}something else`)
    expect(() => durableObjectStore(bucket as never)).toThrow(`${objects}something else`)
  })
})
