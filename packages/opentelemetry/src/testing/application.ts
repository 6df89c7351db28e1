import { MemoryStore, type SessionEvent, SessionManager, type SessionOptions } from '@fetch-sessions/core'
import { type FailingStore, failingStore, Visitor } from '@fetch-sessions/core/testing'

export interface Data {
  user: string
  visits: number
}

export interface Application {
  readonly sessions: SessionManager<Data>
  readonly store: FailingStore
  /** The same sessions, as another process has them. */
  readonly elsewhere: SessionManager<Data>
  readonly respond: (request: Request) => Promise<Response>
  readonly visitor: () => Visitor
}

/** An application in which one visits, signs in and signs out. */
export function application(
  onEvent: (event: SessionEvent) => void,
  options: Partial<SessionOptions<Data>> = {},
): Application {
  const memory = new MemoryStore()
  const store = failingStore(memory)
  const secret = 'thirty-two bytes of secret, at least'
  const sessions = new SessionManager<Data>({ store, secret, onEvent, ...options })
  const respond = (request: Request): Promise<Response> =>
    sessions.handle(request, async (handle) => {
      const { pathname } = new URL(request.url)
      if (pathname === '/read') return new Response((await handle.read()).get('user') ?? 'nobody')
      const session = await handle.write()
      if (pathname === '/sign-in') {
        session.set('user', 'ada').regenerate()
        session.setOwner('ada@example.com')
      } else if (pathname === '/sign-out') session.destroy()
      else session.update('visits', (visits = 0) => visits + 1)
      return new Response('ok')
    })
  const elsewhere = new SessionManager<Data>({ store: memory, secret })
  return { sessions, store, elsewhere, respond, visitor: () => new Visitor(respond) }
}
