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
import { failingStore } from './test-kit.js'
import { secret } from './testing/secret.js'
import { visit } from './testing/visit.js'

const store = new MemoryStore()
const cached = (options: object | null): unknown => cachedStore(store, new MemoryStore(), options as object)
const memory = (options: object | null): unknown => new MemoryStore(options as object)
const cookie = (options: object | null): unknown => new CookieStore(options as CookieStoreOptions)
const failing = () => failingStore(new MemoryStore())
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
    ['CookieStore: nothing to be stale', () => cookie({ maxStaleness: 5 }), /maxStaleness needs revocations/],
    ['failingStore: unknown', () => failing().fail('load', { time: 1 } as object), /fail: time is no option/],
    ['failingStore: null', () => failing().fail('load', null as never), /fail: options must be an object/],
    ['failingStore: hang', () => failing().hang('load', { times: 1 } as object), /hang: times is no option/],
    ['a list', () => new SessionManager([] as never), /fetch-sessions: options must be an object/],
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

  it.each([
    [{ limit: 5 }, /^fetch-sessions: sweepExpired: limit is no option: there are batch, timeout$/],
    [{ onError: () => {} }, /^fetch-sessions: sweepExpired: onError is no option/],
    [{ interval: 60 }, /^fetch-sessions: sweepExpired: interval is no option: it sweeps once, and startSweeper again/],
    [null, /^fetch-sessions: sweepExpired: options must be an object/],
  ])('sweepExpired: %j', async (options, message) => {
    await expect(sweepExpired({ deleteExpired: async () => 0 }, options as object)).rejects.toThrow(message)
  })

  it.each([{ limit: 5 }, 0, -1, 1.5, Number.NaN, '5', null])('deleteExpired: %j', async (limit) => {
    const deleting = manager({}).deleteExpired(limit as number)
    await expect(deleting).rejects.toThrow(TypeError)
    await expect(deleting).rejects.toThrow(/^fetch-sessions: limit must be a whole number above 0/)
  })

  it.each<[string, string, (sessions: Manager, options: object) => Promise<unknown>]>([
    ['handle', 'onError', (sessions, options) => sessions.handle(visit(''), () => new Response(), options)],
    ['commit', 'fail', (sessions, options) => sessions.commit(visit(''), new Response(), options)],
    ['commit', 'fail', (sessions, options) => sessions.commitHeaders(visit(''), new Headers(), options)],
    ['commit', 'fail', (sessions, options) => sessions.commitCookies(visit(''), options)],
  ])('%s: unknown', async (method, option, call) => {
    const sessions = manager({})
    await expect(call(sessions, { [option]: () => true })).rejects.toThrow(
      `fetch-sessions: ${method}: ${option} is no option: there are failed`,
    )
    await call(sessions, { failed: undefined })
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

  it.each<[string, (now: unknown) => unknown]>([
    ['SessionManager', (now) => manager({ now })],
    ['MemoryStore', (now) => memory({ now })],
    ['cachedStore', (now) => cached({ now })],
  ])('%s: a clock that gives no milliseconds', (_name, make) => {
    const fails = (): never => {
      throw new Error('no time')
    }
    const notClocks = [Date, async () => 5, () => undefined, () => 'x', () => new Date(0), () => 5n, null, 5]
    for (const now of [...notClocks, () => Number.NaN, () => Infinity, async () => fails()]) {
      expect(() => make(now)).toThrow(TypeError)
      expect(() => make(now)).toThrow(/^fetch-sessions: now must be a function that gives milliseconds/)
    }
    // It may tell of what is made later.
    expect(() => make(fails)).not.toThrow()
    for (const now of [() => 0, () => 0.5, () => -1, Date.now, undefined]) expect(() => make(now)).not.toThrow()
  })

  it.each([5, null, {}, ['a']])('list: a cursor that is no text: %j', async (cursor) => {
    const listing = manager({}).list({ cursor: cursor as never })
    await expect(listing).rejects.toThrow(TypeError)
    await expect(listing).rejects.toThrow(/^fetch-sessions: cursor must be a string/)
  })

  it('is none where it can', () => {
    expect(() => cached({ maxStaleness: 34_560_000, now: undefined })).not.toThrow()
    expect(() => cookie({ maxStaleness: 0, revocations: store })).not.toThrow()
    expect(() => cookie({ maxStaleness: undefined, revocations: undefined })).not.toThrow()
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
