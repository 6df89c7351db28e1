import express, { type ErrorRequestHandler } from 'express'
import { beforeEach, describe, expect, it } from 'vitest'
import { expressSession, type SessionManager } from './index.js'
import { frameworks } from './testing/servers.js'
import { type Data, siteOfEachTest } from './testing/site.js'

const site = siteOfEachTest()
let sessions: SessionManager<Data>

beforeEach(() => {
  sessions = site.manager()
})

/** A client that sees what it would see without a session: a whole answer, and who is signed in by it. */
async function expectWholeAnswer(origin: string, body: string): Promise<void> {
  const response = await fetch(origin)
  expect([response.status, await response.text()]).toEqual([200, body])
  expect(response.headers.getSetCookie()).toEqual([expect.stringContaining('__Host-sid=')])
  const [cookie = ''] = response.headers.getSetCookie()
  expect((await sessions.read(cookie)).get('count')).toBe(1)
}

/** Fastify leaves a response that was taken from it alone. */
const breakingOff = Object.keys(frameworks).filter((name) => !name.startsWith('Fastify'))

describe.each(Object.keys(frameworks))('on %s, an error that comes after the answer', (framework) => {
  it('lets the answer, which waits for the store, go out', async () => {
    const { origin } = await site.serveOn(framework, sessions, async (request, response) => {
      ;(await request.session.write()).set('count', 1)
      response.end('the answer')
      // A second answer, as a "return" that was forgotten makes it.
      response.setHeader('Location', '/')
    })
    await expectWholeAnswer(origin, 'the answer')
  })

  it('is answered in its place if the store fails', async () => {
    site.store.fail('create')
    const { origin } = await site.serveOn(framework, sessions, async (request, response) => {
      ;(await request.session.write()).set('count', 1)
      response.end('the answer')
      throw new Error('too late')
    })
    expect((await fetch(origin)).status).toBe(500)
  })
})

it.each(breakingOff)('on %s, an error in the middle of an answer breaks it off', async (framework) => {
  const { origin } = await site.serveOn(framework, sessions, async (request, response) => {
    ;(await request.session.write()).set('count', 1)
    response.write('the beginning')
    throw new Error('broken')
  })
  await expect(fetch(origin).then((response) => response.text())).rejects.toThrow()
})

describe('an error handler of Express that answers after the answer', () => {
  const handlers: Readonly<Record<string, ErrorRequestHandler>> = {
    'and does not look whether it can': (_error, _request, response, _next) => void response.status(503).send('sorry'),
    'by its status alone': (_error, _request, response, _next) => {
      response.status(503)
      response.statusMessage = 'Sorry'
    },
  }

  it.each(Object.keys(handlers))('changes nothing of it: %s', async (name) => {
    const app = express().set('env', 'test').use(expressSession(sessions))
    const second = site.manager({ cookie: { name: 'second' } })
    app.use(expressSession(second as never, { as: 'second' }))
    app.get('/', async (request, response) => {
      ;(await request.session.write()).set('count' as never, 1 as never)
      const { second } = request as unknown as { second: typeof request.session }
      ;(await second.write()).set('count' as never, 1 as never)
      response.send('the answer')
      response.send('another')
    })
    app.use(handlers[name] as ErrorRequestHandler)
    const response = await fetch((await site.serve(app)).origin)
    expect([response.status, response.statusText, await response.text()]).toEqual([200, 'OK', 'the answer'])
    expect(response.headers.getSetCookie()).toHaveLength(2)
  })
})
