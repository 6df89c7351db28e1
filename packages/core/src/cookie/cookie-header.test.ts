import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MemoryStore, type SessionEvent, SessionManager } from '../index.js'
import { cookieAfter, sessionCookies } from '../testing/response-cookies.js'
import { secret } from '../testing/secret.js'
import { writing } from '../testing/serve.js'
import { randomToken } from '../testing/sign.js'
import { StagedStore } from '../testing/staged-store.js'
import { visit } from '../testing/visit.js'
import { cookieValues, trimBlanks } from './cookie-header.js'

interface Data {
  user: string
}

/** A manager of cookies with this name, a session of it, and what happens. */
async function setUp(name = '__Host-sid') {
  const store = new StagedStore()
  const events: SessionEvent[] = []
  const sessions = new SessionManager<Data>({ store, secret, cookie: { name }, onEvent: (event) => events.push(event) })
  const { cookie, id } = await sessions.issue({ user: 'ada' })
  store.forget()
  events.length = 0
  const userOf = async (header: string) => (await sessions.read(visit(header))).get('user')
  return { store, events, sessions, cookie, id, value: cookie.slice(name.length + 1), userOf }
}

/** What looks like a cookie of ours and is signed by nobody. */
function forged(name = '__Host-sid'): string {
  return `${name}=${randomToken()}.${randomToken()}`
}

describe('a request without a cookie', () => {
  it('has a new, empty session, and reading it throws nothing', async () => {
    const { sessions } = await setUp()
    const session = await sessions.read(new Request('https://example.com/'))
    expect(session.isNew).toBe(true)
    expect(session.size).toBe(0)
    expect(session.toJSON()).toEqual({})
  })

  it.each(['__Host-sid', '__Host-sid=', '__Host-sid= \t', '__Host-sid ;', ' ; =; ==', '=value', ''])(
    'is one with the header %j, too: no error, no store call, no event',
    async (header) => {
      const { sessions, store, events } = await setUp()
      expect((await sessions.read(visit(header))).isNew).toBe(true)
      expect(store.calls).toEqual([])
      expect(events).toEqual([])
    },
  )
})

