import { deepEqual, match } from 'node:assert/strict'
import type { Check } from './checks.js'
import { Visitor } from './visitor.js'

/** What tRPC alone has: several calls in one request. */
export const trpcChecks: readonly Check[] = [
  {
    name: 'saves a batch of which one call fails, as the documentation says',
    async run({ origin }) {
      const visitor = new Visitor(origin)
      const { status } = await visitor.send('/count,fail?batch=1', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ 0: {}, 1: {} }),
      })
      deepEqual([status, visitor.cookies.size], [207, 1])
      match((await visitor.send('/home')).text, /count: 100[01], user: nobody/)
    },
  },
]
