import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SessionRecord, StoredInfo } from '@fetch-sessions/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundleWorker, WorkerProcess } from '../test/worker-process.js'

const HOUR = 3_600_000
/** When an object keeps nothing, nothing is stored or billed for it. */
const NOTHING = { keys: [], alarm: null }

let script: string
let worker: WorkerProcess
beforeAll(async () => {
  script = await bundleWorker()
  worker = new WorkerProcess(script)
}, 60_000)
afterAll(() => worker?.close())

function newId(): string {
  return randomUUID().padEnd(43, 'x')
}

function record(fields: Partial<SessionRecord> = {}): SessionRecord {
  return { data: '{}', createdAt: Date.now(), expiresAt: Date.now() + HOUR, owner: undefined, version: 1, ...fields }
}

/** Calls the store in the Worker, and says how many round trips it made. */
function call<Result>(method: string, ...args: unknown[]): Promise<{ result: Result; calls: number }> {
  return worker.post('/call', { store: 'object', method, args })
}

function object<Result>(name: string, method: string, ...args: unknown[]): Promise<Result> {
  return worker.post('/object', { name, method, args })
}

async function listed(owner: string): Promise<string[]> {
  const { result } = await call<StoredInfo[]>('listByOwner', owner)
  return result.map(({ id }) => id)
}

async function indexOf(owner: string): Promise<string[]> {
  return (await object<{ ids: string[] }>(`owner:${owner}`, 'listIndex', owner)).ids
}

describe('round trips', () => {
  it('load, create, update, touch and delete take one each without an owner', async () => {
    const id = newId()
    expect(await call('load', id)).toMatchObject({ calls: 1 })
    expect(await call('create', id, record())).toEqual({ result: true, calls: 1 })
    expect(await call('update', id, record({ version: 2 }))).toEqual({ result: true, calls: 1 })
    expect(await call('update', id, record({ version: 2 }))).toEqual({ result: false, calls: 1 })
    expect(await call('touch', id, Date.now() + 100 * HOUR, 2)).toEqual({ result: true, calls: 1 })
    expect(await call('delete', id)).toEqual({ result: true, calls: 1 })
    expect(await call('delete', id)).toEqual({ result: false, calls: 1 })
  })

  it('with an owner create and delete take one more, for the index', async () => {
    const id = newId()
    const owner = newId()
    expect(await call('create', id, record({ owner }))).toEqual({ result: true, calls: 2 })
    expect(await call('update', id, record({ owner, version: 2 }))).toEqual({ result: true, calls: 1 })
    expect(await call('touch', id, Date.now() + 2 * HOUR, 2)).toEqual({ result: true, calls: 1 })
    expect(await call('delete', id)).toEqual({ result: true, calls: 2 })
    expect(await object(`owner:${owner}`, 'inspect')).toEqual(NOTHING)
  })

  it('a new owner takes two more, and one more to leave the index of the old one', async () => {
    const id = newId()
    const [first, second] = [newId(), newId()]
    await call('create', id, record())
    expect(await call('update', id, record({ owner: first, version: 2 }))).toEqual({ result: true, calls: 3 })
    expect(await call('update', id, record({ owner: second, version: 3 }))).toEqual({ result: true, calls: 4 })
    expect([await listed(first), await listed(second)]).toEqual([[], [id]])
    expect(await call('update', id, record({ version: 4 }))).toEqual({ result: true, calls: 2 })
    expect(await object(`owner:${second}`, 'inspect')).toEqual(NOTHING)
  })

  it('a list takes one and one for each session, a deletion two more, for each twenty, whatever the number at the same time', async () => {
    const owner = newId()
    const ids = [newId(), newId(), newId()]
    for (const id of ids) await call('create', id, record({ owner }))
    expect(await call('listByOwner', owner)).toMatchObject({ calls: 4 })
    expect(await call('deleteByOwner', owner)).toEqual({ result: 3, calls: 6 })
    for (const id of ids) expect(await object(`session:${id}`, 'inspect')).toEqual(NOTHING)
    expect(await object(`owner:${owner}`, 'inspect')).toEqual(NOTHING)
  })
})

