import { SessionManager, type SessionOptions } from '@fetch-sessions/core'
import { Clock } from '../../../core/src/testing/clock.js'
import { secret } from '../../../core/src/testing/secret.js'
import { StagedStore } from '../../../core/src/testing/staged-store.js'
import type { BoundEvent, DeviceBound, DeviceBoundOptions } from '../index.js'
import { deviceBound } from '../index.js'

export interface Data {
  user: string
  visits: number
}

export interface Application {
  readonly clock: Clock
  readonly store: StagedStore
  readonly sessions: SessionManager<Data>
  readonly bound: DeviceBound<Data>
  readonly events: BoundEvent[]
  readonly fetch: (request: Request) => Promise<Response>
}

/**
 * An application whose people sign in by asking for `/sign-in`. It shows the state and who is signed in; `/static` asks for
 * no session at all, `/guarded` and `/proven` have guards.
 */
export function application(
  options: DeviceBoundOptions = {},
  sessionOptions: Partial<SessionOptions<Data>> = {},
): Application {
  const clock = new Clock()
  const store = new StagedStore()
  const events: BoundEvent[] = []
  const sessions = new SessionManager<Data>({
    store,
    secret,
    now: clock.now,
    ...sessionOptions,
  } as SessionOptions<Data>)
  const onEvent = (event: BoundEvent): void => void events.push(event)
  const bound = deviceBound(sessions, { now: clock.now, onEvent, ...options })
  const guards: Record<string, (request: Request) => Promise<Response | undefined>> = {
    '/guarded': bound.guard(),
    '/proven': bound.guard({ proven: true, redirectTo: '/sign-in' }),
  }
  const answer = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url)
    if (pathname === '/static') return new Response('static')
    if (pathname === '/sign-in') {
      const session = await sessions.write(request)
      session.regenerate()
      session.clear()
      session.set('user', 'ada')
      return bound.register(request, Response.redirect('https://shop.example/', 303))
    }
    if (pathname === '/sign-out') (await sessions.write(request)).destroy()
    if (pathname === '/regenerate') (await sessions.write(request)).regenerate()
    if (pathname === '/count') (await sessions.write(request)).update('visits', (n = 0) => n + 1)
    if (pathname === '/throw') {
      await bound.state(request)
      throw new Error('the handler failed')
    }
    const refused = await guards[pathname]?.(request)
    if (refused !== undefined) return refused
    const state = await bound.state(request)
    const user = state === 'missing' ? undefined : (await sessions.read(request)).get('user')
    return new Response(`${state} ${user ?? 'nobody'}`)
  }
  const fetch = async (request: Request): Promise<Response> =>
    bound.handle(request) ?? sessions.handle(request, () => answer(request))
  return { clock, store, sessions, bound, events, fetch }
}
