import { connect, createServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { nodeSession } from './index.js'
import { settled, until } from './testing/client.js'
import { changeLate, endings, isEnded, signOuts, type Work, worker } from './testing/sign-outs.js'
import { type Data, siteOfEachTest, visitorOfEachTest } from './testing/site.js'

const site = siteOfEachTest()
const visitor = visitorOfEachTest(site)

describe('a stream of HTTP/2 that its client has reset', () => {
  /** Resets the stream while the handler is at work; what the handler throws is given to `onError`. */
  async function serve2(work: Work, end: (response: Http2ServerResponse) => unknown): Promise<unknown[]> {
    const closed = ({ stream }: Http2ServerResponse): Promise<void> =>
      new Promise((resolve) => void stream.once('close', () => resolve()))
    const { handler, asked, done } = worker(work, end, closed)
    const errors: unknown[] = []
    const onError = (error: unknown): void => void errors.push(error)
    const listener = nodeSession<Data, Http2ServerRequest, Http2ServerResponse>(visitor.sessions, handler, { onError })
    const server = createServer(listener)
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    try {
      const stream = client.request({ ':path': '/', cookie: visitor.cookie })
      stream.on('error', () => {})
      await asked
      stream.close()
      await done
      await settled()
      return errors
    } finally {
      client.close()
      server.close()
    }
  }

  it.each(Object.keys(endings).flatMap((end) => Object.keys(signOuts).map((when) => [when, end] as const)))(
    'carries out a sign-out %s, once, if the handler %s',
    async (when, end) => {
      const errors = await serve2(signOuts[when] as Work, endings[end] as () => void)
      await until(() => site.store.memory.size === 0)
      expect([site.writes, site.told('destroyed', 'dropped', 'failed')]).toEqual([['update', 'delete'], ['destroyed']])
      expect(errors.map(String)).toEqual(end === 'throws' ? ['Error: broken'] : [])
    },
  )

  it.each(Object.keys(endings))('stores other changes if the response was ended: the handler %s', async (end) => {
    const errors = await serve2(changeLate, endings[end] as () => void)
    if (isEnded(end)) await until(() => site.told('saved').length > 0)
    expect(await visitor.count()).toBe(isEnded(end) ? 2 : 1)
    expect(errors.map(String)).toEqual(end === 'throws' ? ['Error: broken'] : [])
  })
})
