import { createStorage } from 'unstorage'
import memoryDriver from 'unstorage/drivers/memory'
import { describe, expect, it } from 'vitest'
import { unstorageStore } from './unstorage-store.js'

/** Each store of this package, with a client that is never asked. */
const stores: [string, (options: unknown) => unknown, [option: string, value: unknown][]][] = [
  [
    'unstorageStore',
    (options) => unstorageStore(createStorage(), options as never),
    [
      ['prefix', 5],
      ['consistency', 'weak'],
    ],
  ],
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

describe('what is no storage', () => {
  it.each([
    ['nothing', undefined, 'something else'],
    ['null', null, 'something else'],
    ['a Map', new Map(), 'something else'],
    ['a promise of one', Promise.resolve(createStorage()), 'a promise: await it'],
    ['a driver', memoryDriver(), 'a driver: pass createStorage({ driver })'],
  ])('is refused, and the error says what to pass: %s', (_, storage, problem) => {
    const make = (): unknown => unstorageStore(storage as never)
    expect(make).toThrow(TypeError)
    expect(make).toThrow(`fetch-sessions: unstorageStore takes what createStorage() gives; it got ${problem}`)
  })
})
