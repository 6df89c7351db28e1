import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sha256 } from './sha256.js'

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

describe('sha256', () => {
  it.each([
    // FIPS 180-4 and NIST's example values.
    ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    ['The quick brown fox jumps over the lazy dog', 'd7a8fbb307d7809469ca9abcb0082e4f8d5651e46d3cdb762d02d0bf37c9e592'],
  ])('of %j is the one of the standard', (text, digest) => {
    expect(hex(sha256(new TextEncoder().encode(text)))).toBe(digest)
  })

  it('is what WebCrypto makes of it, for up to 55 bytes of any kind', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 55 }), async (bytes) => {
        const expected = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>))
        expect(sha256(bytes)).toEqual(expected)
      }),
      { numRuns: 500 },
    )
  })

  it.each([0, 0x7f, 0x80, 0xff])('is what WebCrypto makes of each length that fits, filled with %d', async (fill) => {
    for (let length = 0; length <= 55; length++) {
      const bytes = new Uint8Array(length).fill(fill)
      expect(sha256(bytes)).toEqual(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)))
    }
  })

  it('leaves its input as it was, and no call disturbs another', () => {
    const bytes = Uint8Array.from({ length: 32 }, (_, index) => index)
    const first = sha256(bytes)
    sha256(new Uint8Array(55).fill(255))
    expect(sha256(bytes)).toEqual(first)
    expect([...bytes]).toEqual(Array.from({ length: 32 }, (_, index) => index))
  })

  it('refuses more than fits into its one block, rather than make something else', () => {
    expect(() => sha256(new Uint8Array(56))).toThrow(RangeError)
  })
})
