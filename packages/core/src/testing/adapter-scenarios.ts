import { MemoryStore, type SessionHandle, SessionManager, type SessionStore } from '../index.js'
import { secret } from './secret.js'

/** What the scenarios keep in a session. */
export interface ScenarioData {
  count: number
  user: string
}

/** A request handler as every adapter can run it. */
export type ScenarioHandler = (session: SessionHandle<ScenarioData>, request: Request) => Response | Promise<Response>

/** Serves requests with a handler through one adapter. An uncaught error becomes a response or a rejection. */
export type ServeWith = (
  sessions: SessionManager<ScenarioData>,
  handler: ScenarioHandler,
) => (request: Request) => Promise<Response>

/** One request to a session that holds `{ count: 1 }`, and what must come of it through any adapter. */
export interface Scenario {
  readonly name: string
  readonly handler: ScenarioHandler
  /** Which methods of the store were called, in this order. */
  readonly calls: string[]
  /** What is done to the session cookie, where the adapter has a response. */
  readonly cookie: 'none' | 'set' | 'removed'
  /** What the session holds afterwards; `undefined` if it is gone, or has another id. */
  readonly count: number | undefined
}

const increment: ScenarioHandler = async (session) => {
  const writable = await session.write()
  return new Response(String(writable.update('count', (n = 0) => n + 1)))
}

const THROWN = 'thrown by the handler'

/** The scenarios that every adapter has to pass alike. */
export const scenarios: readonly Scenario[] = [
  { name: 'an untouched session', handler: () => new Response('ok'), calls: [], cookie: 'none', count: 1 },
  {
    name: 'a session that is read',
    handler: async (session) => new Response(String((await session.read()).get('count'))),
    calls: ['load'],
    cookie: 'none',
    count: 1,
  },
  { name: 'a session that is changed', handler: increment, calls: ['load', 'update'], cookie: 'none', count: 2 },
  {
    name: 'a change behind a redirect, whose headers can not be changed',
    handler: async (session, request) => {
      await increment(session, request)
      return Response.redirect('https://example.com/next', 303)
    },
    calls: ['load', 'update'],
    cookie: 'none',
    count: 2,
  },
  {
    name: 'a 5xx response that the handler returned',
    handler: async (session, request) => {
      await increment(session, request)
      return new Response('busy', { status: 503 })
    },
    calls: ['load', 'update'],
    cookie: 'none',
    count: 2,
  },
  {
    name: 'a handler that throws after a change',
    handler: async (session, request) => {
      await increment(session, request)
      throw new Error(THROWN)
    },
    calls: ['load'],
    cookie: 'none',
    count: 1,
  },
  {
    name: 'a handler that throws after a sign-out',
    handler: async (session) => {
      ;(await session.write()).destroy()
      throw new Error(THROWN)
    },
    calls: ['load', 'update', 'delete'],
    cookie: 'removed',
    count: undefined,
  },
  {
    name: 'a sign-out',
    handler: async (session) => {
      ;(await session.write()).destroy()
      return Response.redirect('https://example.com/bye')
    },
    calls: ['load', 'update', 'delete'],
    cookie: 'removed',
    count: undefined,
  },
  {
    name: 'a new id at sign-in',
    handler: async (session) => {
      const writable = await session.write()
      writable.set('user', 'ada').regenerate()
      return new Response('hello')
    },
    calls: ['load', 'create', 'update'],
    cookie: 'set',
    count: undefined,
  },
  {
    name: 'a streamed body',
    handler: async (session, request) => {
      await increment(session, request)
      return new Response(new Blob(['streamed']).stream())
    },
    calls: ['load', 'update'],
    cookie: 'none',
    count: 2,
  },
]

/** Runs one scenario and says what came of it, in the same words as the scenario does. */
export async function runScenario(
  serveWith: ServeWith,
  { handler, cookie: expected }: Scenario,
): Promise<Pick<Scenario, 'calls' | 'cookie' | 'count'>> {
  const memory = new MemoryStore()
  const calls: string[] = []
  const sessions = new SessionManager<ScenarioData>({ store: recording(memory, calls), secret })
  const { id, cookie } = await sessions.issue({ count: 1 })
  calls.length = 0
  const request = new Request('https://example.com/', { headers: { cookie } })
  const response = await serveWith(
    sessions,
    handler,
  )(request).catch((error: Error) => {
    if (error.message !== THROWN) throw error
  })
  const made = [...calls]
  const setCookie = response?.headers.getSetCookie().join()
  const data = memory.load(id)?.data
  return {
    calls: made,
    // An adapter that lets the error through has no response to put a cookie on.
    cookie:
      setCookie === undefined
        ? expected
        : setCookie === ''
          ? 'none'
          : setCookie.includes('Max-Age=0')
            ? 'removed'
            : 'set',
    count: data === undefined || data === '' ? undefined : (JSON.parse(data) as ScenarioData).count,
  }
}

/** Whether what a streamed body reads from is let go of, where the session can't be stored and another answer goes out. */
export async function isStreamLetGo(serveWith: ServeWith, how: 'returned' | 'thrown'): Promise<boolean> {
  const store = { ...recording(new MemoryStore(), []), create: () => Promise.reject(new Error('out of reach')) }
  const sessions = new SessionManager<ScenarioData>({ store, secret })
  let isLetGo = false
  const serve = serveWith(sessions, async (session, request) => {
    await increment(session, request)
    const source = {
      cancel: () => {
        isLetGo = true
      },
    }
    const answer = new Response(new ReadableStream(source))
    if (how === 'thrown') throw answer
    return answer
  })
  const response = await serve(new Request('https://example.com/')).catch(() => undefined)
  if (response !== undefined && response.status !== 500) throw new Error(`answered with ${response.status}`)
  await new Promise((resolve) => setTimeout(resolve))
  return isLetGo
}

/** A store that notes the name of each method that is called. */
function recording(store: MemoryStore, calls: string[]): SessionStore {
  const note = <T>(name: string, answer: T): T => {
    calls.push(name)
    return answer
  }
  return {
    load: (id) => note('load', store.load(id)),
    create: (id, record) => note('create', store.create(id, record)),
    update: (id, record) => note('update', store.update(id, record)),
    touch: (id, expiresAt, version) => note('touch', store.touch(id, expiresAt, version)),
    delete: (id) => note('delete', store.delete(id)),
  }
}
