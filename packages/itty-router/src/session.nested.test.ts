import { MemoryStore, type SessionEvent, type SessionHandle, SessionManager } from '@fetch-sessions/core'
import * as version6 from 'itty-router'
import * as version5 from 'itty-router-5'
import { beforeEach, describe, expect, it } from 'vitest'
import { secret } from '../../core/src/testing/secret.js'
import { StagedStore } from '../../core/src/testing/staged-store.js'
import { type SessionHooks, type SessionRequest, session, sessionOf } from './index.js'

interface Data {
  count: number
  user: string
}

const get = (path = '/', cookie = ''): Request => new Request(`https://example.com${path}`, { headers: { cookie } })
const cookieNames = (response: Response): (string | undefined)[] =>
  response.headers.getSetCookie().map((line) => line.split('=')[0])
const cookieOf = (response: Response): string => response.headers.getSetCookie()[0]?.split(';')[0] ?? ''
const increment = async (handle: SessionHandle<Data>): Promise<number> =>
  (await handle.write()).update('count', (n = 0) => n + 1)

let events: SessionEvent[]
let store: StagedStore
let sessions: SessionManager<Data>
let others: SessionManager<Data>

beforeEach(() => {
  events = []
  store = new StagedStore()
  sessions = new SessionManager<Data>({ store, secret, onEvent: (event) => events.push(event) })
  others = new SessionManager<Data>({ store: new MemoryStore(), secret, cookie: { name: '__Host-other' } })
})

