import { deepEqual, equal, match } from 'node:assert/strict'
import { appendFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Check } from './checks.js'
import { submit } from './form.js'
import { Visitor } from './visitor.js'

/** What Next alone has: each kind of function, and what one sees of another in one request. */
export const nextChecks: readonly Check[] = [
  {
    name: 'shows the page behind an action what the action did',
    async run({ origin }) {
      const answer = await submit(new Visitor(origin), '/', 'count')
      match(answer.text, /count: 1, user: nobody/)
      equal(answer.headers.getSetCookie().length, 1)
    },
  },
  {
    name: 'saves what a route handler did that ends in redirect() or notFound(), and nothing of one that throws',
    async run({ origin }) {
      const visitor = new Visitor(origin)
      const statuses: number[] = []
      for (const end of ['missing', 'fail', 'redirect', 'return']) {
        const { status } = await visitor.send(`/handler?then=${end}`, { method: 'POST' })
        statuses.push(status)
      }
      deepEqual(statuses, [404, 500, 307, 200])
      match((await visitor.send('/')).text, /count: 3, user: nobody/)
    },
  },
  {
    name: 'sends the cookie of a route handler with its redirect, as what no cache may keep',
    async run({ origin }) {
      const json = { body: '{}', headers: { 'content-type': 'application/json' } }
      for (const [end, init, expected] of [
        ['redirect', json, 307],
        ['moved', json, 308],
        ['moved', { body: new FormData() }, 303],
      ] as const) {
        const path = `/handler?then=${end}`
        const { status, headers } = await new Visitor(origin).send(path, { method: 'POST', ...init })
        deepEqual([status, headers.get('location'), headers.getSetCookie().length], [expected, '/', 1])
        match(headers.get('cache-control') ?? '', /private|no-store/)
        match(headers.get('vary') ?? '', /\bcookie\b/i)
      }
    },
  },
  {
    name: 'saves what an action did that ends in notFound()',
    async run({ origin }) {
      const visitor = new Visitor(origin)
      equal((await submit(visitor, '/', 'count-nothing')).status, 404)
      match((await visitor.send('/')).text, /count: 1, user: nobody/)
    },
  },
  {
    name: 'shows the page behind a proxy what the proxy did, and the action as well',
    async run({ origin }) {
      const visitor = new Visitor(origin)
      const first = await visitor.send('/?welcome')
      match(first.text, /count: 0, user: welcomed/)
      match((await visitor.send('/')).text, /count: 0, user: welcomed/)
      // The proxy begins a session, and the action behind it goes on with that.
      const other = new Visitor(origin)
      const form = await other.send('/')
      const name = form.text.match(/name="(\$ACTION_ID_\w+)"/)?.[1] ?? ''
      const body = new FormData()
      body.append(name, '')
      match((await other.send('/?welcome', { method: 'POST', body })).text, /count: 1, user: welcomed/)
      match((await other.send('/')).text, /count: 1, user: welcomed/)
    },
  },
]

/** Under `next dev`, which loads modules anew. */
export function reloadCheck(folder: string): Check {
  return {
    name: 'keeps its sessions in memory when their module is loaded anew',
    async run({ origin }) {
      const visitor = new Visitor(origin)
      await submit(visitor, '/', 'count')
      const loaded = async (): Promise<string> => (await visitor.send('/handler')).text
      const before = await loaded()
      await appendFile(join(folder, 'sessions.ts'), '\n// A change.\n')
      const deadline = Date.now() + 30_000
      while ((await loaded()) === before && Date.now() < deadline) await new Promise((wake) => setTimeout(wake, 200))
      equal((await loaded()) === before, false, 'the module was not loaded anew')
      match((await visitor.send('/')).text, /count: 1, user: nobody/)
    },
  }
}

/** A route handler of which `next build` would keep the response, with its cookie. It would end there. */
const FOR_EVERYBODY = `
import { sessions } from '../../sessions'

export const dynamic = 'force-static'
export const GET = sessions.route(async (_request, session) => {
  const writable = await session.write()
  writable.set('user', 'everybody')
  return new Response()
})
`

/** Under `next dev`, which adds routes while it runs. */
export function forceStaticCheck(folder: string): Check {
  return {
    name: 'refuses a route handler whose response is that of everybody',
    async run({ origin }) {
      const route = join(folder, 'app', 'everybody')
      await mkdir(route, { recursive: true })
      await writeFile(join(route, 'route.ts'), FOR_EVERYBODY)
      const visitor = new Visitor(origin)
      const answered = async (): Promise<number> => (await visitor.send('/everybody')).status
      const deadline = Date.now() + 30_000
      while ((await answered()) === 404 && Date.now() < deadline) await new Promise((wake) => setTimeout(wake, 200))
      deepEqual([await answered(), visitor.cookies.size], [500, 0])
    },
  }
}
