import { deepEqual, equal, match } from 'node:assert/strict'
import type { Check } from './checks.js'
import { submit } from './form.js'
import { Visitor } from './visitor.js'

/** What SvelteKit alone has: hooks behind the one of the sessions, data for its router, requests inside of a request. */
export const svelteKitChecks: readonly Check[] = [
  {
    name: 'saves what a hook did that redirects, and nothing of one that ends in error()',
    async run({ origin }) {
      for (const isKnown of [false, true]) {
        const visitor = new Visitor(origin)
        if (isKnown) await submit(visitor, '/', 'count')
        const before = (await visitor.send('/')).text
        const forbidden = await visitor.send('/forbidden')
        deepEqual([forbidden.status, forbidden.headers.getSetCookie()], [403, []])
        equal((await visitor.send('/')).text, before)
        const sent = await visitor.send('/private')
        deepEqual([sent.status, sent.headers.get('location'), sent.headers.getSetCookie().length], [303, '/', 1])
        match((await visitor.send('/')).text, new RegExp(`count: ${Number(isKnown)}, user: turned away`))
      }
    },
  },
  {
    name: 'saves what a hook did that redirects the router, which asks for data',
    async run({ origin }) {
      const visitor = new Visitor(origin)
      const { status, text } = await visitor.send('/private/__data.json')
      deepEqual([status, JSON.parse(text)], [200, { type: 'redirect', status: 303, location: '/' }])
      match((await visitor.send('/')).text, /count: 0, user: turned away/)
    },
  },
  {
    name: 'saves nothing of a load that throws, or ends in error(503), whoever asks',
    async run({ origin }) {
      for (const query of ['', '?error']) {
        const visitor = new Visitor(origin)
        const statuses: number[] = []
        for (const path of ['/broken', '/broken/__data.json']) statuses.push((await visitor.send(path + query)).status)
        // To its router, Kit sends an error with a 200.
        deepEqual(statuses, [query === '' ? 500 : 503, 200])
        deepEqual([...visitor.cookies], [])
      }
    },
  },
  {
    name: 'keeps what a page and an endpoint did that its load has asked for',
    async run({ origin }) {
      for (const isKnown of [false, true]) {
        const visitor = new Visitor(origin)
        if (isKnown) await submit(visitor, '/', 'count')
        const { status, headers } = await visitor.send('/inner')
        deepEqual([status, headers.getSetCookie().length], [200, isKnown ? 0 : 1])
        match((await visitor.send('/')).text, new RegExp(`count: ${isKnown ? 2 : 1}, user: outer`))
      }
    },
  },
]
