import { type SessionEvent, SessionManager } from '@fetch-sessions/core'
import * as version6 from 'itty-router'
import * as version5 from 'itty-router-5'
import { beforeEach, describe, expect, it } from 'vitest'
import { secret } from '../../core/src/testing/secret.js'
import { StagedStore } from '../../core/src/testing/staged-store.js'
import { type SessionRequest, session } from './index.js'

interface Data {
  count: number
}

let store: StagedStore
let events: SessionEvent[]
let sessions: SessionManager<Data>
let cookie: string

const failures = (): unknown[] => events.filter(({ type }) => type === 'failed')
const outage = { type: 'failed', error: expect.objectContaining({ code: 'ERR_SESSION_STORE' }) }
const get = (path = '/'): Request => new Request(`https://example.com${path}`, { headers: { cookie } })

beforeEach(async () => {
  store = new StagedStore()
  events = []
  sessions = new SessionManager<Data>({ store, secret, onEvent: (event) => events.push(event) })
  cookie = (await sessions.issue({ count: 1 })).cookie
})

async function increment(request: SessionRequest<Data>): Promise<number> {
  return (await request.session.write()).update('count', (n = 0) => n + 1)
}

describe.each([
  ['itty-router 6', version6],
  ['itty-router 5', version5 as unknown as typeof version6],
])('the failed event, in %s,', (_name, { AutoRouter, StatusError }) => {
  it.each(['load', 'update'] as const)('tells once of a store that fails at %s', async (method) => {
    store.fail(method)
    const router = AutoRouter({ ...session(sessions) }).get('/', increment)
    expect((await router.fetch(get())).status).toBe(500)
    expect(failures()).toEqual([outage])
    expect((await router.fetch(get())).status).toBe(500)
    expect(failures()).toEqual([outage, outage])
  })

  it('tells of each request where one error has ended several', async () => {
    const down = await (async () => {
      store.fail('load')
      return sessions.read(cookie)
    })().catch((error: unknown) => error)
    const router = AutoRouter({ ...session(sessions) }).get('/', () => {
      throw down
    })
    await Promise.all([router.fetch(get()), router.fetch(get())])
    expect(failures()).toEqual([outage, outage])
  })

  it('tells once of an error that an inner router hands on', async () => {
    store.fail('load')
    const handOn = (error: unknown): never => {
      throw error
    }
    const inner = AutoRouter({ base: '/inner', ...session(sessions, { catch: handOn }) }).get('/', increment)
    const outer = AutoRouter({ ...session(sessions) }).all('/inner/*', inner.fetch)
    expect((await outer.fetch(get('/inner/'))).status).toBe(500)
    expect(failures()).toEqual([outage])
  })

  it('tells once where an answer that was thrown can not be saved, which gets an error page', async () => {
    store.fail('update')
    const router = AutoRouter({ ...session(sessions) })
    router.get('/', async (request: SessionRequest<Data>) => {
      await increment(request)
      throw new Response(null, { status: 303, headers: { location: '/' } })
    })
    expect((await router.fetch(get())).status).toBe(500)
    expect(failures()).toEqual([outage])
  })

  it('tells of no other error', async () => {
    const router = AutoRouter({ ...session(sessions) })
    router.get('/', async (request: SessionRequest<Data>) => {
      await increment(request)
      throw new StatusError(404)
    })
    expect((await router.fetch(get())).status).toBe(404)
    expect(failures()).toEqual([])
  })
})
