import { describe, expect, it } from 'vitest'
import { idOf, keyOf } from './keys.js'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

function anyId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(43))
  return Array.from(bytes, (byte) => ALPHABET[byte % 64]).join('')
}

describe('the key of an id', () => {
  it('leads back to the id, and to no other', () => {
    const ids = Array.from({ length: 2000 }, anyId)
    ids.push('_'.repeat(43), 'A'.repeat(43), '_A'.repeat(21).concat('_'), 'a'.repeat(43), '-'.repeat(43))
    for (const id of ids) expect(idOf(keyOf(id))).toBe(id)
    expect(new Set(ids.map(keyOf)).size).toBe(ids.length)
    for (const id of ids) expect(keyOf(id)).toMatch(/^[a-z0-9_-]+$/)
  })

  it.each([
    '',
    'config',
    'a'.repeat(42),
    `${'a'.repeat(42)}.`,
    `${'a'.repeat(42)}_`,
    'A'.repeat(43),
    `a:${'a'.repeat(43)}`,
  ])('is not %j', (key) => expect(idOf(key)).toBeUndefined())
})
