import { describe, expect, it } from 'vitest'
import { cookieText, withTold } from './current-request.js'

describe('the cookies of a phase', () => {
  it.each([
    [
      'as they were sent',
      'a=1; sid=x',
      [
        ['a', '1'],
        ['sid', 'x'],
      ],
      'a=1; sid=x',
    ],
    ['several of one name, of which Next knows one', 'sid=x; sid=y', [['sid', 'y']], 'sid=x; sid=y'],
    ['of which one was set since', 'sid=x; sid=y', [['sid', 'z']], 'sid=z'],
    ['of which one was removed', 'a=1; sid=x', [['a', '1']], 'a=1'],
    ['of which one was emptied, which is how a removal looks', 'sid=x', [['sid', '']], ''],
    ['of which one is new', '', [['sid', 'z']], 'sid=z'],
    ['of which one has a blank before its name', 'sid=x; \u00a0sid=forged', [['sid', 'x']], 'sid=x'],
    ['encoded', 'a=1%3B2', [['a', '1;2']], 'a=1%3B2'],
    ['encoded wrongly', 'a=%', [['a', '%']], 'a=%25'],
  ])('%s', (_name, sent, known, text) => {
    expect(
      cookieText(
        sent,
        known.map(([name = '', value = '']) => ({ name, value })),
      ),
    ).toBe(text)
  })
})

describe('a Cookie header that is there to cost time', () => {
  it('costs what its length is: a look from each of a million blanks would take an hour', () => {
    const blanks = ' '.repeat(1_000_000)
    const sent = `a=b${blanks}c; sid=x${blanks};${blanks}`
    const known = [
      { name: 'a', value: `b${blanks}c` },
      { name: 'sid', value: 'x' },
    ]
    const told = [{ name: 'sid', value: 'y' }]
    expect(cookieText(sent, withTold(sent, known, told))).toBe(`a=b${blanks}c; sid=y`)
  })

  it('costs what its length is: a look at each of its cookies for each of them would take minutes', () => {
    const known = Array.from({ length: 100_000 }, (_, n) => ({ name: `n${n}`, value: '1' }))
    const sent = known.map(({ name, value }) => `${name}=${value}`).join('; ')
    const told = known.map(({ name }) => ({ name, value: '2' }))
    expect(cookieText(sent, known)).toBe(sent)
    expect(withTold(sent, known, told)).toEqual(told)
  })
})

describe('what a proxy has told of', () => {
  it.each([
    ['is there where Next has forgotten it', 'sid=x', 'sid=x', 'sid=y', 'sid=y'],
    ['is there where nothing was sent', '', '', 'sid=y', 'sid=y'],
    ['stays where Next knows it', 'sid=x', 'sid=y', 'sid=y', 'sid=y'],
    ['is out of date where it was set since', 'sid=x', 'sid=z', 'sid=y', 'sid=z'],
    ['is out of date where it was removed since', 'sid=x', '', 'sid=y', ''],
    ['leaves others alone', 'a=1; sid=x', 'a=1; sid=x', 'sid=y', 'a=1; sid=y'],
  ])('%s', (_name, sent, known, told, text) => {
    const cookies = (pairs: string) =>
      pairs === ''
        ? []
        : pairs.split('; ').map((pair) => ({ name: pair.split('=')[0] ?? '', value: pair.split('=')[1] ?? '' }))
    expect(cookieText(sent, withTold(sent, cookies(known), cookies(told)))).toBe(text)
  })
})