describe('the session cookie', () => {
  it.each([
    ['at the front', (cookie: string) => `${cookie}; key=value; other=1`],
    ['in the middle', (cookie: string) => `key=value; ${cookie}; other=1`],
    ['at the end', (cookie: string) => `key=value; other=1; ${cookie}`],
    ['without blanks between', (cookie: string) => `key=value;${cookie};other=1`],
  ])('is found among others: %s', async (_, header) => {
    const { userOf, cookie } = await setUp()
    expect(await userOf(header(cookie))).toBe('ada')
  })

  it('is found in the second of two Cookie header fields', async () => {
    const { sessions, cookie } = await setUp()
    const headers = new Headers([
      ['Cookie', 'key=value'],
      ['Cookie', cookie],
    ])
    expect((await sessions.read(new Request('https://example.com/', { headers }))).get('user')).toBe('ada')
  })

  it('is found when a client sends the whole Set-Cookie line back', async () => {
    const { sessions } = await setUp()
    const { setCookie } = await sessions.issue({ user: 'grace' })
    expect((await sessions.read(visit(setCookie))).get('user')).toBe('grace')
  })

  it.each([
    ['blanks', ' '],
    ['tabs', '\t'],
    ['both', ' \t \t'],
  ])('is found with %s around name and value', async (_, blank) => {
    const { userOf, value } = await setUp()
    expect(await userOf(`a=b;${blank}__Host-sid${blank}=${blank}${value}${blank}; c=d`)).toBe('ada')
  })

  it.each(['\xa0', '\x0b', '\x0c', '\x85', '\u00ad'])(
    'is not found behind %j, which is no blank of the cookie syntax',
    async (blank) => {
      const { userOf, cookie } = await setUp()
      expect(await userOf(`${blank}${cookie}`)).toBe(undefined)
      expect(await userOf(`a=b; ${blank}${cookie}`)).toBe(undefined)
      expect(await userOf(`__Host-sid${blank}${cookie.slice(10)}`)).toBe(undefined)
    },
  )

  it('is split at its first "=": what follows belongs to the value', async () => {
    expect(cookieValues('sid=a=b==; other=1', 'sid')).toEqual(['a=b=='])
    const { userOf, cookie } = await setUp()
    expect(await userOf(`${cookie}=`)).toBe(undefined)
    expect(await userOf(`other=a=b; ${cookie}`)).toBe('ada')
  })

  it.each(['%', '%1', '%zz', '%2520', '%E0%A4%A'])(
    'is not percent-decoded, so %s in it is no error and no session',
    async (encoded) => {
      const { userOf, value, cookie } = await setUp()
      expect(cookieValues(`sid=${encoded}`, 'sid')).toEqual([encoded])
      expect(await userOf(`__Host-sid=${encoded}`)).toBe(undefined)
      expect(await userOf(`__Host-sid=${value.replace('.', encoded)}`)).toBe(undefined)
      expect(await userOf(`other=${encoded}; ${cookie}`)).toBe('ada')
    },
  )

  it('has one spelling only: percent-encoding of a good value opens nothing', async () => {
    const { userOf, value } = await setUp()
    expect(await userOf(`__Host-sid=${value.replace('.', '%2E')}`)).toBe(undefined)
  })

  it('is found in quotes, in which clients after RFC 2965 send it', async () => {
    const { userOf, value } = await setUp()
    expect(await userOf(`__Host-sid="${value}"`)).toBe('ada')
    expect(await userOf(`$Version="1"; __Host-sid="${value}";$Path="/"; other="1"`)).toBe('ada')
    expect(await userOf(`__Host-sid = "${value}" ; other=1`)).toBe('ada')
  })

  it.each(['"', '""', "'"])('is not found between other quotes than one pair: %s', async (quotes) => {
    const { userOf, value } = await setUp()
    expect(await userOf(`__Host-sid=${quotes}${value}`)).toBe(undefined)
    expect(await userOf(`__Host-sid=${value}${quotes}`)).toBe(undefined)
    if (quotes !== '"') expect(await userOf(`__Host-sid=${quotes}${value}${quotes}`)).toBe(undefined)
  })

  it('is not found within quotes that hold blanks or a semicolon as well', async () => {
    const { userOf, value } = await setUp()
    expect(await userOf(`__Host-sid=" ${value}"`)).toBe(undefined)
    expect(await userOf(`__Host-sid="${value};"`)).toBe(undefined)
  })

  it.each(['SID', 'Sid', 'sId'])('is not found under the name %s: case matters', async (other) => {
    const { userOf, value } = await setUp('sid')
    expect(await userOf(`${other}=${value}`)).toBe(undefined)
  })

  it('is not found under its name in another case, prefix included', async () => {
    const { userOf, value } = await setUp()
    for (const other of ['__host-sid', '__HOST-sid', '__Host-SID', '__Host-Sid']) {
      expect(await userOf(`${other}=${value}`)).toBe(undefined)
    }
  })

  it.each(['xsid', 'sid2', 'my.sid', 'sid.sid', 'sidsid', '-sid', 'sid-', 'x sid', 'sid x', '"sid"', 'sid%20'])(
    'is not found under the name %s, which only contains it',
    async (other) => {
      const { userOf, value, cookie } = await setUp('sid')
      expect(await userOf(`${other}=${value}`)).toBe(undefined)
      expect(await userOf(`${other}=1; ${cookie}`)).toBe('ada')
      expect(await userOf(`other=${cookie}`)).toBe(undefined)
    },
  )

  it.each([
    ['bytes that are not ASCII', 'ü=ö'],
    ['controls', 'a\x01b=\x7f'],
    ['blanks in name and value', 'a b=c d'],
    ['backslashes and quotes', '\\="\\"'],
    ['an unclosed quote', 'a="b'],
    ['the names of RFC 2109', '$Version=1; $Path=/; $Domain=x'],
    ['commas', 'a=1,b=2'],
  ])('is found next to cookies with %s', async (_, others) => {
    const { userOf, cookie } = await setUp()
    expect(await userOf(`${others}; ${cookie}`)).toBe('ada')
    expect(await userOf(`${cookie}; ${others}`)).toBe('ada')
  })

  it.each(['ü', '\x01', ' ', '\\', ',', '"'])('with %j in its value does not verify, and is no error', async (odd) => {
    const { userOf, value, store } = await setUp()
    expect(await userOf(`__Host-sid=x${odd}${value}`)).toBe(undefined)
    expect(await userOf(`__Host-sid=${value.replace('.', odd)}`)).toBe(undefined)
    expect(await userOf(`__Host-sid=${value.slice(0, 50)}${odd}${value.slice(50)}`)).toBe(undefined)
    expect(store.calls).toEqual([])
  })

  it('is found between stray separators', async () => {
    const { userOf, cookie } = await setUp()
    expect(await userOf(`;;; ;${cookie} ;`)).toBe('ada')
    expect(await userOf(`; ; =;=; ${cookie};;;`)).toBe('ada')
  })

  it('is found when its name is made of characters that mean something in a pattern', async () => {
    const { userOf, cookie, value } = await setUp('s.d$^*+|')
    expect(await userOf(cookie)).toBe('ada')
    expect(await userOf(`sxd$^*+|=${value}`)).toBe(undefined)
  })
})

