import { describe, expect, it, vi } from 'vitest'
import { oncePerProcess } from './index.js'

describe('oncePerProcess', () => {
  it('keeps what was made, for each name, when all modules are loaded anew, as by next dev', async () => {
    const first = oncePerProcess('a test', () => ({}))
    vi.resetModules()
    const again = await import('./index.js')
    expect(again.oncePerProcess).not.toBe(oncePerProcess)
    expect(again.oncePerProcess('a test', () => ({}))).toBe(first)
    expect(again.oncePerProcess('another test', () => ({}))).not.toBe(first)
  })
})
