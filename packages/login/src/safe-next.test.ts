import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { safeNext } from './index.js'

/** What a browser on this page would do with the value, once and after one more decoding. */
const page = 'https://app.example/sign-in'

const leavesSite = (value: string): boolean => new URL(value, page).origin !== new URL(page).origin

describe('safeNext', () => {
  it.each([
    '/',
    '/account',
    '/a?b=c&d=/e//f#g',
    '/a%20b',
    '/search?q=%0A%2F%2F',
    '/a/b/?x=https://evil.example',
    '/@b',
    '/a:b',
  ])('goes to %s', (value) => {
    expect(safeNext(value, '/fallback')).toBe(value)
  })

  it.each([
    ['/ä b', '/%C3%A4%20b'],
    ['/a/../b', '/b'],
    ['/a ', '/a'],
    ['/漢字?q=ä', '/%E6%BC%A2%E5%AD%97?q=%C3%A4'],
  ])('writes %s as a browser does', (value, written) => {
    expect(safeNext(value)).toBe(written)
  })

  it.each([
    'https://evil.example/',
    'https:evil.example',
    'https:/evil.example',
    'HTTPS:\\\\evil.example',
    '//evil.example',
    '///evil.example',
    '////evil.example',
    '/\\evil.example',
    '\\/evil.example',
    '\\\\evil.example',
    '/\t/evil.example',
    '\t//evil.example',
    '/\n/evil.example',
    '/\r\n/evil.example',
    '/\u0000/evil.example',
    '/\u007f/evil.example',
    '/\u0085/evil.example',
    ' //evil.example',
    '/.//evil.example',
    '/..//evil.example',
    '/%2e//evil.example',
    '/a/..//evil.example',
    '/%2fevil.example',
    '/%2Fevil.example',
    '/%5cevil.example',
    '/%5Cevil.example',
    '%2f%2fevil.example',
    '/%09/evil.example',
    '/%0a/evil.example',
    '/%0d%0aLocation:%20https://evil.example',
    '/%00/evil.example',
    '/%252fevil.example',
    '/%25252fevil.example',
    '/%255cevil.example',
    '/a\\b',
    '/a%5Cb',
    '/%',
    '/%ff',
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'java\nscript:alert(1)',
    'data:text/html,x',
    'ftp://evil.example',
    'http:///evil.example',
    'evil.example',
    'account',
    '?a=b',
    '#a',
    '',
    '.',
    '@evil.example',
  ])('does not go to %j', (value) => {
    expect(safeNext(value, '/fallback')).toBe('/fallback')
  })

  it.each([
    ['undefined', undefined],
    ['null', null],
    ['a number', 7],
    ['an object', {}],
    ['a list, as of a query that names it twice', ['/a']],
    ['a URL', new URL('https://app.example/a')],
    ['a file, as of a form', new File([], '/a')],
  ])('takes what is no text for nothing: %s', (_what, value) => {
    expect(safeNext(value, '/fallback')).toBe('/fallback')
  })

  it('goes to the front page where no fallback is named', () => {
    expect(safeNext('//evil.example')).toBe('/')
  })

  const piece = fc.constantFrom(
    ...'/ // \\ . .. : @ ? # % a evil.example https: javascript: %2f %2F %5c %09 %0a %2e %25 %252f'.split(' '),
    '\t',
    '\n',
    '\r',
    ' ',
    '\u0000',
    '\u00a0',
    '\u2028',
    '／',
    '。',
    'ä',
  )
  const text = fc.oneof(
    fc.array(piece, { maxLength: 10 }).map((pieces) => pieces.join('')),
    fc.array(piece, { maxLength: 10 }).map((pieces) => `/${pieces.join('')}`),
    fc.string({ unit: 'binary' }),
    fc.webUrl(),
  )

  it('gives a path of this site, whatever it gets, as the URL parser judges', () => {
    fc.assert(
      fc.property(text, (value) => {
        const next = safeNext(value, '/fallback')
        expect(next).toMatch(/^\/(?![/\\])[\x21-\x7e]*$/)
        expect(leavesSite(next)).toBe(false)
        // A header takes it as it is.
        expect(new Headers({ location: next }).get('location')).toBe(next)
        // Nor does somebody leave the site who decodes it before.
        let decoded = next.split(/[?#]/)[0] as string
        for (let i = 0; i < 4; i++) {
          decoded = decodeURIComponent(decoded)
          expect(leavesSite(decoded)).toBe(false)
        }
        // And what it gave once it gives again.
        expect(safeNext(next, '/other')).toBe(next)
      }),
      { numRuns: 2000 },
    )
  })

  it('goes to each path that is nothing but one', () => {
    const segment = fc.string({ unit: fc.constantFrom(...'abcXYZ019-_~!$&()*+,;=:@'), minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 4 }), fc.webQueryParameters(), (segments, query) => {
        const path = `/${segments.join('/')}${query === '' ? '' : `?${query}`}`
        expect(safeNext(path, '/fallback')).toBe(new URL(path, page).pathname + new URL(path, page).search)
      }),
    )
  })
})
