import { createServer } from 'node:http'
import express, { type RequestHandler, type Response } from 'express'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { gate } from '../../core/src/testing/gate.js'
import { secret } from '../../core/src/testing/secret.js'
import { StagedStore } from '../../core/src/testing/staged-store.js'
import { expressSession, type SessionHandle, SessionManager } from './index.js'
import { exchange, until } from './testing/client.js'
import { frameworks, listen, type Running } from './testing/servers.js'
import { type Way, ways } from './testing/ways.js'

interface Data {
  count: number
}

interface Seen {
  readonly status: number
  readonly words: string
  readonly headers: [string, string][]
  readonly body: string
  readonly notes: unknown[]
}

/** Of the session, and of the moment. */
const OTHER = ['date', 'keep-alive', 'set-cookie', 'cache-control', 'vary', 'x-powered-by']

async function visit(origin: string, notes: unknown[], method = 'GET'): Promise<Seen & { cookies: string[] }> {
  const response = await fetch(origin, { method, redirect: 'manual' })
  const body = await response.text()
  const cookies = response.headers.getSetCookie()
  return {
    status: response.status,
    words: response.statusText,
    headers: [...response.headers].filter(([name]) => !OTHER.includes(name)),
    cookies: cookies.filter((line) => !line.startsWith('__Host-sid=')),
    body,
    notes,
  }
}

let running: Running | undefined
let store: StagedStore

beforeEach(() => {
  store = new StagedStore()
})

afterEach(async () => {
  await running?.close()
  running = undefined
})

const known = new Map<string, ReturnType<typeof visit>>()

/** What a client and the handler see without a session. */
function bare(name: string, method: string): ReturnType<typeof visit> {
  const key = `${method} ${name}`
  const seen = known.get(key) ?? visitBare(ways[name] as Way, method)
  known.set(key, seen)
  return seen
}

async function visitBare(way: Way, method: string): ReturnType<typeof visit> {
  const notes: unknown[] = []
  let closed = false
  const server = createServer((_request, response) => {
    response.on('close', () => {
      closed = true
    })
    way(response, (...what) => notes.push(what))
  })
  const bare = await listen(server)
  try {
    const seen = await visit(bare.origin, notes, method)
    await until(() => closed)
    return seen
  } finally {
    await bare.close()
  }
}

const stores: Readonly<Record<string, () => void>> = {
  'a store that answers at once': () => {},
  'a store that takes its time': () => store.delay(1, 4),
}
const uses: Readonly<Record<string, (session: SessionHandle<Data>) => Promise<unknown>>> = {
  unused: async () => {},
  read: (session) => session.read(),
  changed: async (session) => (await session.write()).set('count', 1),
}

/** All of them on Node itself; on the others, which call the same, what is hardest. */
const settings = Object.keys(frameworks).flatMap((framework) =>
  Object.keys(stores).flatMap((kind) => Object.keys(uses).map((use) => ({ framework, kind, use }))),
)
const hardest = { kind: 'a store that takes its time', use: 'changed' }

const cases = Object.keys(ways).flatMap((name) =>
  (name === 'end(text)' || name === 'pipe' ? ['GET', 'HEAD'] : ['GET']).map((method) => ({ name, method })),
)

describe.each(
  settings.filter(
    ({ framework, kind, use }) => framework === 'node:http' || (kind === hardest.kind && use === hardest.use),
  ),
)('on $framework, with $kind and a session that is $use, a response goes out as without one:', (setting) => {
  it.each(cases)('$name, to $method', async ({ name, method }) => {
    const way = ways[name] as Way
    const expected = await bare(name, method)
    stores[setting.kind]?.()
    const notes: unknown[] = []
    const sessions = new SessionManager<Data>({ store, secret })
    let closed = false
    running = await frameworks[setting.framework]?.(sessions, async (request, response) => {
      response.on('close', () => {
        closed = true
      })
      await uses[setting.use]?.(request.session)
      way(response, (...what) => notes.push(what))
    })
    const seen = await visit(running?.origin ?? '', notes, method)
    await until(() => closed)
    expect(seen).toEqual(expected)
    expect(store.memory.size).toBe(setting.use === 'changed' ? 1 : 0)
  })
})

