import type { AddressInfo } from 'node:net'
import { type HandleOptions, MemoryStore, SessionManager } from '@fetch-sessions/core'
import { type Data, describe as seen } from '@fetch-sessions/example-frameworks-shared'
import { createAdaptorServer } from '@hono/node-server'
import { describe, expect, it } from 'vitest'
import { checks } from './checks.js'
import { sendForm } from './frameworks.js'

/** What is wrong with an application, on purpose. */
interface Fault {
  options?: HandleOptions
  /** What is done to a request before, and to a response behind the sessions. */
  before?: (request: Request) => Request
  behind?: (response: Response) => Response
  keepsId?: boolean
}

/** The names of the checks that an application with this fault does not pass. The one of streams takes too long. */
async function failuresOf({ options = {}, before = same, behind = same, keepsId = false }: Fault): Promise<string[]> {
  const sessions = new SessionManager<Data>({
    store: new MemoryStore(),
    secret: crypto.getRandomValues(new Uint8Array(32)),
    cookie: { name: '__Host-sid' },
  })
  const home = (): Response => new Response(null, { status: 303, headers: { location: '/' } })
  const fetch = async (request: Request): Promise<Response> =>
    behind(
      await sessions.handle(
        before(request),
        async (handle) => {
          const { pathname } = new URL(request.url)
          if (pathname === '/') return new Response(seen(await handle.read()))
          if (pathname === '/public') return new Response('the same for all')
          const session = await handle.write()
          if (pathname === '/count') session.update('count', (n = 0) => n + 1)
          if (pathname === '/sign-in') session.set('user', 'ada')
          if (pathname === '/sign-in' && !keepsId) session.regenerate()
          if (pathname === '/sign-out') session.destroy()
          if (pathname === '/fail') session.set('count', 1000)
          if (pathname === '/fail') return new Response('Sorry', { status: 500 })
          return home()
        },
        { failed: ({ status }) => status >= 500, ...options },
      ),
    )
  const server = createAdaptorServer({ fetch })
  await new Promise<void>((listening) => server.listen(0, 'localhost', listening))
  try {
    const failures: string[] = []
    for (const check of checks.filter(({ name }) => !name.startsWith('streams'))) {
      const origin = `http://localhost:${(server.address() as AddressInfo).port}`
      const paths = { home: '/', public: '/public', live: '/live' }
      await check.run({ origin, paths, redirects: true, act: sendForm }).catch(() => failures.push(check.name))
    }
    return failures
  } finally {
    server.close()
  }
}

function same<T>(value: T): T {
  return value
}

function without(name: string): (response: Response) => Response {
  return (response) => {
    const copy = new Response(response.body, response)
    copy.headers.delete(name)
    return copy
  }
}

describe('the checks find', () => {
  it('nothing wrong with an application that is right', async () => {
    expect(await failuresOf({})).toEqual([])
  })

  it.each<[string, Fault, string[]]>([
    ['that failures are saved', { options: { failed: () => false } }, ['saves nothing when a handler throws']],
    ['that Vary is missing', { behind: without('vary') }, ['tells caches']],
    ['that the cookie may be cached', { behind: without('cache-control') }, ['tells caches']],
    ['that a sign-in keeps the id', { keepsId: true }, ['signs in', 'lets the cookie of before open nothing']],
  ])('%s', async (_fault, fault, failures) => {
    expect(await failuresOf(fault)).toEqual(failures)
  })

  it('that no cookie is sent, or none is seen', async () => {
    expect(await failuresOf({ behind: without('set-cookie') })).toContain('counts')
    expect(await failuresOf({ before: (request) => new Request(request.url, { method: request.method }) })).toContain(
      'counts',
    )
  })
})
