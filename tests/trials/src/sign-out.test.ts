import { describe, expect, it, onTestFinished } from 'vitest'
import type { Seen } from './app.js'
import { Load } from './load.js'
import { serversFor, signIn, storeNames } from './trial.js'
import { Visitor } from './visitor.js'
import { startWorker } from './worker-process.js'

const SESSIONS = 50
/** How often the whole of it is done: what can only go wrong for an instant needs more than one try. */
const ROUNDS = 4

const PATHS = ['/', '/increment', '/regenerate', '/increment']

describe('signing an owner out everywhere, while the sessions are read, written and regenerated', () => {
  it.for(storeNames)('in %s leaves no session, and none comes back', async (name, { skip }) => {
    const servers = (await serversFor(name)) ?? skip(`${name} is missing`)
    await expectSignedOut(name, servers.urls)
  })

  it('in Durable Objects leaves no session, and none comes back', async () => {
    const worker = await startWorker()
    onTestFinished(() => worker.stop())
    await expectSignedOut('Durable Objects', worker.urls)
  })
})

async function expectSignedOut(name: string, urls: readonly string[]): Promise<void> {
  const [url, otherUrl] = urls as [string, string]
  const neighbours = await signIn(urls, 3, 'grace')
  for (let round = 0; round < ROUNDS; round++) {
    const visitors = await signIn(urls, SESSIONS, 'ada')
    const load = new Load(urls, visitors, (turn) => PATHS[turn % PATHS.length] as string, 2)
    await load.untilEach('success', 4)
    expect(load.underWay).toBeGreaterThan(SESSIONS)
    const count = await post<number>(url, '/sign-out-everywhere?owner=ada')
    expect(count).toBeGreaterThan(0)
    await load.untilEach('signed out', 4)
    await load.stop()

    console.info(`${name}: ${count} sessions ended`)
    expect(await post<Seen[]>(otherUrl, '/sessions?owner=ada')).toEqual([])
    const cookies = visitors.flatMap((visitor) => visitor.cookies)
    expect(cookies.length).toBeGreaterThan(SESSIONS)
    const outcomes = await Promise.all(
      cookies.map((cookie, i) => new Visitor(cookie).request(urls[i % urls.length] as string, '/')),
    )
    expect(new Set(outcomes)).toEqual(new Set(['signed out']))
  }
  for (const neighbour of neighbours) expect(await neighbour.request(url, '/increment')).toBe('success')
}

async function post<Answer>(url: string, path: string): Promise<Answer> {
  const response = await fetch(url + path, { method: 'POST' })
  expect(response.status).toBe(200)
  return response.json() as Promise<Answer>
}
