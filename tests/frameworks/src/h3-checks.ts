import { deepEqual, equal, match } from 'node:assert/strict'
import type { Check } from './checks.js'
import { Visitor } from './visitor.js'

/** Ways to fail that look like answers. h3 makes a 500 of each of them. */
const ways = ['http-error', 'error', 'response'] as const

/** What h3 has, and what is made with it: a handler may return its error, and throw what is none. */
export const h3Checks: readonly Check[] = [
  {
    name: 'saves nothing when a handler returns an error, or throws a Response',
    async run({ origin }) {
      for (const way of ways) {
        const visitor = new Visitor(origin)
        const { status, headers } = await visitor.send(`/fail/${way}`, { method: 'POST' })
        deepEqual([status, headers.getSetCookie()], [500, []], way)
      }
      const visitor = new Visitor(origin)
      await visitor.send('/count', { method: 'POST' })
      for (const way of ways) equal((await visitor.send(`/fail/${way}`, { method: 'POST' })).status, 500)
      match((await visitor.send('/')).text, /count: 1, user: nobody/)
    },
  },
]