describe('several cookies of the session name', () => {
  it('are tried in their order, and the first that verifies counts', async () => {
    const { sessions, userOf, cookie } = await setUp()
    const grace = await sessions.issue({ user: 'grace' })
    expect(await userOf(`${forged()}; ${cookie}`)).toBe('ada')
    expect(await userOf(`${forged()}; ${cookie}; ${grace.cookie}`)).toBe('ada')
    expect(await userOf(`${grace.cookie}; ${forged()}; ${cookie}`)).toBe('grace')
  })

  it('lead to an event for each forged one, and for a second that verifies beside the one that opens', async () => {
    const { sessions, userOf, cookie, events } = await setUp()
    const grace = await sessions.issue({ user: 'grace' })
    events.length = 0
    await userOf(`${forged()}; ${cookie}; ${grace.cookie}`)
    expect(events).toMatchObject([
      { type: 'rejected', reason: 'signature' },
      { type: 'loaded' },
      { type: 'rejected', reason: 'duplicate', id: grace.id },
    ])
  })

  it('lead to no event when they are all the same', async () => {
    const { userOf, cookie, events } = await setUp()
    expect(await userOf(`${cookie}; ${cookie}`)).toBe('ada')
    expect(events).toMatchObject([{ type: 'loaded' }])
  })

  it('are tried up to the eighth, and no further', async () => {
    const { userOf, cookie } = await setUp()
    const forgeries = (count: number) => Array.from({ length: count }, () => forged()).join('; ')
    expect(await userOf(`${forgeries(7)}; ${cookie}`)).toBe('ada')
    expect(await userOf(`${forgeries(8)}; ${cookie}`)).toBe(undefined)
  })

  it('do not count towards those eight when they are malformed, and lead to one event together', async () => {
    const { userOf, cookie, events } = await setUp()
    const rubbish = Array.from({ length: 100 }, (_, index) => `__Host-sid=rubbish${index}`).join('; ')
    expect(await userOf(`${rubbish}; ${cookie}`)).toBe('ada')
    expect(events.filter(({ type }) => type === 'rejected')).toEqual([{ type: 'rejected', reason: 'malformed' }])
  })

  it('hide no session behind those of neighbours: writing keeps to the one that verifies', async () => {
    const { sessions, userOf, cookie, id } = await setUp()
    const header = `${forged()}; ${cookie}`
    let written = ''
    const response = await writing(sessions, header, (session) => {
      session.set('user', 'grace')
      written = session.id
    })
    expect(written).toBe(id)
    expect(sessionCookies(response)).toEqual([])
    expect(await userOf(cookieAfter(response, header))).toBe('grace')
  })
})

