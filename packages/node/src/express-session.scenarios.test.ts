import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import express, { type RequestHandler } from 'express'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Clock } from '../../core/src/testing/clock.js'
import { forgedOf } from '../../core/src/testing/forged-cookie.js'
import { secret } from '../../core/src/testing/secret.js'
import { StagedStore } from '../../core/src/testing/staged-store.js'
import { expressSession, type SessionHandle, SessionManager, type SessionOptions, sessionOf } from './index.js'
import { Client, cookieOf } from './testing/client.js'
import { listen, type Running } from './testing/servers.js'

interface Data {
  count: number
}

type Act = (handle: SessionHandle<Data>, response: ServerResponse) => unknown

let running: Running | undefined
let store: StagedStore
let clock: Clock

beforeEach(() => {
  store = new StagedStore()
  store.delay(0, 3)
  clock = new Clock()
  store.useClock(clock.now)
})

afterEach(async () => {
  await running?.close()
  running = undefined
})

const manager = (options: Partial<SessionOptions<Data>> = {}): SessionManager<Data> =>
  new SessionManager<Data>({ store, secret, now: clock.now, ...options })

/** A client of an application that does this with the session of each request. */
async function serve(sessions: SessionManager<Data>, act: Act, ...before: RequestHandler[]): Promise<Client> {
  const app = express()
    .set('env', 'test')
    .use(...before, expressSession(sessions))
  app.use(async (request, response) => {
    await act(sessionOf<Data>(request), response)
    if (!response.headersSent) response.end('ok')
  })
  running = await listen(createServer(app as RequestListener))
  return new Client(running.origin)
}

const change: Act = async (handle) => void (await handle.write()).update('count', (n = 0) => n + 1)
const read: Act = (handle) => handle.read()

