import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest'
import {
  CookieStore,
  cachedStore,
  MemoryStore,
  type SessionEvent,
  SessionManager,
  type SessionOptions,
} from './index.js'
import { cookieAfter } from './testing/response-cookies.js'
import { secret } from './testing/secret.js'
import { StagedStore } from './testing/staged-store.js'

interface Data {
  visits: number
}

/** What runtimes have of Node's `process`. */
const { process } = globalThis as { process?: { env: Record<string, string | undefined> } }

let warn: MockInstance
let before: string | undefined

beforeEach(() => {
  warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
  before = process?.env.NODE_ENV
})
afterEach(() => {
  vi.restoreAllMocks()
  if (process !== undefined) process.env.NODE_ENV = before ?? 'test'
})

function setUp(options: Partial<SessionOptions<Data>> = {}) {
  const events: SessionEvent[] = []
  const all = { store: new StagedStore(), secret, onEvent: (event: SessionEvent) => events.push(event), ...options }
  const sessions = new SessionManager<Data>(all as SessionOptions<Data>)
  const count = (url: string, cookie = ''): Promise<Response> =>
    sessions.handle(new Request(url, { headers: { cookie } }), async (handle) => {
      ;(await handle.write()).update('visits', (n = 0) => n + 1)
      return new Response()
    })
  const warnings = (): string[] => events.flatMap((event) => (event.type === 'warning' ? [event.warning] : []))
  return { sessions, events, count, warnings }
}

describe('sessions over plain http whose cookie never comes back', () => {
  it.each(['http://shop.example/', 'http://10.0.0.5:3000/', 'http://localhost.evil.example/'])(
    'are told once, with what to do, by an event and on the console: %s',
    async (url) => {
      const { count, warnings, events } = setUp()
      for (let visit = 0; visit < 5; visit++) await count(url)
      expect(warnings()).toEqual(['cookie-never-returns'])
      expect(events.find(({ type }) => type === 'warning')).toMatchObject({
        message: expect.stringContaining('secure: false'),
      })
      expect(warn).toHaveBeenCalledTimes(1)
    },
  )

  it.each([
    'https://shop.example/',
    'http://localhost/',
    'http://app.localhost:3000/',
    'http://127.0.0.1:8080/',
    'http://[::1]/',
  ])('are no matter of %s', async (url) => {
    const { count, warnings } = setUp()
    for (let visit = 0; visit < 5; visit++) await count(url)
    expect([warnings(), warn.mock.calls]).toEqual([[], []])
  })

  it('are no matter where the cookie is not Secure, or one has come back: a proxy speaks https', async () => {
    const plain = setUp({ cookie: { secure: false } })
    for (let visit = 0; visit < 5; visit++) await plain.count('http://shop.example/')
    expect(plain.warnings()).toEqual([])
    const proxied = setUp()
    const cookie = cookieAfter(await proxied.count('http://shop.example/'))
    await proxied.count('http://shop.example/', cookie)
    for (let visit = 0; visit < 5; visit++) await proxied.count('http://shop.example/')
    expect(proxied.warnings()).toEqual([])
  })

  it('are told by the event alone in production', async () => {
    if (process === undefined) return
    process.env.NODE_ENV = 'production'
    const { count, warnings } = setUp()
    for (let visit = 0; visit < 5; visit++) await count('http://shop.example/')
    expect([warnings(), warn.mock.calls]).toEqual([['cookie-never-returns'], []])
  })
})

describe('a MemoryStore in production', () => {
  it('is told, and nowhere else', () => {
    if (process === undefined) return
    expect(setUp({ store: new MemoryStore() }).warnings()).toEqual([])
    process.env.NODE_ENV = 'production'
    expect(setUp().warnings()).toEqual([])
    expect(setUp({ store: new MemoryStore() }).warnings()).toEqual(['memory-store'])
    expect(warn).toHaveBeenCalledTimes(1)
  })
})

describe('a store that is weaker than core', () => {
  it.each([
    [{ consistency: 'eventual' as const }, ['eventual-store']],
    [{ atomic: false }, ['no-compare-and-set']],
    [{ consistency: 'strong' as const, atomic: true }, []],
  ])('(%j) is told of by an event, once, when the manager is made', async (capabilities, expected) => {
    const { count, warnings } = setUp({ store: Object.assign(new StagedStore(), capabilities) })
    expect(warnings()).toEqual(expected)
    await count('https://shop.example/')
    expect(warnings()).toEqual(expected)
  })
})

describe('a cachedStore', () => {
  it.each([
    [{}, ['eventual-store']],
    [{ atomic: false }, ['eventual-store', 'no-compare-and-set']],
    [{ consistency: 'strong' as const }, ['eventual-store']],
  ])('in front of a store that is %j serves copies for a while, and is told of', (capabilities, expected) => {
    const far = Object.assign(new StagedStore(), capabilities)
    expect(setUp({ store: cachedStore(new MemoryStore(), far) }).warnings()).toEqual(expected)
  })

  it('is no matter of a MemoryStore in production, where that is near', () => {
    if (process !== undefined) process.env.NODE_ENV = 'production'
    expect(setUp({ store: cachedStore(new MemoryStore(), new StagedStore()) }).warnings()).toEqual(['eventual-store'])
  })
})

describe('revocations that are weaker than core', () => {
  it.each([
    [{ consistency: 'eventual' as const }, ['eventual-store']],
    [{ atomic: false }, ['no-compare-and-set']],
    [{}, []],
  ])('(%j) are told of by an event that names the option', (capabilities, expected) => {
    const revocations = Object.assign(new StagedStore(), capabilities)
    const { warnings, events } = setUp({ store: new CookieStore({ revocations }) })
    expect(warnings()).toEqual(expected)
    for (const event of events)
      expect(event).toMatchObject({ message: expect.stringMatching(/^revocations: this store/) })
  })

  it('are told of where a MemoryStore has them in production', () => {
    if (process === undefined) return
    const store = new CookieStore({ revocations: new MemoryStore() })
    expect(setUp({ store }).warnings()).toEqual([])
    process.env.NODE_ENV = 'production'
    expect(setUp({ store }).warnings()).toEqual(['memory-store'])
    expect(setUp({ store: new CookieStore() }).warnings()).toEqual([])
  })
})

describe('warnings: false', () => {
  it('silences all of them', async () => {
    if (process !== undefined) process.env.NODE_ENV = 'production'
    const { count, warnings } = setUp({ store: new MemoryStore(), warnings: false })
    for (let visit = 0; visit < 5; visit++) await count('http://shop.example/')
    expect([warnings(), warn.mock.calls]).toEqual([[], []])
  })
})
