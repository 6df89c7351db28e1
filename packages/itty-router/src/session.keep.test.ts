import { MemoryStore, type SessionEvent, SessionManager } from '@fetch-sessions/core'
import * as version6 from 'itty-router'
import * as version5 from 'itty-router-5'
import { beforeEach, describe, expect, it } from 'vitest'
import { secret } from '../../core/src/testing/secret.js'
import { type SessionHooks, type SessionRequest, session } from './index.js'

interface Data {
  tries: number
  last: string
}

const get = (path = '/', cookie = ''): Request => new Request(`https://example.com${path}`, { headers: { cookie } })

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

describe.each([
  ['itty-router 6', version6],
  ['itty-router 5', version5 as unknown as typeof version6],
])('in %s', (_name, { AutoRouter, StatusError, error, json }) => {
  const below500 = (thrown: unknown): boolean => thrown instanceof StatusError && thrown.status < 500
  const thrower = (hooks: SessionHooks<unknown[]>, thrown: () => unknown, base = '') =>
    AutoRouter({ base, ...hooks }).get('/try', async (request: SessionRequest<Data>) => {
      ;(await request.session.write()).update('tries', (n = 0) => n + 1)
      throw thrown()
    })

  describe('a counter of a handler that throws', () => {
    const triesAfter = async (keep?: (thrown: unknown) => boolean): Promise<number | undefined> => {
      const { cookie } = await sessions.issue({ tries: 0 })
      const router = thrower(session(sessions, keep && { keep }), () => new StatusError(401, 'wrong'))
      for (let time = 0; time < 3; time++) expect((await router.fetch(get('/try', cookie))).status).toBe(401)
      return (await sessions.read(cookie)).get('tries')
    }

    it('is as it was, and an event tells that each change was dropped', async () => {
      expect(await triesAfter()).toBe(0)
      expect(events.filter((event) => event === 'dropped: failed')).toHaveLength(3)
    })

    it('counts where keep says that the error is an answer', async () => {
      expect(await triesAfter(below500)).toBe(3)
      expect(events).not.toContain('dropped: failed')
    })
  })

  describe('keep', () => {
    it('lets the page of the error bring the cookie of a new session', async () => {
      const router = thrower(session(sessions, { keep: below500 }), () => new StatusError(401))
      const response = await router.fetch(get('/try'))
      expect([response.status, response.headers.getSetCookie().length, store.size]).toEqual([401, 1, 1])
    })

    it('that says no, throws, or promises something, saves nothing and hides no error', async () => {
      const answers: ((thrown: unknown) => unknown)[] = [
        () => false,
        () => {
          throw new Error('of keep')
        },
        async () => true,
      ]
      for (const keep of answers) {
        for (const thrown of [new StatusError(403), error(403)]) {
          const router = thrower(session(sessions, { keep: keep as () => boolean }), () => thrown)
          const response = await router.fetch(get('/try'))
          expect([response.status, response.headers.getSetCookie(), store.size]).toEqual([403, [], 0])
        }
      }
    })

    it('gives way to the error of a session that could not be stored, of which one event tells', async () => {
      store.create = () => {
        throw new Error('down')
      }
      const router = thrower(session(sessions, { keep: below500 }), () => new StatusError(401))
      expect((await router.fetch(get('/try'))).status).toBe(500)
      expect(events).toEqual(['failed'])
    })

    it.each([true, 'all', null, {}])('that is %j is refused', (keep) => {
      expect(() => session(sessions, { keep: keep as never })).toThrow(
        new TypeError('fetch-sessions: keep must be a function'),
      )
    })
  })

  describe('an error in a router within another one, of the same manager', () => {
    const lastOf = async (request: SessionRequest<Data>, last: string): Promise<void> =>
      void (await request.session.write()).set('last', last)

    /** The outer one changes the session once the inner one has answered. */
    const within = (inner: { fetch: unknown }) => {
      const { before, catch: answer, finally: last } = session(sessions)
      const note = (_response: Response, request: version6.IRequest): Promise<void> =>
        lastOf(request as SessionRequest<Data>, 'outer')
      return AutoRouter({ before, catch: answer, finally: [json, note, ...last] }).all('/inner/*', inner.fetch as never)
    }

    it('is answered there, and the outer one commits: nothing but what was saved before', async () => {
      const { cookie } = await sessions.issue({ tries: 0 })
      const response: Response = await within(thrower(session(sessions), () => new StatusError(409), '/inner')).fetch(
        get('/inner/try', cookie),
      )
      expect([response.status, (await sessions.read(cookie)).toJSON()]).toEqual([409, { tries: 0 }])
      expect(events.filter((event) => event === 'dropped: failed')).toHaveLength(1)
    })

    it('is an answer if keep of the inner one says so, or if it is a Response', async () => {
      const kept = session(sessions, { keep: below500 })
      const answered = session(sessions)
      const inners = [
        thrower(kept, () => new StatusError(409), '/inner'),
        thrower(answered, () => error(409), '/inner'),
      ]
      for (const inner of inners) {
        const { cookie } = await sessions.issue({ tries: 0 })
        const response: Response = await within(inner).fetch(get('/inner/try', cookie))
        expect([response.status, (await sessions.read(cookie)).toJSON()]).toEqual([409, { tries: 1, last: 'outer' }])
      }
    })

    it('whose page can not be made leaves the session to the outer one, which catches it', async () => {
      const broken = (): never => {
        throw new Error('of the page')
      }
      const { cookie } = await sessions.issue({ tries: 0 })
      const inner = thrower(session(sessions, { catch: broken }), () => new StatusError(409), '/inner')
      const catching = (request: version6.IRequest): unknown => inner.fetch(request).catch(() => 'never mind')
      const response: Response = await within({ fetch: catching }).fetch(get('/inner/try', cookie))
      expect([response.status, await response.json()]).toEqual([200, 'never mind'])
      expect((await sessions.read(cookie)).get('last')).toBe('outer')
    })
  })
})
