import { deepEqual, match } from 'node:assert/strict'
import type { Check } from './checks.js'
import { formOf } from './form.js'
import { Visitor } from './visitor.js'

/** What TanStack Start alone has: functions that are requests of their own, or are called on the server. */
export const tanStackStartChecks: readonly Check[] = [
  {
    name: 'saves what was done beside a function whose error was caught on the server',
    async run({ origin }) {
      const visitor = new Visitor(origin)
      const page = await visitor.send('/recover')
      match(page.text, /no tips/)
      match((await visitor.send('/')).text, /count: 1, user: nobody/)
      const { action = '' } = formOf(page.text, 'recover')
      const called = { method: 'POST', headers: { 'x-tsr-serverfn': 'true' }, body: new FormData() }
      match((await visitor.send(action, called)).text, /no tips/)
      match((await visitor.send('/')).text, /count: 2, user: nobody/)
    },
  },
  {
    name: 'saves nothing of a page whose loader calls a function that throws',
    async run({ origin }) {
      const visitor = new Visitor(origin)
      const { status, headers } = await visitor.send('/broken')
      deepEqual([status, headers.getSetCookie()], [500, []])
    },
  },
]
