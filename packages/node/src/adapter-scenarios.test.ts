import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import { describe, expect, it } from 'vitest'
import { runScenario, type ServeWith, scenarios } from '../../core/src/testing/adapter-scenarios.js'
import { requestOf } from './index.js'
import { frameworks } from './testing/servers.js'

/** Serves with a framework of Node, over HTTP. */
const serveWith =
  (framework: string): ServeWith =>
  (sessions, handler) =>
  async (request) => {
    const running = await frameworks[framework]?.(sessions, async (incoming, outgoing) => {
      const response = await handler(incoming.session, requestOf(incoming))
      outgoing.writeHead(response.status, [...response.headers].flat())
      if (response.body === null) outgoing.end()
      else Readable.fromWeb(response.body as ReadableStream).pipe(outgoing)
    })
    try {
      const cookie = request.headers.get('cookie') ?? ''
      return await fetch(running?.origin ?? '', { headers: { cookie }, redirect: 'manual' })
    } finally {
      await running?.close()
    }
  }

describe.each(Object.keys(frameworks))('%s, like each adapter, keeps to', (framework) => {
  it.each(scenarios.map((scenario) => [scenario.name, scenario] as const))('%s', async (_name, scenario) => {
    const { calls, cookie, count } = scenario
    const came = await runScenario(serveWith(framework), scenario)
    // Here a status of 500 or more is how an error looks, and saves nothing.
    if (scenario.name.startsWith('a 5xx response')) expect(came).toEqual({ calls: ['load'], cookie, count: 1 })
    else expect(came).toEqual({ calls, cookie, count })
  })
})
