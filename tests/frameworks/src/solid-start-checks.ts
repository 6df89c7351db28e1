import { deepEqual, equal, match, ok } from 'node:assert/strict'
import type { Check } from './checks.js'
import { formOf } from './form.js'
import { type Answer, Visitor } from './visitor.js'

/** What SolidStart alone has: with JavaScript, the answer to an action brings the data of the page as well. */
export const solidStartChecks: readonly Check[] = [
  {
    name: 'sends the page behind an action, called by JavaScript, what the action did',
    async run({ origin }) {
      const visitor = new Visitor(origin)
      for (const [action, seen] of [
        ['count', /count: 1, user: nobody/],
        ['sign-in', /count: 1, user: ada/],
        ['count', /count: 2, user: ada/],
        ['sign-out', /count: 0, user: nobody/],
      ] as const) {
        const { status, text } = await call(origin, visitor, action)
        equal(status, 200)
        match(text, seen)
        match((await visitor.send('/')).text, seen)
      }
    },
  },
  {
    name: 'saves nothing of an action, called by JavaScript, that throws',
    async run({ origin }) {
      const visitor = new Visitor(origin)
      const { headers } = await call(origin, visitor, 'fail')
      ok(headers.has('x-error'))
      deepEqual([headers.getSetCookie(), visitor.cookies.size], [[], 0])
    },
  },
  {
    name: 'saves nothing of an API route that returns an error, or throws a Response',
    async run({ origin }) {
      for (const way of ['error', 'response']) {
        const visitor = new Visitor(origin)
        const { status, headers } = await visitor.send(`/fail/${way}`, { method: 'POST' })
        deepEqual([status, headers.getSetCookie()], [500, []], way)
      }
    },
  },
]

/** As Start's own client does it. */
async function call(origin: string, visitor: Visitor, action: string): Promise<Answer> {
  const { text } = await visitor.send('/')
  const id = new URL(formOf(text, action).action ?? '', origin).searchParams.get('id') ?? ''
  const body = new FormData()
  body.append('field', '')
  const headers = { 'x-server-id': id, 'x-server-instance': 'server-fn:0', 'x-single-flight': 'true' }
  return visitor.send('/_server', { method: 'POST', body, headers: { ...headers, referer: `${origin}/` } })
}
