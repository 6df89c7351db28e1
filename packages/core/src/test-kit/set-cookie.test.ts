import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseSetCookie } from './set-cookie.js'

const plain = {
  name: 'a',
  value: 'b',
  domain: undefined,
  path: undefined,
  maxAge: undefined,
  expires: undefined,
  secure: false,
  httpOnly: false,
  partitioned: false,
  sameSite: undefined,
}

describe('a Set-Cookie line', () => {
  it.each([
    ['a=b', {}],
    [' a\t=  b ;', {}],
    ['a=b=c', { value: 'b=c' }],
    ['a="b"', { value: '"b"' }],
    ['a=', { value: '' }],
    ['=b', { name: '' }],
    ['b', { name: '' }],
    [
      'a=b; SECURE; httponly; Partitioned; samesite=LAX',
      { secure: true, httpOnly: true, partitioned: true, sameSite: 'lax' },
    ],
    ['a=b; Path=/x; Path=/y', { path: '/y' }],
    ['a=b; Path=/x; Path=y', {}],
    ['a=b; Path', {}],
    ['a=b; Domain=.App.Example', { domain: 'app.example' }],
    ['a=b; Domain=', {}],
    ['a=b; Max-Age=60', { maxAge: 60 }],
    ['a=b; Max-Age=-1', { maxAge: -1 }],
    ['a=b; Max-Age=60; Max-Age=soon', { maxAge: 60 }],
    ['a=b; Max-Age="60"', {}],
    ['a=b; Expires=Thu, 01 Jan 1970 00:00:05 GMT', { expires: 5000 }],
    ['a=b; Expires=never', {}],
    ['a=b; Colour=red; =; ;;', {}],
    [`a=b; Path=/${'x'.repeat(1024)}`, {}],
    [`a=b; Path=/${'x'.repeat(1023)}`, { path: `/${'x'.repeat(1023)}` }],
  ])('%s', (line, read) => {
    expect(parseSetCookie(line)).toEqual({ ...plain, ...read })
  })

  it.each([
    '',
    '=',
    ' ; Path=/',
    'a=\nb',
    'a\0=b',
    'a=b; Path=/\x7f',
    `a=${'x'.repeat(4096)}`,
    `a=${'é'.repeat(2048)}`,
  ])('is read by no browser: %j', (line) => {
    expect(parseSetCookie(line)).toBeUndefined()
  })

  it('of 4096 octets is read', () => {
    expect(parseSetCookie(`a=${'x'.repeat(4095)}`)?.value).toHaveLength(4095)
  })

  it('gives name and value back as they were written, whatever stands behind them', () => {
    const token = fc.stringMatching(/^[!#$%&'*+\-.^`|~\w]+$/)
    const value = fc.stringMatching(/^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*$/)
    const attribute = fc.stringMatching(/^[ -:<-~]*$/)
    fc.assert(
      fc.property(token, value, fc.array(attribute), (name, value, attributes) => {
        expect(parseSetCookie([`${name}=${value}`, ...attributes].join(';'))).toMatchObject({ name, value })
      }),
    )
  })

  it('never throws', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (line) => void parseSetCookie(line)))
  })
})
