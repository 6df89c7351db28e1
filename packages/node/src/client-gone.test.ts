import type { ServerResponse } from 'node:http'
import { pipeline, Readable } from 'node:stream'
import express from 'express'
import fastify from 'fastify'
import { describe, expect, it } from 'vitest'
import { gate } from '../../core/src/testing/gate.js'
import { secret } from '../../core/src/testing/secret.js'
import { StagedStore } from '../../core/src/testing/staged-store.js'
import { expressSession, fastifySession, nodeSession, requestOf, SessionManager, sessionOf } from './index.js'
import { type Leaving, leaving, settled, until } from './testing/client.js'
import { frameworks } from './testing/servers.js'
import { changeLate, destroy, endings, isEnded, signOuts, type Work, worker } from './testing/sign-outs.js'
import { type Data, siteOfEachTest, visitorOfEachTest } from './testing/site.js'

const site = siteOfEachTest()
const visitor = visitorOfEachTest(site)

const closed = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    if (response.destroyed) resolve()
    else response.once('close', () => resolve())
  })

/** Of a response of Node, streams can be piped into it as well. */
const allEndings: Readonly<Record<string, (response: ServerResponse) => unknown>> = {
  ...endings,
  'pipes into it': (response) => Readable.from(['by', 'e']).pipe(response),
  'runs a pipeline into it': (response) => pipeline(Readable.from(['by', 'e']), response, () => {}),
}

/** Serves one client, who is gone before the handler is at its end. */
async function serve(framework: string, work: Work, end: (response: ServerResponse) => unknown): Promise<void> {
  const { handler, asked, done } = worker(work, end, closed)
  const { port } = await site.serveOn(framework, visitor.sessions, (request, response) => {
    response.on('error', () => {})
    return handler(request, response)
  })
  await leave(leaving(port, visitor.cookie), asked)
  await done
}

async function leave(client: Leaving, asked: Promise<void>): Promise<void> {
  await asked
  client.leave()
}

describe.each(Object.keys(frameworks))('on %s, where the client is gone,', (framework) => {
  describe.each(Object.keys(signOuts))('a sign-out %s', (when) => {
    it.each(Object.keys(allEndings))('is carried out once, if the handler %s', async (end) => {
      await serve(framework, signOuts[when] as Work, allEndings[end] as () => void)
      await until(() => site.store.memory.size === 0)
      await settled()
      expect([site.writes, site.told('destroyed', 'dropped', 'failed')]).toEqual([['update', 'delete'], ['destroyed']])
    })
  })

  // Of a pipeline, it is Node's to say whether it gets as far as the response.
  const certain = Object.keys(allEndings).filter((end) => !end.startsWith('runs'))

  it.each(certain)('other changes are stored if the response was ended: the handler %s', async (end) => {
    await serve(framework, changeLate, allEndings[end] as () => void)
    if (isEnded(end)) await until(() => site.told('saved').length > 0)
    await settled()
    expect([await visitor.count(), site.writes]).toEqual(isEnded(end) ? [2, ['update']] : [1, []])
    expect(site.told('dropped', 'failed')).toEqual(end === 'throws' ? ['dropped'] : [])
  })

  it('a sign-out that the store refuses is told to onEvent, and nobody else', async () => {
    site.store.fail('delete')
    await serve(framework, signOuts['before the client left'] as Work, () => {})
    await until(() => site.told('dropped').length > 0)
    await settled()
    expect(site.events.at(-1)).toMatchObject({ type: 'dropped', reason: 'store', id: visitor.id })
    // It is there to be ended again.
    expect(await visitor.count()).toBe(1)
  })

  it('changes that the store refuses are told to onEvent, once', async () => {
    site.store.fail('update')
    await serve(framework, changeLate, (response) => response.end())
    await until(() => site.told('failed').length > 0)
    await settled()
    expect(site.told('dropped', 'failed')).toEqual(['failed'])
  })

  it('what was not loaded in time is not left pending', async () => {
    const stop = gate()
    site.store.beforeNext('load', () => stop.opened)
    const work: Work = async (session, isGone) => {
      const loading = session.write()
      await isGone()
      stop.open()
      ;(await loading).destroy()
    }
    await serve(framework, work, () => {})
    await until(() => site.store.memory.size === 0)
    expect(site.writes).toEqual(['update', 'delete'])
  })
})

