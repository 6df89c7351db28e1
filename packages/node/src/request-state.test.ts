import { createServer, IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { inspect } from 'node:util'
import express from 'express'
import { describe, expect, it } from 'vitest'
import { expressSession, requestOf } from './index.js'
import type { NodeRequest } from './node-request.js'
import { nearestState, stateFor, stateOf } from './request-state.js'
import { listen } from './testing/servers.js'
import { handleOf, siteOfEachTest } from './testing/site.js'

const site = siteOfEachTest()

function made(cookie = 'a=1'): IncomingMessage {
  return Object.assign(new IncomingMessage(new Socket()), {
    method: 'GET',
    url: '/',
    headers: { host: 'a.example', cookie },
  })
}

/** Other objects that look like the request. */
const others: [string, (request: IncomingMessage) => NodeRequest][] = [
  ['a copy', (request) => ({ ...request }) as NodeRequest],
  [
    'a copy of all its properties',
    (request) => Object.create(Object.getPrototypeOf(request), Object.getOwnPropertyDescriptors(request)),
  ],
  ['one that inherits from it', (request) => Object.create(request)],
  ['a proxy of it', (request) => new Proxy(request, {})],
]

describe('what is known of a request', () => {
  it('is known of that one only, from the first time on', () => {
    const request = made()
    expect(stateOf(request)).toBe(undefined)
    const state = stateFor(request)
    expect([stateOf(request), stateFor(request), nearestState(request)]).toEqual([state, state, state])
    expect(stateOf(made())).toBe(undefined)
  })

  it.each(others)('is not that of %s, whichever is asked first', (_name, otherOf) => {
    for (const isFirst of [true, false]) {
      const request = made()
      const before = isFirst ? stateFor(request) : undefined
      const other = otherOf(request)
      const state = stateFor(other)
      expect(state.of).toBe(other)
      expect(stateFor(request).of).toBe(request)
      if (before !== undefined) expect(stateFor(request)).toBe(before)
      expect([stateOf(other), stateOf(request)]).toEqual([state, stateFor(request)])
    }
  })

  it.each(others)('does not give %s the Request of the first one', (_name, otherOf) => {
    const request = made('a=1')
    const first = requestOf(request)
    const other = otherOf(request)
    Object.defineProperty(other, 'headers', { value: { host: 'a.example', cookie: 'b=2' }, configurable: true })
    expect(requestOf(other).headers.get('cookie')).toBe('b=2')
    expect(requestOf(request)).toBe(first)
  })

  it('is kept of a request that takes no property', () => {
    const request = Object.freeze({ method: 'GET', url: '/', headers: { host: 'a.example' } }) as unknown as NodeRequest
    expect(requestOf(request)).toBe(requestOf(request))
  })

  it('is in no log, and in no copy', () => {
    const request = made()
    requestOf(request)
    expect(inspect(request)).not.toContain('fetch-sessions')
    expect(
      Object.getOwnPropertySymbols({ ...request })
        .map(String)
        .join(),
    ).not.toContain('fetch-sessions')
  })
})

describe('the session of a request', () => {
  it.each([
    ['one that inherits from it', (request: express.Request) => Object.create(request) as express.Request],
    ['a proxy of it', (request: express.Request) => new Proxy(request, {})],
  ])('is also that of %s', async (_name, otherOf) => {
    const app = express().use(expressSession(site.manager()))
    app.use((request, _response, next) => {
      requestOf(request)
      next()
    })
    app.get('/', async (request, response) => {
      const other = otherOf(request)
      ;(await handleOf(other).write()).set('user', 'ada')
      response.send(String(handleOf(other) === handleOf(request)))
    })
    const { port, close } = await listen(createServer(app))
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('true')
    await close()
  })
})