describe.each([
  ['itty-router 6', version6],
  ['itty-router 5', version5 as unknown as typeof version6],
])('in %s', (_name, { AutoRouter, Router, StatusError, error, json }) => {
  /** What a router around another one does last: one more visit. */
  const counting = ({ before, catch: answer, finally: last }: SessionHooks<unknown[]>) => ({
    before,
    catch: answer,
    finally: [
      json,
      async (_response: Response, request: version6.IRequest) => void (await increment(sessionOf<Data>(request))),
      ...last,
    ],
  })

  describe('two managers in routers one within the other, under one name', () => {
    it('work side by side, and each router has its own', async () => {
      const inner = AutoRouter({ base: '/inner', ...session(others) })
      inner.get('/count', async (request: SessionRequest<Data>) => increment(request.session))
      const outer = AutoRouter(counting(session(sessions)))
      outer.all('/inner/*', inner.fetch)
      const response: Response = await outer.fetch(get('/inner/count'))
      expect([response.status, await response.json()]).toEqual([200, 1])
      expect(cookieNames(response).sort()).toEqual(['__Host-other', '__Host-sid'])
      const cookies = response.headers.getSetCookie().map((line) => line.split(';')[0])
      expect((await sessions.read(cookies.join('; '))).get('count')).toBe(1)
      expect((await others.read(cookies.join('; '))).get('count')).toBe(1)
    })

    it('leave a route that uses no session alone', async () => {
      const inner = AutoRouter({ base: '/inner', ...session(others) })
      const page = new Response('no session used')
      inner.get('/plain', () => page)
      const outer = AutoRouter({ ...session(sessions) })
      outer.all('/inner/*', inner.fetch)
      expect(await outer.fetch(get('/inner/plain'))).toBe(page)
    })

    it('go on with the outer one’s where the inner one has no route', async () => {
      const inner = Router({ base: '/inner', ...session(others) })
      const outer = AutoRouter({ ...session(sessions) })
      outer.all('/inner/*', inner.fetch).get('*', async (request: SessionRequest<Data>) => increment(request.session))
      expect(cookieNames(await outer.fetch(get('/inner/unknown')))).toEqual(['__Host-sid'])
    })

    it('also where the handler of the inner one throws, with and without its catch', async () => {
      const hooks = session(others)
      for (const inside of [hooks, { before: hooks.before, finally: hooks.finally }]) {
        const inner = Router({ base: '/inner', ...inside })
        inner.get('/throw', async (request: SessionRequest<Data>) => {
          await increment(request.session)
          throw new StatusError(409)
        })
        const outer = AutoRouter({ ...session(sessions) })
        outer.all(
          '/inner/*',
          async (request: SessionRequest<Data>) => void (await request.session.save((own) => own.set('count', 5))),
          inner.fetch,
        )
        const response = await outer.fetch(get('/inner/throw'))
        expect([response.status, cookieNames(response)]).toEqual([409, ['__Host-sid']])
        expect((await sessions.read(cookieOf(response))).get('count')).toBe(5)
      }
    })

    it('also where the error page of the inner one fails, and the router around it answers', async () => {
      const broken = (): never => {
        throw new Error('of the error page')
      }
      const inner = AutoRouter({ base: '/inner', ...session(others, { catch: broken }) })
      inner.get('/throw', () => {
        throw new StatusError(409)
      })
      const outer = AutoRouter(counting(session(sessions)))
      outer.all('/inner/*', async (request: version6.IRequest) => inner.fetch(request).catch(() => 'never mind'))
      const response = await outer.fetch(get('/inner/throw'))
      expect([await response.json(), cookieNames(response)]).toEqual(['never mind', ['__Host-sid']])
    })
  })

  describe('the same manager in routers one within the other', () => {
    const kinds: [string, (hooks: SessionHooks<unknown[]>) => SessionHooks<unknown[]>][] = [
      ['with the same hooks', (hooks) => hooks],
      ['with hooks of its own', () => session(sessions)],
      ['with hooks of its own, under another name', () => session(sessions, { as: 'own' })],
    ]
    it.each(kinds)('commits once, at the outer one, %s', async (_kind, innerOf) => {
      const hooks = session(sessions)
      const inner = AutoRouter({ base: '/inner', ...innerOf(hooks) })
      inner.get('/sign-in', async (request: SessionRequest<Data>) => {
        ;(await request.session.write()).set('user', 'ada')
        return 'signed in'
      })
      const outer = AutoRouter(counting(hooks))
      outer.all('/inner/*', inner.fetch)
      const response = await outer.fetch(get('/inner/sign-in'))
      expect([response.status, cookieNames(response)]).toEqual([200, ['__Host-sid']])
      expect((await sessions.read(cookieOf(response))).toJSON()).toEqual({ user: 'ada', count: 1 })
      expect(store.methods.filter((method) => method === 'create')).toHaveLength(1)
    })

    it('commits there also where a hook of the inner one answers before the session’s does', async () => {
      const own = session(sessions)
      const inner = AutoRouter({
        base: '/inner',
        before: [() => error(401, 'who are you?'), ...own.before],
        catch: own.catch,
        finally: [json, ...own.finally],
      })
      const outer = AutoRouter(counting(session(sessions)))
      outer.all('/inner/*', inner.fetch)
      const response = await outer.fetch(get('/inner/x'))
      expect([response.status, cookieNames(response)]).toEqual([401, ['__Host-sid']])
    })

    it('with the same hooks tell what to do where a hook of the inner one has answered before the session’s', async () => {
      const errors: unknown[] = []
      const hooks = session(sessions, {
        catch: (thrown) => {
          errors.push(thrown)
          return error(500)
        },
      })
      const inner = AutoRouter({ ...hooks, base: '/inner', before: [() => error(401), ...hooks.before] })
      const outer = AutoRouter(counting(hooks))
      outer.all('/inner/*', inner.fetch)
      expect((await outer.fetch(get('/inner/x'))).status).toBe(500)
      const told = {
        code: 'ERR_SESSION_COMMITTED',
        message: expect.stringMatching(/another call of session\(sessions\)/),
      }
      expect(errors).toMatchObject([told])
      expect(events.filter(({ type }) => type === 'failed')).toMatchObject([{ error: told }])
    })
  })

  it('a hook that answers before the session’s does has its session committed', async () => {
    const hooks = session(sessions)
    const remember = async (request: version6.IRequest): Promise<Response> => {
      ;(await sessions.write(request as unknown as Request)).set('user', 'ada')
      return error(401)
    }
    const router = AutoRouter({ ...hooks, before: [remember, ...hooks.before] })
    const response = await router.fetch(get())
    expect([response.status, (await sessions.read(cookieOf(response))).get('user')]).toEqual([401, 'ada'])
  })
})
