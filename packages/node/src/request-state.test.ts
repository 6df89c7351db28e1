import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { inspect } from 'node:util'
import express from 'express'
import { describe, expect, it } from 'vitest'
import { expressSession, requestOf } from './index.js'
import type { NodeRequest } from './node-request.js'
import { nearestState, stateFor, stateOf } from './request-state.js'
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
  const wrappings: [string, (request: express.Request) => express.Request][] = [
    ['one that inherits from it', (request) => Object.create(request)],
    ['a proxy of it', (request) => new Proxy(request, {})],
  ]
  const asked: [string, boolean][] = [
    ['whose Request somebody has asked for', true],
    ['of which nothing else is known', false],
  ]

  it.each(wrappings.flatMap((wrapping) => asked.map((asked) => [...wrapping, ...asked] as const)))(
    'is also that of %s, %s %s',
    async (_name, wrap, _asked, isAsked) => {
      const app = express().use(expressSession(site.manager()))
      app.get('/', async (request, response) => {
        if (isAsked) requestOf(request)
        const wrapped = wrap(request)
        ;(await handleOf(wrapped).write()).set('user', 'ada')
        response.send(String(handleOf(wrapped) === handleOf(request)))
      })
      const client = await site.serve(app)
      expect(await client.text('/')).toBe('true')
    },
  )

  it.each(wrappings)('stays where %s gets another manager’s beside it', async (_name, wrap) => {
    const [outer, inner] = [site.manager(), site.manager({ cookie: { name: '__Host-admin' } })]
    const app = express().use(expressSession(outer))
    app.use((request, response, next) => {
      const wrapped = wrap(request)
      expressSession(inner, { as: 'admin' })(wrapped, response, () => {
        response.locals.wrapped = wrapped
        next()
      })
    })
    app.get('/', (request, response) => {
      const { wrapped } = response.locals as { wrapped: express.Request }
      const own = handleOf(request)
      const seen = [
        handleOf(wrapped) === own,
        handleOf(wrapped, 'admin') !== own,
        'admin' in request && handleOf(request, 'admin') === handleOf(wrapped, 'admin'),
      ]
      response.json(seen)
    })
    const client = await site.serve(app)
    const isProxy = _name.includes('proxy')
    expect(await (await client.visit('/')).json()).toEqual([true, true, isProxy])
  })

  it('is the one that each of two requests got that inherit from the same', async () => {
    const managers = [site.manager(), site.manager({ cookie: { name: '__Host-b' } })]
    const app = express()
    app.get('/', (request, response) => {
      requestOf(request)
      const heirs = managers.map((manager) => {
        const heir = Object.create(request) as express.Request
        expressSession(manager)(heir, response, () => {})
        return heir
      })
      const seen = heirs.map((heir) => handleOf(heir))
      response.json([
        seen[0] !== seen[1],
        heirs.every((heir, i) => handleOf(Object.create(heir)) === seen[i]),
        'session' in request,
      ])
    })
    const client = await site.serve(app)
    expect(await (await client.visit('/')).json()).toEqual([true, true, false])
  })
})
