import { deepEqual, match } from 'node:assert/strict'
import type { Check } from './checks.js'
import { submit } from './form.js'
import { type Answer, Visitor } from './visitor.js'

/** What Astro alone has: actions, whose errors it answers, and rewrites, by which its middleware runs once more. */
export const astroChecks: readonly Check[] = [
  {
    name: 'saves nothing of an action that throws, and what one did that refuses',
    async run({ origin }) {
      const visitor = new Visitor(origin)
      const failed = await call(visitor, 'fail')
      deepEqual([failed.status, failed.headers.getSetCookie()], [500, []])
      const refused = await call(visitor, 'refuse')
      deepEqual([refused.status, refused.headers.getSetCookie().length], [403, 1])
      match((await visitor.send('/')).text, /count: 0, user: refused/)
    },
  },
  {
    name: 'shows the page of a rewrite what was done before it',
    async run({ origin }) {
      const visitor = new Visitor(origin)
      await submit(visitor, '/', 'count')
      match((await visitor.send('/welcome')).text, /count: 1, user: welcomed/)
      match((await visitor.send('/')).text, /count: 1, user: welcomed/)
      const left = await visitor.send('/leave')
      match(left.text, /count: 0, user: nobody/)
      deepEqual([left.headers.getSetCookie().length, visitor.cookies.size], [1, 0])
    },
  },
]

function call(visitor: Visitor, action: string): Promise<Answer> {
  const headers = { 'content-type': 'application/json' }
  return visitor.send(`/_actions/${action}`, { method: 'POST', headers, body: '{}' })
}
