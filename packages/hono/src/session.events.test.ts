import { type SessionEvent, type SessionHandle, SessionManager } from '@fetch-sessions/core'
import { Hono } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { beforeEach, describe, expect, it } from 'vitest'
import { secret } from '../../core/src/testing/secret.js'
import { StagedStore } from '../../core/src/testing/staged-store.js'
import { session } from './index.js'

interface Data {
  count: number
}

type Env = { Variables: { session: SessionHandle<Data> } }

let store: StagedStore
let events: SessionEvent[]
let sessions: SessionManager<Data>
let cookie: string
let app: Hono<Env>

const failures = (): unknown[] => events.filter(({ type }) => type === 'failed')
const outage = { type: 'failed', error: expect.objectContaining({ code: 'ERR_SESSION_STORE' }) }
const visit = async (path = '/', to: Pick<Hono, 'request'> = app): Promise<Response> =>
  to.request(path, { headers: { cookie } })

beforeEach(async () => {
  store = new StagedStore()
  events = []
  sessions = new SessionManager<Data>({ store, secret, onEvent: (event) => events.push(event) })
  cookie = (await sessions.issue({ count: 1 })).cookie
  app = new Hono<Env>()
  app.onError((_error, c) => c.text('sorry', 503))
  app.use(session(sessions))
  app.get('/', async (c) => c.json((await c.var.session.write()).update('count', (n = 0) => n + 1)))
})

describe('the failed event', () => {
  it.each(['load', 'update'] as const)('tells once of a store that fails at %s', async (method) => {
    store.fail(method)
    expect((await visit()).status).toBe(503)
    expect(failures()).toEqual([outage])
    expect((await visit()).status).toBe(503)
    expect(failures()).toEqual([outage, outage])
  })

  it.each(['load', 'update'] as const)('tells once where onError throws on what failed at %s', async (method) => {
    app.onError((error) => {
      throw error
    })
    store.fail(method)
    await expect(visit()).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
    expect(failures()).toEqual([outage])
  })

  it.each(['load', 'update'] as const)('tells once where the manager is mounted twice, at %s', async (method) => {
    const twice = new Hono<Env>()
    twice.onError((_error, c) => c.text('sorry', 503))
    twice.use(session(sessions)).route('/', app)
    store.fail(method)
    expect((await visit('/', twice)).status).toBe(503)
    expect(failures()).toEqual([outage])
  })

  it.each(['load', 'update'] as const)(
    'tells once where another request was put between the two, at %s',
    async (method) => {
      const twice = new Hono<Env>()
      twice.use(session(sessions))
      twice.use(async (c, next) => {
        c.req.raw = new Request(c.req.raw)
        await next()
      })
      twice.route('/', app)
      store.fail(method)
      expect((await visit('/', twice)).status).toBe(503)
      expect(failures()).toEqual([outage])
    },
  )

  it('tells each of two managers of an error: nobody knows whose it is', async () => {
    const others: SessionEvent[] = []
    const other = new SessionManager<Data>({
      store: new StagedStore(),
      secret,
      cookie: { name: '__Host-other' },
      onEvent: (event) => others.push(event),
    })
    const both = new Hono<Env>().use(session(other, { as: 'other' })).route('/', app)
    store.fail('load')
    expect((await visit('/', both)).status).toBe(503)
    expect([failures(), others]).toEqual([[outage], [outage]])
  })

  it('tells of no other error', async () => {
    app.get('/throw', async (c) => {
      await c.var.session.read()
      throw new HTTPException(404)
    })
    await visit('/throw')
    expect(failures()).toEqual([])
  })
})
