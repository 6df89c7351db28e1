import { describe, expect, it } from 'vitest'
import { cookieText } from './current-request.js'

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