describe('an object', () => {
  it('removes itself when its session has expired', async () => {
    const id = newId()
    await call('create', id, record({ expiresAt: Date.now() + 100 }))
    await expect.poll(() => object(`session:${id}`, 'inspect'), { timeout: 20_000 }).toEqual(NOTHING)
    expect(await call('load', id)).toMatchObject({ result: null })
    expect(await call('touch', id, Date.now() + HOUR, 1)).toMatchObject({ result: false })
    expect(await object(`session:${id}`, 'inspect')).toEqual(NOTHING)
  })

  it('has an alarm that follows the expiry, later and earlier', async () => {
    const id = newId()
    const alarm = async () => (await object<{ alarm: number }>(`session:${id}`, 'inspect')).alarm
    const expiresAt = Date.now() + HOUR
    await call('create', id, record({ expiresAt }))
    // Lifetimes are told rather than moments, so that the way to the object is added.
    expect(Math.round(((await alarm()) - expiresAt) / HOUR)).toBe(0)
    await call('touch', id, expiresAt + 5 * HOUR, 1)
    expect(Math.round(((await alarm()) - expiresAt) / HOUR)).toBe(5)
    await call('update', id, record({ version: 2, expiresAt: expiresAt + 2 * HOUR }))
    expect(Math.round(((await alarm()) - expiresAt) / HOUR)).toBe(2)
  })

  it('does nothing at an alarm that was overtaken by a touch', async () => {
    const id = newId()
    await call('create', id, record())
    await object(`session:${id}`, 'ring')
    expect(await object(`session:${id}`, 'inspect')).toEqual({ keys: ['session'], alarm: expect.any(Number) })
  })

  it('keeps nothing of a session that was only looked for', async () => {
    const id = newId()
    await call('load', id)
    await call('update', id, record({ version: 2 }))
    await call('touch', id, Date.now() + HOUR, 1)
    await call('delete', id)
    expect(await object(`session:${id}`, 'inspect')).toEqual(NOTHING)
  })
})

describe('the index of an owner', () => {
  it('has the session first: if it can’t take it, there is no session', async () => {
    const id = newId()
    const owner = `broken ${newId()}`
    await expect(call('create', id, record({ owner }))).rejects.toThrow('The index is broken')
    expect(await call('load', id)).toMatchObject({ result: null })
    await call('create', id, record())
    await expect(call('update', id, record({ owner, version: 2 }))).rejects.toThrow('The index is broken')
    expect(await call('load', id)).toMatchObject({ result: { version: 1 } })
  })

  it('does not keep a sign-out from being one when it can’t be reached', async () => {
    const id = newId()
    const owner = `broken ${newId()}`
    await object(`session:${id}`, 'create', id, record({ owner }), HOUR, { owner, lifetime: HOUR })
    expect(await call('delete', id)).toEqual({ result: true, calls: 2 })
    expect(await call('load', id)).toMatchObject({ result: null })
  })

  it('passes over the entry of a session that was never written', async () => {
    const owner = newId()
    const id = newId()
    await object(`owner:${owner}`, 'addToIndex', newId(), 1, HOUR)
    await call('create', id, record({ owner }))
    expect(await listed(owner)).toEqual([id])
    expect(await call('deleteByOwner', owner)).toMatchObject({ result: 1 })
  })

  it('keeps the entry of a session that is about to be created while it is not there', async () => {
    const owner = newId()
    const id = newId()
    await object(`owner:${owner}`, 'addToIndex', id, 1, HOUR)
    expect(await listed(owner)).toEqual([])
    expect(await call('deleteByOwner', owner)).toMatchObject({ result: 0 })
    await object(`session:${id}`, 'create', id, record({ owner }), HOUR, { owner, lifetime: HOUR })
    expect(await listed(owner)).toEqual([id])
  })

  it('keeps an entry that is newer than a removal which comes late', async () => {
    const owner = newId()
    const id = newId()
    await object(`owner:${owner}`, 'addToIndex', id, 3, HOUR)
    await object(`owner:${owner}`, 'removeFromIndex', [id], 2)
    expect(await indexOf(owner)).toEqual([id])
    await object(`owner:${owner}`, 'removeFromIndex', [id], 4)
    expect(await object(`owner:${owner}`, 'inspect')).toEqual(NOTHING)
  })

  it('drops entries that nobody renewed, one by one, and itself with the last', async () => {
    const owner = newId()
    const [short, long] = [newId(), newId()]
    await object(`owner:${owner}`, 'addToIndex', long, 1, HOUR)
    await object(`owner:${owner}`, 'addToIndex', short, 1, 0)
    await object(`owner:${owner}`, 'ring')
    expect(await indexOf(owner)).toEqual([long])
    const other = newId()
    await object(`owner:${other}`, 'addToIndex', short, 1, 100)
    await expect.poll(() => object(`owner:${other}`, 'inspect'), { timeout: 20_000 }).toEqual(NOTHING)
  })

  it('is renewed before a session outlives its entry', async () => {
    const owner = newId()
    const id = newId()
    await call('create', id, record({ owner, expiresAt: Date.now() + 60_000 }))
    // Ten times the lifetime is covered, and no more.
    expect(await call('touch', id, Date.now() + 500_000, 1)).toMatchObject({ calls: 1 })
    expect(await call('touch', id, Date.now() + 3 * HOUR, 1)).toEqual({ result: true, calls: 3 })
    expect(await call('update', id, record({ owner, version: 2, expiresAt: Date.now() + 25 * HOUR }))).toMatchObject({
      calls: 1,
    })
    expect(await call('update', id, record({ owner, version: 3, expiresAt: Date.now() + 99 * HOUR }))).toMatchObject({
      calls: 3,
    })
    expect(await listed(owner)).toEqual([id])
  })
})

