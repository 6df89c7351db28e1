import { describe, expect, it } from 'vitest'
import { SessionManager } from '../manager.js'
import { MemoryStore } from '../store/memory-store.js'
import type { SessionStore } from '../store/store.js'
import { Clock } from '../testing/clock.js'
import { gate } from '../testing/gate.js'
import { secret } from '../testing/secret.js'
import { CookieStore } from './cookie-store.js'

/** Seconds. */
const MAX_STALENESS = 10

/** A process of the application. The answers to a request's two look-ups can be held up on their way back. */
function processOf(shared: MemoryStore, clock: Clock) {
  let toHold = 0
  let [asked, answer] = [gate(), gate()]
  const revocations: SessionStore = {
    async load(id) {
      const record = shared.load(id)
      if (toHold === 0) return record
      toHold--
      if (toHold === 0) asked.open()
      await answer.opened
      return record
    },
    create: (id, record) => shared.create(id, record),
    update: (id, record) => shared.update(id, record),
    touch: (id, expiresAt, version) => shared.touch(id, expiresAt, version),
    delete: (id) => shared.delete(id),
  }
  const store = new CookieStore({ revocations, maxStaleness: MAX_STALENESS })
  const sessions = new SessionManager<{ user: string }>({ store, secret, now: clock.now, idleTimeout: 86_400 })
  const opens = async (cookie: string) => !(await sessions.read(cookie)).isNew
  const holdUp = () => {
    ;[asked, answer] = [gate(), gate()]
    toHold = 2
    return { asked: asked.opened, release: answer.open }
  }
  return { sessions, opens, holdUp }
}

async function setUp() {
  const clock = new Clock()
  const shared = new MemoryStore({ now: clock.now })
  const [here, elsewhere] = [processOf(shared, clock), processOf(shared, clock)]
  const { id, cookie } = await here.sessions.issue({ user: 'ada' }, { owner: 'ada' })
  clock.passes(1)
  return { clock, here, elsewhere, id, cookie }
}

const ends = {
  'destroy(id)': (sessions: SessionManager<{ user: string }>, id: string) => sessions.destroy(id),
  destroyByOwner: (sessions: SessionManager<{ user: string }>) => sessions.destroyByOwner('ada'),
}

describe.each(Object.entries(ends))('what %s has ended', (_, end) => {
  it('opens nothing maxStaleness seconds later, however long the answer of a look-up took', async () => {
    const { clock, here, elsewhere, id, cookie } = await setUp()
    const { asked, release } = here.holdUp()
    const opened = here.opens(cookie)
    await asked
    await end(elsewhere.sessions, id)
    clock.passes(MAX_STALENESS - 1)
    release()
    expect(await opened).toBe(true)
    clock.passes(1)
    expect(await here.opens(cookie)).toBe(false)
  })

  it('opens nothing in the process that has ended it, although an older look-up is answered later', async () => {
    const { here, id, cookie } = await setUp()
    const { asked, release } = here.holdUp()
    const opened = here.opens(cookie)
    await asked
    await end(here.sessions, id)
    release()
    await opened
    expect(await here.opens(cookie)).toBe(false)
  })

  it('opens nothing where the clock was set back since the last look-up', async () => {
    const clock = new Clock()
    const hereClock = new Clock()
    const shared = new MemoryStore({ now: clock.now })
    const here = processOf(shared, hereClock)
    const elsewhere = processOf(shared, clock)
    const { id, cookie } = await elsewhere.sessions.issue({ user: 'ada' }, { owner: 'ada' })
    hereClock.passes(3600)
    expect(await here.opens(cookie)).toBe(true)
    hereClock.passes(-3599)
    clock.passes(1)
    await end(elsewhere.sessions, id)
    expect(await here.opens(cookie)).toBe(false)
  })
})
