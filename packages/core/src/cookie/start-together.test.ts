import { describe, expect, it } from 'vitest'
import { gate } from '../testing/gate.js'
import { immediateOf, startTogether } from './start-together.js'

/** On the other runtimes, each starts at once. */
const startsTogether = immediateOf(globalThis) !== undefined

const nextTurn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5))

describe('operations of WebCrypto', () => {
  it('start at once if none is under way', async () => {
    let started = 0
    const operation = startTogether(async () => ++started)
    expect(started).toBe(1)
    expect(await operation).toBe(1)
  })

  it('start together at the end of a turn while one is under way, however long that takes', async () => {
    const first = gate()
    const started: number[] = []
    const all = [0, 1, 2, 3].map((i) =>
      startTogether(async () => {
        started.push(i)
        if (i === 0) await first.opened
        return i
      }),
    )
    expect(started).toEqual(startsTogether ? [0] : [0, 1, 2, 3])
    await nextTurn()
    expect(started).toEqual([0, 1, 2, 3])
    expect(await Promise.all(all.slice(1))).toEqual([1, 2, 3])
    const next = startTogether(async () => started.push(4))
    await nextTurn()
    expect(started).toEqual([0, 1, 2, 3, 4])
    first.open()
    expect(await Promise.all([all[0], next])).toEqual([0, 5])
  })

  it('start at once again when all are over, failed ones too', async () => {
    const fail = (): Promise<never> => Promise.reject(new Error('no'))
    const failing = [
      startTogether(fail),
      startTogether(fail),
      startTogether(() => crypto.subtle.sign('HMAC', {} as CryptoKey, new Uint8Array())),
    ]
    for (const operation of failing) await expect(operation).rejects.toThrow()
    let isStarted = false
    const operation = startTogether(async () => {
      isStarted = true
    })
    expect(isStarted).toBe(true)
    await operation
  })

  it('that throw at once fail alone', async () => {
    const thrown = (async () =>
      startTogether(() => {
        throw new Error('not allowed')
      }))()
    await expect(thrown).rejects.toThrow('not allowed')
    let isStarted = false
    await startTogether(async () => {
      isStarted = true
    })
    expect(isStarted).toBe(true)
  })
})

describe('what ends a turn of the event loop', () => {
  const setImmediate = Object.assign((): void => {}, { [Symbol.for('nodejs.util.promisify.custom')]: () => {} })
  const process = { versions: { node: '20.0.0' } }

  it('is there on Node and Deno', () => {
    expect(immediateOf({ setImmediate, process })).toBe(setImmediate)
    expect(immediateOf({ setImmediate, process, ...{ Deno: {} } })).toBe(setImmediate)
  })

  it.each([
    ['Bun', { setImmediate, process, Bun: {} }],
    ['Workers with nodejs_compat', { setImmediate, process, WebSocketPair: () => {} }],
    ['Workers', { WebSocketPair: () => {} }],
    ['Next’s edge runtime, whose own throws', { setImmediate, process: { env: {} } }],
    ['a browser', {}],
    ['a browser with a polyfill', { setImmediate }],
    ['a test whose timers stand still', { setImmediate: () => {}, process }],
    ['the same of sinon', { setImmediate: Object.assign(() => {}, setImmediate, { clock: {} }), process }],
    ['a Node without it, as Jest makes one of a browser', { process }],
  ])('is not used on %s', (_name, scope) => {
    expect(immediateOf(scope)).toBe(undefined)
  })

  it('is there on this runtime if that is Node or Deno', () => {
    expect(startsTogether).toBe(!('Bun' in globalThis || 'WebSocketPair' in globalThis))
  })
})