describe('a sign-out of a client that is gone is carried out', () => {
  const never = (): Promise<never> => new Promise(() => {})

  /** What `expressSession` is put in front of, over a socket that its client closes when it has been asked. */
  async function serveExpress(
    handler: (request: express.Request, isGone: () => Promise<void>) => Promise<unknown>,
    ...mounted: express.RequestHandler[]
  ): Promise<void> {
    const asked = gate()
    const app = express().set('env', 'test')
    app.use(...mounted, (request, response) =>
      handler(request, () => {
        asked.open()
        return closed(response)
      }),
    )
    const { port } = await site.serve(app)
    await leave(leaving(port, visitor.cookie), asked.opened)
    await until(() => site.store.memory.size === 0)
  }

  it('by a handle that was opened with the Web Request', async () => {
    await serveExpress(async (request, isGone) => {
      await isGone()
      await destroy(visitor.sessions.open(requestOf(request)))
      return never()
    }, expressSession(visitor.sessions))
    expect(site.writes).toEqual(['update', 'delete'])
  })

  it('by each of two managers', async () => {
    const carts = new SessionManager<Data>({ store: new StagedStore(), secret, cookie: { name: '__Host-cart' } })
    await serveExpress(
      async (request, isGone) => {
        await (await sessionOf<Data>(request, 'cart').write()).set('count', 1)
        await isGone()
        await destroy(sessionOf<Data>(request))
        return never()
      },
      expressSession(carts, { as: 'cart' }),
      expressSession(visitor.sessions),
    )
    expect(site.writes).toEqual(['update', 'delete'])
  })

  it('where the middleware is reached after the client has left', async () => {
    const asked = gate()
    const app = express().set('env', 'test')
    app.use(
      async (_request, response, next) => {
        asked.open()
        await closed(response)
        next()
      },
      expressSession(visitor.sessions),
      async (request) => {
        await destroy(sessionOf<Data>(request))
        return never()
      },
    )
    const { port } = await site.serve(app)
    await leave(leaving(port, visitor.cookie), asked.opened)
    await until(() => site.store.memory.size === 0)
    expect(site.writes).toEqual(['update', 'delete'])
  })

  it('of a pipelined request, whose response waits for another one', async () => {
    const asked = gate()
    const listener = nodeSession(visitor.sessions, async (request) => {
      if (request.url === '/first') return never()
      const session = await request.session.write()
      asked.open()
      await new Promise((gone) => request.socket.once('close', gone))
      session.destroy()
      return never()
    })
    const { port } = await site.serve(listener)
    await leave(leaving(port, visitor.cookie, '/first', '/second'), asked.opened)
    await until(() => site.store.memory.size === 0)
    expect(site.writes).toEqual(['update', 'delete'])
  })
})

describe('a reply of Fastify to a client that is gone', () => {
  const replies: Readonly<Record<string, (reply: { send(payload: unknown): unknown }) => unknown>> = {
    nothing: () => undefined,
    'a text': () => 'bye',
    'an object': () => ({ bye: 1 }),
    'a stream': (reply) => reply.send(Readable.from(['by', 'e'])),
    'an error': () => {
      throw new Error('broken')
    },
  }

  it.each(Object.keys(replies).flatMap((reply) => Object.keys(signOuts).map((when) => [reply, when] as const)))(
    'of %s carries out a sign-out %s',
    async (reply, when) => {
      const asked = gate()
      const app = fastify({ forceCloseConnections: true })
      await app.register(fastifySession, { sessions: visitor.sessions })
      app.get('/', async (request, answer) => {
        await signOuts[when]?.(sessionOf<Data>(request), () => {
          asked.open()
          return closed(answer.raw)
        })
        return replies[reply]?.(answer)
      })
      const { port } = await site.serve(app)
      await leave(leaving(port, visitor.cookie), asked.opened)
      await until(() => site.store.memory.size === 0)
      await settled()
      expect([site.writes, site.told('destroyed', 'dropped', 'failed')]).toEqual([['update', 'delete'], ['destroyed']])
    },
  )
})
