import { describe, expect, it } from 'vitest'
import type { AppName } from './apps.js'
import { MAX_STALENESS } from './cookie-app.js'
import { Load } from './load.js'
import type { ServerProcesses } from './server-processes.js'
import { serversFor, signIn } from './trial.js'
import { Visitor } from './visitor.js'

const APPS: AppName[] = ['cookie', 'cookie', 'cookie']
const SESSIONS = 20
const REQUESTS = 120

const PATHS = ['/', '/increment', '/regenerate', '/increment']

describe.for(['Redis', 'PostgreSQL'] as const)('sessions in cookies, with revocations in %s', (store) => {
  it('end by a sign-out everywhere, whatever copies there are', async ({ skip }) => {
    const servers = (await serversFor(store, APPS)) ?? skip(`${store} is missing`)
    const [url] = servers.urls as [string]
    const neighbours = await signIn(servers.urls, 3, 'grace')
    const visitors = await signIn(servers.urls, SESSIONS, 'ada')
    const load = new Load(servers.urls, visitors, (turn) => PATHS[turn % PATHS.length] as string)
    await load.untilEach('success', 4)
    await post(url, '/sign-out-everywhere?owner=ada')
    const ended = performance.now()
    await load.untilEach('signed out', 4)
    await untilNothingIsRemembered(ended)
    await load.stop()
    const copies = await expectAllOver(servers, visitors)
    const latest = expectNoneOpenedLater(visitors, ended)
    for (const neighbour of neighbours) expect(await neighbour.request(url, '/increment')).toBe('success')
    console.info(
      `${store}: sign-out everywhere of ${SESSIONS} sessions in cookies; none of ${copies} copies opens anything after ${MAX_STALENESS} s, the last did after ${latest} ms`,
    )
  })

  it.for([
    ['destroy(id)', (id: string) => [`/destroy?id=${id}`, undefined]],
    ['a sign-out', (_id: string, cookie: string) => ['/sign-out', cookie]],
  ] as [string, (id: string, cookie: string) => [string, string | undefined]][])(
    'end by %s, whatever copies there are',
    async ([name, howTo], { skip }) => {
      const servers = (await serversFor(store, APPS)) ?? skip(`${store} is missing`)
      const [url] = servers.urls as [string]
      const neighbours = await signIn(servers.urls, 3, 'ada')
      const visitors = await signIn(servers.urls, SESSIONS, 'ada')
      const load = new Load(servers.urls, visitors, (turn) => (turn % 2 ? '/' : '/increment'))
      await load.untilEach('success', 4)
      for (const { seen, cookies } of visitors) await post(url, ...howTo(seen?.id as string, cookies.at(-1) as string))
      const ended = performance.now()
      await load.untilEach('signed out', 4)
      await untilNothingIsRemembered(ended)
      await load.stop()
      const copies = await expectAllOver(servers, visitors)
      const latest = expectNoneOpenedLater(visitors, ended)
      for (const neighbour of neighbours) expect(await neighbour.request(url, '/increment')).toBe('success')
      console.info(
        `${store}: ${name} of ${SESSIONS} sessions in cookies; none of ${copies} copies opens anything after ${MAX_STALENESS} s, the last did after ${latest} ms`,
      )
    },
  )

  it('cost two look-ups a request at most, and remember them', async ({ skip }) => {
    const servers = (await serversFor(store, APPS)) ?? skip(`${store} is missing`)
    const [visitor] = (await signIn(servers.urls, 1, 'ada')) as [Visitor]
    const before = await servers.counts()
    const started = performance.now()
    for (let i = 0; i < REQUESTS; i++) {
      const each = await servers.counts()
      expect(await visitor.request(servers.urls[i % 3] as string, '/')).toBe('success')
      expect((await servers.counts()).lookUps - each.lookUps).toBeLessThanOrEqual(2)
    }
    const seconds = (performance.now() - started) / 1000
    const lookUps = (await servers.counts()).lookUps - before.lookUps
    // Each process asks for the id and for the owner, and then not for that time.
    const rounds = Math.floor(seconds / MAX_STALENESS) + 1
    expect(lookUps).toBeGreaterThan(0)
    expect(lookUps).toBeLessThanOrEqual(2 * servers.urls.length * rounds)

    // A session without an owner is looked for by its id alone.
    const [nobody] = (await signIn(servers.urls, 1)) as [Visitor]
    const { lookUps: then } = await servers.counts()
    await nobody.request(servers.urls[0] as string, '/')
    expect((await servers.counts()).lookUps - then).toBeLessThanOrEqual(1)
    console.info(
      `${store}: ${lookUps} look-ups for ${REQUESTS} requests in ${seconds.toFixed(1)} s at three processes, remembered for ${MAX_STALENESS} s`,
    )
  })
})

async function untilNothingIsRemembered(ended: number): Promise<void> {
  const left = ended + MAX_STALENESS * 1000 - performance.now()
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, left) + 20))
}

/** Each cookie that anyone ever had, at each process. How many. */
async function expectAllOver({ urls }: ServerProcesses, visitors: Visitor[]): Promise<number> {
  const cookies = visitors.flatMap((visitor) => visitor.cookies)
  expect(cookies.length).toBeGreaterThan(visitors.length)
  for (const url of urls) {
    for (let from = 0; from < cookies.length; from += SESSIONS) {
      const some = cookies.slice(from, from + SESSIONS)
      const outcomes = await Promise.all(some.map((cookie) => new Visitor(cookie).request(url, '/')))
      expect(new Set(outcomes)).toEqual(new Set(['signed out']))
    }
  }
  return cookies.length
}

/** How long after the end the last request was sent that found its session, in milliseconds. */
function expectNoneOpenedLater(visitors: Visitor[], ended: number): number {
  const latest = Math.max(...visitors.map(({ lastSuccess }) => lastSuccess)) - ended
  // The clock of the application has whole milliseconds.
  expect(latest).toBeLessThanOrEqual(MAX_STALENESS * 1000 + 2)
  return Math.max(0, Math.round(latest))
}

async function post(url: string, path: string, cookie?: string): Promise<void> {
  const response = await fetch(url + path, { method: 'POST', headers: cookie === undefined ? {} : { cookie } })
  expect(response.status).toBe(200)
}
