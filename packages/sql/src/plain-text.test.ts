import fc from 'fast-check'
import { expect, it } from 'vitest'
import { fromPlain, toPlain } from './plain-text.js'
import { BETWEEN, NULL, splitRow } from './rows.js'

/** Texts of which most have something that some database can't keep. */
const text = fc
  .array(
    fc.oneof(
      fc.constantFrom('\0', '\x1b', '\x1b|', '\x1b-', '\x1b0000', ' ', '\ufeff', '\ud83d', '\ude00', '😀'),
      fc.string({ unit: 'binary' }),
    ),
  )
  .map((parts) => parts.join(''))

it('a text comes back as it was, and is kept as one that every database keeps', () => {
  fc.assert(
    fc.property(text, (text) => {
      const plain = toPlain(text)
      expect(fromPlain(plain)).toBe(text)
      expect(plain.isWellFormed()).toBe(true)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these characters are the point
      expect(plain).not.toMatch(/\0|^\ufeff| $|\x1b(?![0-9a-f]{4})/)
    }),
  )
})

it('a text that every database keeps is kept as it is', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 2 }), (json) => {
      expect(toPlain(json)).toBe(json)
    }),
  )
})

it('columns that are joined to one are told apart, whatever their texts are', () => {
  fc.assert(
    fc.property(fc.array(fc.option(text), { minLength: 1 }), (texts) => {
      const joined = texts.map((one) => (one === null ? NULL : toPlain(one))).join(BETWEEN)
      expect(splitRow([joined]).map((one) => (one === null ? null : fromPlain(String(one))))).toEqual(texts)
    }),
  )
})
