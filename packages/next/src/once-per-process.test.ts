import { describe, expect, it, vi } from 'vitest'
import { oncePerProcess } from './once-per-process.js'

describe('oncePerProcess', () => {
  it('keeps what was made, for each name, when the module is loaded anew', async () => {
    const first = oncePerProcess('a test', () => ({}))
    vi.resetModules()
    const again = await import('./once-per-process.js')
    expect(again.oncePerProcess).not.toBe(oncePerProcess)
    expect(again.oncePerProcess('a test', () => ({}))).toBe(first)
    expect(again.oncePerProcess('another test', () => ({}))).not.toBe(first)
  })

  it('keeps undefined, too', () => {
    let calls = 0
    const make = (): undefined => void calls++
    oncePerProcess('undefined', make)
    oncePerProcess('undefined', make)
    expect(calls).toBe(1)
  })

  it('says in words what it takes', () => {
    const call = oncePerProcess as unknown as (...args: unknown[]) => unknown
    expect(() => call(() => ({}))).toThrow('oncePerProcess takes a name')
  })
})
