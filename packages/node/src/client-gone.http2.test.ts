import { connect, createServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { beforeEach, describe, expect, it } from 'vitest'
import { gate } from '../../core/src/testing/gate.js'
import { nodeSession, type SessionManager } from './index.js'
import { settled, until } from './testing/client.js'
import { change, signOuts, type Work } from './testing/sign-outs.js'
import { type Data, siteOfEachTest } from './testing/site.js'

const site = siteOfEachTest()
let sessions: SessionManager<Data>
let visitor: { id: string; cookie: string }

beforeEach(async () => {
  sessions = site.manager()
  visitor = await sessions.issue({ count: 1 })
  site.store.forget()
})

describe('a stream of HTTP/2 that its client has reset', () => {
  const ways: Readonly<Record<string, (response: Http2ServerResponse) => unknown>> = {
    'never answers': () => {},
    'ends the response': (response) => response.end('bye'),
    'writes and ends it': (response) => {
      response.write('by')
      response.end('e')
    },
    'sends a head': (response) => response.writeHead(303, { location: '/' }).end(),
    throws: () => {
      throw new Error('broken')
    },
  }

  /** Resets the stream while the handler is at work; what the handler throws is given to `onError`. */
  async function serve2(work: Work, end: (response: Http2ServerResponse) => unknown): Promise<unknown[]> {
    const [asked, done] = [gate(), gate()]
    const errors: unknown[] = []
    const listener = nodeSession<Data, Http2ServerRequest, Http2ServerResponse>(
      sessions,
      async (request, response) => {
        const isGone = (): Promise<void> => {
          asked.open()
          return new Promise((resolve) => void response.stream.once('close', () => resolve()))
        }
        try {
          await work(request.session, isGone)
          await end(response)
        } finally {
          done.open()
        }
      },
      { onError: (error) => errors.push(error) },
    )
    const server = createServer(listener)
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    try {
      const stream = client.request({ ':path': '/', cookie: visitor.cookie })
      stream.on('error', () => {})
      await asked.opened
      stream.close()
      await done.opened
      await settled()
      return errors
    } finally {
      client.close()
      server.close()
    }
  }

  it.each(Object.keys(ways).flatMap((end) => Object.keys(signOuts).map((when) => [when, end] as const)))(
    'carries out a sign-out %s, once, if the handler %s',
    async (when, end) => {
      const errors = await serve2(signOuts[when] as Work, ways[end] as () => void)
      await until(() => site.store.memory.size === 0)
      expect([site.writes, site.told('destroyed', 'dropped', 'failed')]).toEqual([['update', 'delete'], ['destroyed']])
      expect(errors.map(String)).toEqual(end === 'throws' ? ['Error: broken'] : [])
    },
  )

  it.each(Object.keys(ways))('stores other changes if the response was ended: the handler %s', async (end) => {
    const work: Work = async (session, isGone) => {
      await isGone()
      await change(session)
    }
    const errors = await serve2(work, ways[end] as () => void)
    const isEnded = /^(ends|writes|sends)/.test(end)
    if (isEnded) await until(() => site.told('saved').length > 0)
    expect((await sessions.peek(visitor.id))?.get('count')).toBe(isEnded ? 2 : 1)
    expect(errors.map(String)).toEqual(end === 'throws' ? ['Error: broken'] : [])
  })
})
