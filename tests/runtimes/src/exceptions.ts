import type { Runtime } from './runtimes.js'

/**
 * A test that holds on Node and can not hold elsewhere. It is run there all the same, and has to fail. Or a test file whose
 * imports can not be loaded elsewhere, or a folder of such: that is left out.
 */
export interface Exception {
  /** The name of the test, or the path of the file or the folder. */
  readonly test: string
  /** Ids of runtimes. */
  readonly on: readonly string[]
  /** Completes "is not tested there, since". */
  readonly because: string
}

const WORKERD = ['workerd', 'workerd-nodejs']

export const exceptions: readonly Exception[] = [
  {
    test: 'node/src',
    on: WORKERD,
    because: '`@fetch-sessions/node` is for servers of `node:http`, with Express and Fastify',
  },
  {
    test: 'node/src/held-response.long-answer.test.ts',
    on: ['bun', 'deno'],
    because: 'a response of `node:http` says there that it is finished before the system has taken all of a long one',
  },
  {
    test: 'core/src/cookie/node-signer.test.ts',
    on: ['workerd'],
    because: '`@fetch-sessions/core/node` is for runtimes that have `node:crypto`',
  },
  {
    test: 'hono/src/session.platforms.test.ts',
    on: ['workerd'],
    because: 'the test is about Hono’s adapters for other platforms, which import modules of Node',
  },
  {
    test: 'opentelemetry/src/open-telemetry.traces.test.ts',
    on: ['workerd'],
    because: 'the active span is kept by `node:async_hooks`',
  },
  {
    test: 'hono/src/session.node-server.test.ts',
    on: WORKERD,
    because: 'the test is about `@hono/node-server`, which is for Node',
  },
  {
    test: 'hono/src/session.test.ts > a Hono app on Node > counts for a client that keeps its cookie',
    on: WORKERD,
    because: 'the test is about `@hono/node-server`, which is for Node',
  },
  {
    test: 'hono/src/session.platforms.test.ts > a function as sessions is called once, and the cookie comes back, > on Node, over HTTP',
    on: ['workerd-nodejs'],
    because: 'the test is about `@hono/node-server`, which is for Node',
  },
  {
    test: 'core/src/cookie/cookie-header.test.ts > the session cookie > is found in the second of two Cookie header fields',
    on: [...WORKERD, 'deno'],
    because:
      '`Headers` joins two `Cookie` fields with a comma there, as the Fetch standard has it, and not with a semicolon',
  },
  {
    test: 'core/src/commit/compare-and-set.test.ts > a hundred requests that increment one session at once > are all counted, in at most 20 store calls beyond their loads',
    on: WORKERD,
    because:
      'requests must not wait for one another there, so that each writes by itself: all are counted, in more calls',
  },
  {
    test: 'core/src/request/response.test.ts > a response that can not carry a cookie > such as a 101 with immutable headers passes through, with an event',
    on: [...WORKERD, 'bun', 'deno'],
    because: 'a 101 can be wrapped anew there, so it takes the cookie',
  },
  {
    test: 'node/src/node-request.test.ts > requestOf > has a URL of this server, whatever it was asked for: "OPTIONS * HTTP/1.1\\r\\nHost: app.example"',
    on: ['bun'],
    because: 'its server refuses such a request itself',
  },
  {
    test: 'node/src/fastify-session.test.ts > a plugin of Fastify > works with @fastify/cookie and @fastify/compress before and behind it',
    on: ['deno'],
    because: 'it loads no package that another one imports, where the test is no package of its own',
  },
]

export function exceptionsOn({ id }: Runtime): Exception[] {
  return exceptions.filter(({ on }) => on.includes(id))
}
