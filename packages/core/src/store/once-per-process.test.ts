import { describe, expect, it } from 'vitest'
import { oncePerProcess } from '../index.js'

describe('oncePerProcess', () => {
  it('makes what is kept under a name at the first call alone', () => {
    const first = oncePerProcess('core: a test', () => ({}))
    expect(oncePerProcess('core: a test', () => ({}))).toBe(first)
    expect(oncePerProcess('core: another test', () => ({}))).not.toBe(first)
  })

  it('keeps undefined, too', () => {
    let calls = 0
    const make = (): undefined => void calls++
    oncePerProcess('core: undefined', make)
    oncePerProcess('core: undefined', make)
    expect(calls).toBe(1)
  })

  it('keeps nothing where nothing could be made', () => {
    const fail = (): never => {
      throw new Error('not now')
    }
    expect(() => oncePerProcess('core: later', fail)).toThrow('not now')
    expect(oncePerProcess('core: later', () => 1)).toBe(1)
  })

  it('says in words what it takes', () => {
    const call = oncePerProcess as unknown as (...args: unknown[]) => unknown
    expect(() => call(() => ({}))).toThrow('oncePerProcess takes a name')
  })
})
