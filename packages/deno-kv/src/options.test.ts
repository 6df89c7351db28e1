import { describe, expect, it } from 'vitest'
import { denoKvStore } from './deno-kv-store.js'

const neverAsked = { get() {}, list() {}, atomic() {} } as never

/** Each store of this package, with a client that is never asked. */
const stores: [string, (options: unknown) => unknown, [option: string, value: unknown][]][] = [
  [
    'denoKvStore',
    (options) => denoKvStore(neverAsked, options as never),
    [
      ['prefix', 5],
      ['prefix', [5]],
      ['prefix', []],
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

describe('what is no Deno.Kv', () => {
  it.each([
    ['nothing', undefined, 'something else'],
    ['null', null, 'something else'],
    ['a Map', new Map(), 'something else'],
    ['a promise of one', Promise.resolve(neverAsked), 'a promise: await it'],
  ])('is refused, and the error says what to pass: %s', (_, kv, problem) => {
    const make = (): unknown => denoKvStore(kv as never)
    expect(make).toThrow(TypeError)
    expect(make).toThrow(`fetch-sessions: denoKvStore takes what Deno.openKv() promises; it got ${problem}`)
  })
})