describe('cookieValues', () => {
  /** What RFC 6265bis section 5.6 does with a `Cookie` header, and without a pair of quotes, in the plainest words. */
  function split(header: string, name: string): string[] {
    const trim = (text: string) => text.replace(/^[ \t]+|[ \t]+$/g, '')
    return header.split(';').flatMap((pair) => {
      const equals = pair.indexOf('=')
      const sent = trim(pair.slice(equals + 1))
      const isQuoted = sent.length > 1 && sent.startsWith('"') && sent.endsWith('"')
      const value = isQuoted ? sent.slice(1, -1) : sent
      const isOurs = equals !== -1 && trim(pair.slice(0, equals)) === name
      return isOurs && value !== '' ? [value] : []
    })
  }

  const names = fc.constantFrom('sid', '__Host-sid', 's', 'ss', 'sis', '-')
  const scraps = [
    'sid',
    '__Host-sid',
    's',
    'i',
    'd',
    'ss',
    '-',
    '=',
    '=',
    ';',
    ';',
    ' ',
    '\t',
    '"',
    '\xa0',
    'value',
    '%3D',
  ]

  it('finds what splitting at each semicolon finds, in any header made of cookie-like scraps', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...scraps), maxLength: 40 }), names, (header, name) => {
        expect(cookieValues(header, name)).toEqual(split(header, name))
      }),
      { numRuns: 5000 },
    )
  })

  it('finds what splitting at each semicolon finds, in any text', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), names, (texts, name) => {
        const header = texts.join(`;${name}=`)
        expect(cookieValues(header, name)).toEqual(split(header, name))
      }),
      { numRuns: 1000 },
    )
  })

  it('gives back each value that was put into a well-formed header, in order', () => {
    const octet = fc.constantFrom(..."!#$%&'()*+-./0123456789:<=>?@ABCXYZ[]^_`abcxyz{|}~")
    const values = fc.array(fc.string({ unit: octet, minLength: 1 }))
    fc.assert(
      fc.property(values, (all) => {
        expect(cookieValues(all.map((value) => `sid=${value}`).join('; '), 'sid')).toEqual(all)
      }),
    )
  })
})

describe('trimBlanks', () => {
  it('takes space and tab from the ends, and nothing else', () => {
    const texts = fc.string({ unit: fc.constantFrom(' ', '\t', '\u00a0', '\n', 'a', ';') })
    fc.assert(
      fc.property(texts, (text) => {
        expect(trimBlanks(text)).toBe(text.replace(/^[ \t]+|[ \t]+$/g, ''))
      }),
    )
  })

  it('looks once at a run of blanks, wherever it is: a look from each of its places would take an hour', () => {
    const blanks = ' \t'.repeat(500_000)
    expect(trimBlanks(`${blanks}a${blanks}b${blanks}`)).toBe(`a${blanks}b`)
    expect(trimBlanks(blanks)).toBe('')
  })
})

describe('the rejection of a cookie', () => {
  it('is not called malformed when all are well-formed and only more than are tried', async () => {
    const events: SessionEvent[] = []
    const onEvent = (event: SessionEvent) => void events.push(event)
    const sessions = new SessionManager({ store: new MemoryStore(), secret, onEvent })
    const forged = Array.from({ length: 9 }, () => `__Host-sid=${randomToken()}.${randomToken()}`)
    await sessions.read(visit(forged.join('; ')))
    expect(events.filter((event) => event.type === 'rejected' && event.reason === 'malformed')).toEqual([])
  })
})
