import { describe, expect, it } from 'vitest'
import { cookieValues } from './header.js'

describe('the values of a cookie', () => {
  it('are all of that name, in their order, without the blanks around them', () => {
    expect(cookieValues('a=1;  b = 2 \t; a=\t3 ; aa=4', 'a')).toEqual(['1', '3'])
    expect(cookieValues('\u00a0a=1; a=2', 'a')).toEqual(['2'])
    expect(cookieValues(null, 'a')).toEqual([])
  })

  it('are found in a header with a long run of blanks, over which a quadratic search would outlast this test', () => {
    expect(cookieValues(`x${' '.repeat(300_000)}y=a; a=1`, 'a')).toEqual(['1'])
  })
})
