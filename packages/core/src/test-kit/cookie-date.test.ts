import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseCookieDate } from './cookie-date.js'

const at = Date.UTC(2027, 0, 15, 8, 5, 9)

describe('the date of a cookie', () => {
  it.each([
    'Fri, 15 Jan 2027 08:05:09 GMT',
    'Friday, 15-Jan-27 08:05:09 GMT',
    'Fri Jan 15 08:05:09 2027',
    '15 January 2027 8:5:9',
    '2027 15 jan 08:05:09',
    '08:05:09 15 JAN 27',
    '\tFri, 15-Jan-2027 08:05:09 +0100 (whatever that means)',
  ])('is read in whatever form it comes: %s', (text) => {
    expect(parseCookieDate(text)).toBe(at)
  })

  it.each([
    '',
    'never',
    'Fri, 15 Jan 2027',
    '08:05:09',
    'Fri, 15 2027 08:05:09 GMT',
    '31 Apr 2027 08:05:09',
    '0 Jan 2027 08:05:09',
    '15 Jan 2027 24:00:00',
    '15 Jan 2027 08:60:00',
    '15 Jan 1600 08:05:09',
    '2027-01-15T08:05:09Z',
  ])('is none: %j', (text) => {
    expect(parseCookieDate(text)).toBeUndefined()
  })

  it('has years of two digits from 1970 to 2069', () => {
    const year = (text: string) => new Date(parseCookieDate(`1 Jan ${text} 00:00:00`) as number).getUTCFullYear()
    expect(['70', '99', '00', '69'].map(year)).toEqual([1970, 1999, 2000, 2069])
  })

  it('is what toUTCString writes, for every second from 1601 to 9999', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('1601-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
        (date) => {
          expect(parseCookieDate(date.toUTCString())).toBe(Math.floor(date.getTime() / 1000) * 1000)
        },
      ),
    )
  })

  it('is a time or nothing, whatever is written', () => {
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom('Jan', '15', '2027', '08:05:09', '-', ' ', '99:99:99', 'feb', '31'),
    )
    fc.assert(
      fc.property(fc.array(word), (words) => {
        const time = parseCookieDate(words.join(' '))
        expect(time === undefined || Number.isInteger(time)).toBe(true)
      }),
    )
  })
})