describe('requests at the same moment, each with a manager of its own', () => {
  it('lose no update', async () => {
    const { cookie } = await worker.fetch('/count')
    const answers = await Promise.all(Array.from({ length: 30 }, () => worker.fetch('/count', { cookie })))
    const counts = answers.map(({ text }) => Number(text)).sort((a, b) => a - b)
    const last = await worker.fetch('/count', { cookie })
    expect(last.text).toBe('32')
    expect(counts.at(-1)).toBeLessThanOrEqual(31)
  })
})

describe('a restart', () => {
  it('loses no session, no owner and no alarm', async () => {
    const persist = await mkdtemp(join(tmpdir(), 'fetch-sessions-cloudflare-'))
    const [kept, expiring, owner] = [newId(), newId(), newId()]
    const stored = record({ owner, data: '{"kept":true}', meta: 'note' })
    const started = worker
    try {
      worker = new WorkerProcess(script, { persist })
      await call('create', kept, stored)
      await call('create', expiring, record({ expiresAt: Date.now() + 1500 }))
      await worker.close()
      worker = new WorkerProcess(script, { persist })
      expect(await call('load', kept)).toMatchObject({ result: stored })
      expect(await listed(owner)).toEqual([kept])
      expect(await call('update', kept, { ...stored, version: 2 })).toMatchObject({ result: true })
      await expect.poll(() => object(`session:${expiring}`, 'inspect'), { timeout: 20_000 }).toEqual(NOTHING)
    } finally {
      await worker.close()
      worker = started
      await rm(persist, { recursive: true, force: true })
    }
  }, 60_000)
})

describe('with a compatibility date before deleteAll took the alarm along', () => {
  it('an object removes itself as well', async () => {
    const started = worker
    worker = new WorkerProcess(script, { compatibilityDate: '2025-10-01' })
    try {
      const id = newId()
      await call('create', id, record())
      await call('delete', id)
      expect(await object(`session:${id}`, 'inspect')).toEqual(NOTHING)
    } finally {
      await worker.close()
      worker = started
    }
  }, 60_000)
})

describe('what can’t be kept', () => {
  it('is an error, and the session stays as it was', async () => {
    const id = newId()
    await call('create', id, record({ data: 'small' }))
    const tooLarge = record({ version: 2, data: 'x'.repeat(2_200_000) })
    await expect(call('update', id, tooLarge)).rejects.toThrow(/too big|TOOBIG|exceeds/i)
    expect(await call('load', id)).toMatchObject({ result: { data: 'small', version: 1 } })
  })
})
