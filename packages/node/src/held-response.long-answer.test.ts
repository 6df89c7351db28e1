import { expect, it } from 'vitest'
import { frameworks } from './testing/servers.js'
import { siteOfEachTest } from './testing/site.js'

const site = siteOfEachTest()

it.each(Object.keys(frameworks))('on %s, a long answer goes out to its end before an error behind it', async (name) => {
  const long = 'x'.repeat(8_000_000)
  const { origin } = await site.serveOn(name, site.manager(), async (request, response) => {
    ;(await request.session.write()).set('count', 1)
    response.end(long)
    throw new Error('too late')
  })
  const response = await fetch(origin)
  expect([response.status, (await response.text()).length]).toEqual([200, long.length])
  expect(site.store.memory.size).toBe(1)
})