describe('before the store has answered, no byte goes out, and then the cookie is in the head:', () => {
  it.each(Object.keys(ways))('%s', async (name) => {
    const stop = gate()
    store.before('create', () => stop.opened)
    const sessions = new SessionManager<Data>({ store, secret })
    let answered = false
    running = await frameworks['node:http']?.(sessions, async (request, response) => {
      ;(await request.session.write()).set('count', 1)
      ways[name]?.(response, () => {})
      answered = true
    })
    let received = ''
    const exchanged = exchange(
      running?.port ?? 0,
      'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
      (text) => {
        received = text
        return false
      },
    )
    await until(() => answered && store.methods.includes('create'))
    // Whatever could have gone out would have by then.
    for (let turn = 0; turn < 20; turn++) await new Promise((soon) => setImmediate(soon))
    expect([received, store.memory.size]).toEqual(['', 0])
    stop.open()
    const head = (await exchanged).split('\r\n\r\n')[0]
    expect(head).toMatch(/^HTTP\/1\.1 \d{3} /)
    expect(head?.match(/^set-cookie: __Host-sid=/gim)).toHaveLength(1)
    expect(head).toMatch(/^vary: Cookie$/im)
  })
})

describe('what can not be written', () => {
  it('is refused at once, as Node does, while the head is not complete', async () => {
    store.delay(1, 2)
    const codes: unknown[] = []
    const sessions = new SessionManager<Data>({ store, secret })
    running = await frameworks['node:http']?.(sessions, async (request, response) => {
      ;(await request.session.write()).set('count', 1)
      for (const chunk of [null, undefined, 1, {}]) {
        try {
          response.write(chunk)
        } catch (error) {
          codes.push((error as NodeJS.ErrnoException).code)
        }
      }
      expect(() => response.end({})).toThrow(TypeError)
      expect([response.headersSent, response.writableEnded]).toEqual([false, false])
      response.end('hello')
    })
    expect(await (await fetch(running?.origin ?? '')).text()).toBe('hello')
    expect(codes).toEqual(['ERR_STREAM_NULL_VALUES', ...Array(3).fill('ERR_INVALID_ARG_TYPE')])
  })

  it('is not so of bytes of another realm, such as that of Jest', async () => {
    // Whose class is another one, and whose brand is the same.
    const foreign = (text: string): Uint8Array =>
      Object.setPrototypeOf(new TextEncoder().encode(text), Object.getPrototypeOf(Uint8Array.prototype))
    expect(foreign('')).not.toBeInstanceOf(Uint8Array)
    const errors: unknown[] = []
    let mayGoOn: unknown
    store.delay(1, 2)
    const sessions = new SessionManager<Data>({ store, secret })
    running = await frameworks['node:http']?.(sessions, async (request, response) => {
      ;(await request.session.write()).set('count', 1)
      try {
        mayGoOn = response.write(foreign('x'.repeat(200_000)))
        response.write(foreign('a'))
        response.end(foreign('b'))
      } catch (error) {
        errors.push(error)
        response.end()
      }
    })
    const text = await (await fetch(running?.origin ?? '')).text()
    expect(errors).toEqual([])
    expect([text.length, text.slice(-3), mayGoOn]).toEqual([200_002, 'xab', false])
  })
})

describe('flush, as compression in front puts it on the response', () => {
  const notesOf = async (handler: (response: Response & { flush(): void }) => void): Promise<string[]> => {
    const notes: string[] = []
    const inFront: RequestHandler = (_request, response, next) => {
      const { write, end } = response
      Object.assign(response, {
        write: (...args: [string]) => {
          notes.push(`write ${args[0]}`)
          return write.apply(response, args as never)
        },
        end: (...args: [string]) => {
          notes.push(`end ${args[0]}`)
          return end.apply(response, args as never)
        },
        flush: () => notes.push('flush'),
      })
      next()
    }
    const sessions = new SessionManager<Data>({ store, secret })
    const app = express().use(inFront, expressSession(sessions))
    app.get('/', async (request, response) => {
      ;(await request.session.write()).set('count', 1)
      handler(response as never)
    })
    running = await listen(createServer(app))
    await visit(running.origin, [])
    return notes
  }

  it('comes behind what was written before it, which waits for the store', async () => {
    const notes = await notesOf((response) => {
      response.write('first')
      response.flush()
      response.end('second')
    })
    expect(notes).toEqual(['write first', 'flush', 'end second'])
  })

  it('before there is anything to send does what it does without a session', async () => {
    const notes = await notesOf((response) => {
      response.flush()
      expect(response.headersSent).toBe(false)
      response.end('all')
    })
    expect(notes).toEqual(['flush', 'end all'])
  })
})
