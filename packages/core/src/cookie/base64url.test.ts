import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { base64url } from '../testing/sign.js'
import { decodeBase64url, encodeBase64url, randomText } from './base64url.js'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

describe('base64url', () => {
  it('is that of the platform, without padding, for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(encodeBase64url(bytes)).toBe(base64url(bytes))
      }),
      { numRuns: 300 },
    )
  })

  it('comes back as the same bytes, short or long', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000, size: 'max' }), (bytes) => {
        expect(decodeBase64url(encodeBase64url(bytes))).toEqual(bytes)
      }),
      { numRuns: 100 },
    )
  })

  it('has one spelling for each byte string: a text is decoded only if it is what encoding makes', () => {
    const text = fc.oneof(
      fc.string({ unit: fc.constantFrom(...ALPHABET), maxLength: 12 }),
      fc.string({ unit: fc.constantFrom(...ALPHABET, '=', '+', '/', ' ', '\n', 'é', '\u{1F600}'), maxLength: 12 }),
      fc.string(),
    )
    fc.assert(
      fc.property(text, (text) => {
        const bytes = decodeBase64url(text)
        if (bytes !== undefined) expect(encodeBase64url(bytes)).toBe(text)
        // And the other way round: what does encode so is not refused.
        const isCanonical = /^[\w-]*$/.test(text) && text.length % 4 !== 1
        if (isCanonical && bytes === undefined)
          expect(text.at(-1)).toMatch(text.length % 4 === 2 ? /[^AQgw]/ : /[^AEIMQUYcgkosw048]/)
      }),
      { numRuns: 2000 },
    )
  })

  it.each([
    'A',
    'AAAAA',
    'AA=',
    'AA==',
    'A A',
    ' AAA',
    'AAA\n',
    'A+AA',
    'A/AA',
    'Aé',
    'AB',
    'AAB',
    '\u0100AAA',
    'AA\u0141A',
  ])('refuses %j', (text) => {
    expect(decodeBase64url(text)).toBe(undefined)
  })

  it('of nothing is nothing', () => {
    expect(encodeBase64url(new Uint8Array())).toBe('')
    expect(decodeBase64url('')).toEqual(new Uint8Array())
  })
})

describe('randomText', () => {
  it('is 32 bytes that never come again', () => {
    const texts = Array.from({ length: 1000 }, randomText)
    for (const text of texts) expect(decodeBase64url(text)).toHaveLength(32)
    expect(new Set(texts).size).toBe(1000)
  })
})
