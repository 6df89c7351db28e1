import { MemoryStore, type SessionEvent, type SessionHandle, SessionManager } from '@fetch-sessions/core'
import { Hono } from 'hono'
import { every } from 'hono/combine'
import { HTTPException } from 'hono/http-exception'
import { beforeEach, describe, expect, it } from 'vitest'
import { secret } from '../../core/src/testing/secret.js'
import { session } from './index.js'

interface Data {
  code: string
}

type Env = { Variables: { session: SessionHandle<Data> } }

let store: MemoryStore
let events: string[]
let sessions: SessionManager<Data>

beforeEach(() => {
  store = new MemoryStore()
  events = []
  const onEvent = (event: SessionEvent): void => {
    events.push('reason' in event ? `${event.type}: ${event.reason}` : event.type)
  }
  sessions = new SessionManager<Data>({ store, secret, onEvent })
})

const below500 = (error: unknown): boolean => error instanceof HTTPException && error.status < 500

/** An application that asks for a code once: a wrong one is an error. */
function application(keep?: (error: unknown) => boolean): Hono<Env> {
  const app = new Hono<Env>().use(session(sessions, keep && { keep }))
  app.get('/check/:code', async (c) => {
    const code = (await c.var.session.write()).take('code')
    if (code !== c.req.param('code')) throw new HTTPException(401, { message: 'wrong' })
    return c.text('welcome')
  })
  return app
}

async function guess(app: Hono<Env>): Promise<number[]> {
  const { cookie } = await sessions.issue({ code: '42' })
  const statuses: number[] = []
  for (const code of ['1', '42']) statuses.push((await app.request(`/check/${code}`, { headers: { cookie } })).status)
  return statuses
}

describe('a code that is taken by a handler that throws', () => {
  it('is there again, and an event tells that the change was dropped', async () => {
    expect(await guess(application())).toEqual([401, 200])
    expect(events).toEqual(['created', 'loaded', 'dropped: failed', 'loaded', 'saved'])
  })

  it('is gone where keep says that the error is an answer', async () => {
    expect(await guess(application(below500))).toEqual([401, 401])
    expect(events).toEqual(['created', 'loaded', 'saved', 'loaded'])
  })
})

describe('keep', () => {
  const setAndThrow = (app: Hono<Env>, error: unknown): Hono<Env> =>
    app.get('/', async (c) => {
      ;(await c.var.session.write()).set('code', '42')
      throw error
    })
  const ways: [string, (keep: (error: unknown) => boolean) => Hono<Env>][] = [
    ['in front of the handler', (keep) => new Hono<Env>().use(session(sessions, { keep }))],
    ['within hono/combine', (keep) => new Hono<Env>().use(every(session(sessions, { keep })))],
  ]

  it.each(ways)('lets the page of the error bring the cookie of a new session: %s', async (_name, make) => {
    const response = await setAndThrow(make(below500), new HTTPException(401)).request('/')
    const [status, cookies, cacheControl] = [
      response.status,
      response.headers.getSetCookie().length,
      response.headers.get('cache-control'),
    ]
    expect([status, cookies, cacheControl, store.size]).toEqual([401, 1, 'no-store', 1])
  })

  it.each(ways)(
    'that says no, throws, or promises something, saves nothing and hides no error: %s',
    async (_name, make) => {
      const answers: ((error: unknown) => unknown)[] = [
        () => false,
        () => {
          throw new Error('of keep')
        },
        async () => true,
      ]
      for (const keep of answers) {
        const app = make(keep as () => boolean)
        const response = await setAndThrow(app, new HTTPException(403)).request('/')
        expect([response.status, response.headers.getSetCookie(), store.size]).toEqual([403, [], 0])
      }
    },
  )

  it('decides about a Response as well, which is the answer in any case', async () => {
    const answer = (): Response => new Response('no', { status: 403 })
    const refusing = new Hono<Env>().use(session(sessions, { keep: () => false }))
    const refused = await setAndThrow(refusing, answer()).request('/')
    expect([refused.status, refused.headers.getSetCookie(), store.size]).toEqual([403, [], 0])
    const kept = await setAndThrow(new Hono<Env>().use(session(sessions)), answer()).request('/')
    expect([kept.status, kept.headers.getSetCookie().length, store.size]).toEqual([403, 1, 1])
  })

  it('decides so within another middleware of the same manager as well', async () => {
    const app = new Hono<Env>().use(session(sessions, { keep: () => false }))
    app.use(session(sessions, { keep: () => false }))
    const refused = await setAndThrow(app, new Response('no', { status: 403 })).request('/')
    expect([refused.status, refused.headers.getSetCookie(), store.size]).toEqual([403, [], 0])
  })

  it('gives way to the error of a session that could not be stored', async () => {
    store.create = () => {
      throw new Error('down')
    }
    const app = new Hono<Env>().use(session(sessions, { keep: below500 }))
    app.onError((error, c) => c.text((error as Error & { code?: string }).code ?? 'none', 503))
    const response = await setAndThrow(app, new HTTPException(401)).request('/')
    expect([response.status, await response.text()]).toEqual([503, 'ERR_SESSION_STORE'])
  })

  it.each([true, 'all', null, {}])('that is %j is refused', (keep) => {
    expect(() => session(sessions, { keep: keep as never })).toThrow(
      new TypeError('fetch-sessions: keep must be a function'),
    )
  })
})
