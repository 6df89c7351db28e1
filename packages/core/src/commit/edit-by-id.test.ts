import { afterEach, describe, expect, it } from 'vitest'
import { SessionManager } from '../index.js'
import { secret } from '../testing/secret.js'
import { StagedStore } from '../testing/staged-store.js'

/** By this global, core knows that it runs on Workers, where no request waits for another one's promise. */
const WORKERS = 'WebSocketPair'
const isOnWorkers = WORKERS in globalThis

afterEach(() => {
  if (!isOnWorkers) Reflect.deleteProperty(globalThis, WORKERS)
})

describe('an edit that others overtake again and again', () => {
  /** Whether it is made after so many tries that were lost. */
  async function isMade(lost: number): Promise<boolean> {
    const store = new StagedStore()
    const sessions = new SessionManager<{ visits: number }>({ store, secret })
    const { id } = await sessions.issue({ visits: 1 })
    let tries = 0
    store.refuse('update')
    store.before('update', () => {
      if (++tries > lost) store.heal()
    })
    return sessions.edit(id, (session) => session.set('visits', 2))
  }

  it('gives up after 16 tries', async () => {
    if (isOnWorkers) return
    expect(await isMade(15)).toBe(true)
    await expect(isMade(16)).rejects.toMatchObject({ code: 'ERR_SESSION_CONFLICT' })
  })

  it('goes on longer where no queue lines up the writers of a process, as a commit does', async () => {
    if (!isOnWorkers) Object.assign(globalThis, { [WORKERS]: () => {} })
    expect(await isMade(16)).toBe(true)
  })
})
