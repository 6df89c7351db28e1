import { describe, expect, it } from 'vitest'
import type { SessionManager, SessionOptions } from '../index.js'
import { Clock } from '../testing/clock.js'
import { gate } from '../testing/gate.js'
import { type Counts, increment, processOn, times } from '../testing/process.js'
import { maxAgeOf, sessionCookies } from '../testing/response-cookies.js'
import { reading } from '../testing/serve.js'
import { StagedStore } from '../testing/staged-store.js'
import { visit } from '../testing/visit.js'

/** There no request waits for another one's promise, so that each tries by itself. */
const isOnWorkers = 'WebSocketPair' in globalThis

/** A session of 1000 s without use, 50 s before its end, and managers on as many servers. */
async function nearTheEnd(servers = 2, options: Partial<SessionOptions<Counts>> = {}) {
  const store = new StagedStore()
  const clock = new Clock()
  const serve = () => processOn(store, { now: clock.now, idleTimeout: 1000, ...options }).sessions
  const [here, there] = [serve(), serve()]
  const managers = [here, there, ...times(servers - 2, serve)]
  const { id, cookie } = await here.issue({ visits: 0 })
  clock.passes(950)
  store.forget()
  const stored = () => store.memory.load(id)
  const updates = () => store.methods.filter((method) => method === 'update').length
  return { store, clock, here, there, managers, id, cookie, stored, updates }
}

/** Parallel visits that read: each has read before one of them is done. */
async function readTogether(managers: readonly SessionManager<Counts>[], cookie: string): Promise<Response[]> {
  const { opened, open } = gate()
  let left = managers.length
  return Promise.all(
    managers.map((sessions) =>
      sessions.handle(visit(cookie), async (handle) => {
        await handle.read()
        if (--left === 0) open()
        await opened
        return new Response()
      }),
    ),
  )
}

describe('parallel reads near the end of a session', () => {
  it('write their use once, whichever servers they are on, and each browser’s cookie lives on', async () => {
    const { store, clock, managers, cookie, stored, updates } = await nearTheEnd(20)
    store.delay(0, 0)
    const responses = await readTogether(managers, cookie)
    expect(stored()).toMatchObject({ version: 2, expiresAt: clock.time + 1_000_000 })
    // Each has tried once.
    expect(updates()).toBe(20)
    expect(responses.map((response) => maxAgeOf(sessionCookies(response)[0]))).toEqual(times(20, () => 1000))
  })

  it('write it once on one server, too', async () => {
    const { store, here, cookie, stored, updates } = await nearTheEnd()
    store.delay(0, 0)
    const responses = await readTogether(
      times(20, () => here),
      cookie,
    )
    expect([stored()?.version, updates()]).toEqual([2, isOnWorkers ? 20 : 1])
    expect(responses.map((response) => maxAgeOf(sessionCookies(response)[0]))).toEqual(times(20, () => 1000))
  })

  it('leave what another request changes beside them, and it leaves theirs', async () => {
    const { store, managers, cookie, stored } = await nearTheEnd(10)
    store.delay(0, 0)
    await Promise.all([readTogether(managers, cookie), ...managers.map((sessions) => increment(sessions, cookie))])
    expect(JSON.parse(stored()?.data ?? '')).toEqual({ visits: 10 })
  })
})

describe('a read that has lost against another writer', () => {
  it('notes its use all the same where the other has noted none', async () => {
    const { store, clock, here, there, id, cookie, stored } = await nearTheEnd()
    store.beforeNext('update', async () => {
      await there.edit(id, (session) => session.set('visits', 7))
    })
    await reading(here, cookie)
    expect(stored()).toMatchObject({ version: 3, expiresAt: clock.time + 1_000_000, data: '{"visits":7}' })
  })

  it('sends the cookie and notes that where the other could send none', async () => {
    const { store, here, there, cookie, stored } = await nearTheEnd()
    const late = there.open(visit(cookie))
    await there.commitHeaders(late, new Headers())
    store.beforeNext('update', () => late.save((session) => void session.set('visits', 7)))
    const response = await reading(here, cookie)
    expect(maxAgeOf(sessionCookies(response)[0])).toBe(1000)
    expect(stored()?.version).toBe(3)
    expect(sessionCookies(await reading(here, cookie))).toEqual([])
  })

  it('is stored where every use is to be', async () => {
    const { clock, here, cookie, stored } = await nearTheEnd(2, { persistence: 'existing' })
    await reading(here, cookie)
    clock.passes(1)
    await reading(here, cookie)
    expect(stored()?.expiresAt).toBe(clock.time + 1_000_000)
  })
})
