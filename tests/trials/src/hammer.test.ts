import { describe, expect, it } from 'vitest'
import { Load } from './load.js'
import { serversFor, signIn, storeNames, total } from './trial.js'
import { Visitor } from './visitor.js'

const VISITORS = 24
const INCREMENTS = 60

describe('three processes that count in one session at the same time', () => {
  it.for(storeNames)('in %s lose no count that they answered with success', async (name, { skip }) => {
    const servers = (await serversFor(name)) ?? skip(`${name} is missing`)
    const [owner] = await signIn(servers.urls, 1)
    const cookie = owner?.cookies[0] as string
    const visitors = Array.from({ length: VISITORS }, () => new Visitor(cookie))
    const started = performance.now()
    const load = new Load(servers.urls, visitors, () => '/increment')
    await load.untilEach('success', INCREMENTS)
    await load.stop()
    const seconds = (performance.now() - started) / 1000

    const successes = total(visitors, 'success')
    const failures = total(visitors, 'failure')
    const { conflicts } = await servers.counts()
    console.info(
      `${name}: ${successes} increments of one session, ${Math.round(successes / seconds)}/s, ${conflicts} conflicts, ${failures} failures`,
    )
    expect(conflicts).toBeGreaterThan(0)
    expect(total(visitors, 'signed out') + total(visitors, 'no answer')).toBe(0)
    for (const url of servers.urls) {
      const reader = new Visitor(cookie)
      await reader.request(url, '/')
      expect(reader.seen).toMatchObject({ id: owner?.seen?.id, count: successes })
    }
  })
})
