import { describe, expect, it } from 'vitest'
import {
  CookieStore,
  type CookieStoreOptions,
  cachedStore,
  MemoryStore,
  SessionManager,
  startSweeper,
  sweepExpired,
} from './index.js'
import { secret } from './testing/secret.js'
import { visit } from './testing/visit.js'

const store = new MemoryStore()
const cached = (options: object | null): unknown => cachedStore(store, new MemoryStore(), options as object)
const memory = (options: object | null): unknown => new MemoryStore(options as object)
const cookie = (options: object | null): unknown => new CookieStore(options as CookieStoreOptions)
const sweeper = (options: object | null): unknown => startSweeper({ deleteExpired: async () => 0 }, options as object)
type Manager = SessionManager<{ user: string }>
const MILLISECONDS = 86_400_000

describe('an option that can’t work is a TypeError that names it and says what to do', () => {
  const cases: [string, () => unknown, RegExp][] = [
    [
      'cachedStore: unknown',
      () => cached({ staleness: 5 }),
      /cachedStore: staleness is no option: there are maxStaleness, now/,
    ],
    ['cachedStore: maxAge', () => cached({ maxAge: 5 }), /cachedStore: maxAge is no option/],
    ['cachedStore: null', () => cached(null), /cachedStore: options must be an object/],
    ['cachedStore: a number', () => cached(30 as never), /cachedStore: options must be an object/],
    [
      'cachedStore: milliseconds',
      () => cached({ maxStaleness: MILLISECONDS }),
      /maxStaleness is above 400 days: it takes seconds/,
    ],
    ['cachedStore: 0', () => cached({ maxStaleness: 0 }), /maxStaleness must be a positive, finite number of seconds/],
    ['cachedStore: a text', () => cached({ maxStaleness: '30' }), /maxStaleness must be a positive/],
    ['cachedStore: Infinity', () => cached({ maxStaleness: Infinity }), /maxStaleness must be a positive, finite/],
    ['cachedStore: no clock', () => cached({ now: 5 }), /now must be a function/],
    ['cachedStore: no far store', () => cachedStore(store, undefined as never), /cachedStore: far is missing/],
    ['cachedStore: no near store', () => cachedStore({} as never, store), /cachedStore: near has no load, create/],
    [
      'cachedStore: options first',
      () => cachedStore({ near: store, far: store } as never, {} as never),
      /near has no load/,
    ],
    ['MemoryStore: unknown', () => memory({ max: 5 }), /MemoryStore: max is no option: there are maxSessions, now/],
    ['MemoryStore: null', () => memory(null), /MemoryStore: options must be an object/],
    ['MemoryStore: a number', () => memory(100 as never), /MemoryStore: options must be an object/],
    ['MemoryStore: no clock', () => memory({ now: Date.now() }), /now must be a function/],
    ['CookieStore: unknown', () => cookie({ encrypted: true }), /CookieStore: encrypted is no option/],
    ['CookieStore: null', () => cookie(null), /CookieStore: options must be an object/],
    ['CookieStore: milliseconds', () => cookie({ maxStaleness: MILLISECONDS }), /maxStaleness is above 400 days/],
    ['CookieStore: below 0', () => cookie({ maxStaleness: -1 }), /maxStaleness must be a positive/],
    ['cookie: null', () => manager({ cookie: null as never }), /cookie must be an object/],
    ['cookie: a list', () => manager({ cookie: [] as never }), /cookie must be an object/],
    [
      'startSweeper: unknown',
      () => sweeper({ every: 60 }),
      /startSweeper: every is no option: there are interval, batch/,
    ],
    ['startSweeper: null', () => sweeper(null), /startSweeper: options must be an object/],
  ]
  it.each(cases)('%s', (_name, make, message) => {
    expect(make).toThrow(TypeError)
    expect(make).toThrow(message)
  })

  it('sweepExpired: unknown', async () => {
    const sweeping = sweepExpired({ deleteExpired: async () => 0 }, { limit: 5 } as object)
    await expect(sweeping).rejects.toThrow(/^fetch-sessions: sweepExpired: limit is no option/)
  })

  it.each([
    ['issue', 'user', (sessions: Manager, options: object) => sessions.issue({}, options)],
    ['list', 'max', (sessions: Manager, options: object) => sessions.list(options)],
    ['destroyByOwner', 'expect', (sessions: Manager, options: object) => sessions.destroyByOwner('ada', options)],
    ['exclusive', 'timeout', (sessions: Manager, options: object) => sessions.open('').exclusive(() => {}, options)],
  ])('%s of a session or its manager: unknown', async (method, option, call) => {
    const sessions = manager({})
    const { cookie } = await sessions.issue({ user: 'ada' }, { owner: 'ada' })
    await expect(call(sessions, { [option]: 'x' })).rejects.toThrow(
      `fetch-sessions: ${method}: ${option} is no option: there are `,
    )
    expect((await sessions.read(cookie)).get('user')).toBe('ada')
  })

  it('is none where it can', () => {
    expect(() => cached({ maxStaleness: 34_560_000, now: undefined })).not.toThrow()
    expect(() => cookie({ maxStaleness: 0 })).not.toThrow()
    expect(() => memory({ maxSessions: 5, now: () => 0 })).not.toThrow()
  })
})

describe('a retired place that is the one of today, by a function of the domain,', () => {
  const sessions = manager({
    cookie: {
      domain: (request: Request | undefined) =>
        request?.url.startsWith('https://shop.example') ? 'shop.example' : undefined,
      name: 'sid',
      retired: [{}],
    },
  })

  it('is left out when the function gives it, so that nothing of today is removed', async () => {
    const response = await sessions.handle(visit('sid=1; sid=2'), async (handle) => {
      ;(await handle.write()).set('user', 'ada')
      return new Response()
    })
    expect(response.headers.getSetCookie()).toEqual([expect.stringMatching(/^sid=[^;]+; Max-Age=86400; Path=\/;/)])
  })

  it('is retired for the requests for which the function gives another', async () => {
    const request = new Request('https://shop.example/', { headers: { cookie: 'sid=1; sid=2' } })
    const response = await sessions.handle(request, async (handle) => {
      ;(await handle.write()).set('user', 'ada')
      return new Response()
    })
    expect(response.headers.getSetCookie().map((line) => [/Max-Age=0/.test(line), /Domain=/.test(line)])).toEqual([
      [true, false],
      [false, true],
    ])
  })
})

function manager(options: object): SessionManager<{ user: string }> {
  return new SessionManager<{ user: string }>({ store: new MemoryStore(), secret, ...options })
}