/** In our own words, what the tests of express-session hold to that is a session's business here as well. */
describe('as with express-session, a session', () => {
  it('is begun by the first change, found by its cookie, and one for each client', async () => {
    const client = await serve(manager(), change)
    const cookies = []
    for (let i = 0; i < 3; i++) cookies.push(cookieOf(await new Client(running?.origin ?? '').visit('/')))
    for (let i = 0; i < 3; i++) await client.visit('/')
    expect([new Set(cookies).size, store.memory.size]).toEqual([3, 4])
    expect((await manager().read(client.cookie)).get('count')).toBe(3)
  })

  const endings: Readonly<Record<string, (response: ServerResponse) => unknown>> = {
    'an empty body': (response) => response.end(),
    'end(null)': (response) => response.end(null),
    'several writes': (response) => {
      response.write('hello, ')
      response.end('world')
    },
    'a body of a known length': (response) => response.setHeader('Content-Length', 5).end('hello'),
    'a length and no body': (response) => response.setHeader('Content-Length', 0).end(),
    'two calls of end': (response) => {
      response.end('hello')
      response.end()
    },
  }
  it.each(Object.keys(endings))('is stored when the response has come: %s', async (name) => {
    const client = await serve(manager(), async (handle, response) => {
      await change(handle, response)
      endings[name]?.(response)
    })
    await client.text('/')
    expect((await manager().read(client.cookie)).get('count')).toBe(1)
  })

  it.each([
    [
      'whose id nobody knows',
      async () => (await new SessionManager<Data>({ store: new StagedStore(), secret }).issue({})).cookie,
    ],
    [
      'whose signature is another one',
      async (sessions: SessionManager<Data>) => forgedOf((await sessions.issue({ count: 7 })).cookie),
    ],
    [
      'that has no signature',
      async (sessions: SessionManager<Data>) => (await sessions.issue({ count: 7 })).cookie.replace(/\..*$/, ''),
    ],
  ])('is a new one, under a new id, for a cookie %s', async (_name, forge) => {
    const sessions = manager()
    const client = await serve(sessions, change)
    const forged = await forge(sessions)
    client.cookie = forged
    await client.visit('/')
    expect(client.cookie).not.toBe(forged)
    expect((await sessions.read(client.cookie)).get('count')).toBe(1)
  })

  it('that is not signed well is not looked for in the store', async () => {
    const client = await serve(manager(), read)
    client.cookie = `__Host-sid=${'A'.repeat(43)}.${'A'.repeat(43)}`
    await client.visit('/')
    expect(store.methods).toEqual([])
  })

  it('that has expired is a new one, and moves its expiry with each use that counts', async () => {
    const client = await serve(manager({ idleTimeout: 100, absoluteTimeout: 1000 }), change)
    await client.visit('/')
    const first = client.cookie
    for (let i = 0; i < 3; i++) {
      clock.passes(80)
      expect(cookieOf(await client.visit('/'))).toBe(first)
    }
    clock.passes(101)
    await client.visit('/')
    expect(client.cookie).not.toBe(first)
    expect((await manager().read(client.cookie)).get('count')).toBe(1)
  })

  it('sends no cookie and is not stored while it is empty, and no second cookie when it is only read', async () => {
    const client = await serve(manager(), async (handle, response) => {
      const session = await handle.read()
      if (response.req.url === '/change') await change(handle, response)
      else response.end(String(session.get('count') ?? 'none'))
    })
    expect([await client.text('/'), client.cookie, store.memory.size]).toEqual(['none', '', 0])
    await client.visit('/change')
    expect(cookieOf(await client.visit('/'))).toBe('')
  })

  it('that is destroyed is gone, and begun anew by the next change', async () => {
    const client = await serve(manager(), async (handle, response) => {
      if (response.req.url === '/out') (await handle.write()).destroy()
      else await change(handle, response)
    })
    await client.visit('/')
    const first = client.cookie
    await client.visit('/out')
    expect([client.cookie, (await manager().read(first)).isNew]).toEqual(['', true])
    await client.visit('/')
    expect((await manager().read(client.cookie)).get('count')).toBe(1)
  })

  it('that is destroyed before it was ever stored sends no cookie', async () => {
    const client = await serve(manager(), async (handle) => void (await handle.write()).destroy())
    expect((await client.visit('/')).headers.getSetCookie()).toEqual([])
  })

  it('that is regenerated has a new id and the same data, and the old id opens nothing', async () => {
    const client = await serve(manager(), async (handle, response) => {
      await change(handle, response)
      if (response.req.url === '/in') (await handle.write()).regenerate()
    })
    await client.visit('/')
    const old = client.cookie
    await client.visit('/in')
    expect([(await manager().read(client.cookie)).get('count'), (await manager().read(old)).isNew]).toEqual([2, true])
  })

  it('that is saved in the middle is not saved once more at the end', async () => {
    const client = await serve(manager(), async (handle, response) => {
      await change(handle, response)
      await handle.save()
    })
    await client.visit('/')
    await client.visit('/')
    expect(store.methods).toEqual(['create', 'load', 'update'])
  })

  it('is signed with the first secret and found with each', async () => {
    const old = 'another secret, of an older time, of 32 bytes or more'
    const { cookie } = await manager({ secret: old }).issue({ count: 4 })
    const client = await serve(manager({ secret: [secret, old] }), change)
    client.cookie = cookie
    await client.visit('/')
    expect((await manager().read(client.cookie)).get('count')).toBe(5)
  })

  it.each(['setHeader', 'writeHead'])('leaves cookies that the application sets by %s', async (way) => {
    const client = await serve(manager(), async (handle, response) => {
      await change(handle, response)
      if (way === 'setHeader') response.setHeader('Set-Cookie', ['one=1', 'two=2'])
      else response.writeHead(200, { 'Set-Cookie': ['one=1', 'two=2'] })
      response.end()
    })
    const lines = (await client.visit('/')).headers.getSetCookie()
    expect(lines.map((line) => line.split('=')[0])).toEqual(['one', 'two', '__Host-sid'])
  })

  it('is stored as well where end and write were replaced before, or are replaced behind', async () => {
    let calls = 0
    const wrap: RequestHandler = (_request, response, next) => {
      const { end, write } = response
      response.write = ((...args: Parameters<typeof write>) => {
        calls++
        return write.apply(response, args)
      }) as typeof write
      response.end = ((...args: Parameters<typeof end>) => {
        calls++
        return end.apply(response, args)
      }) as typeof end
      next()
    }
    const client = await serve(
      manager(),
      async (handle, response) => {
        wrap(response.req as never, response as never, () => {})
        await change(handle, response)
        response.write('hello, ')
        response.end('world')
      },
      wrap,
    )
    expect([await client.text('/'), calls]).toEqual(['hello, world', 4])
    expect((await manager().read(client.cookie)).get('count')).toBe(1)
  })

  it.each(['load', 'create', 'update', 'touch'] as const)(
    'is an error of the application where the store can not %s, and not an empty one',
    async (method) => {
      const sessions = manager({ idleTimeout: 100 })
      const { cookie } = await sessions.issue({ count: 1 })
      const client = await serve(sessions, async (handle, response) => {
        if (method === 'touch') await read(handle, response)
        else await change(handle, response)
      })
      if (method !== 'create') client.cookie = cookie
      clock.passes(50)
      store.fail(method)
      const response = await client.visit('/')
      expect([response.status, response.headers.getSetCookie()]).toEqual([500, []])
    },
  )
})
