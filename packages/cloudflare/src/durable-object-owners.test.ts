import { randomUUID } from 'node:crypto'
import type { SessionRecord, StoredInfo } from '@fetch-sessions/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundleWorker, WorkerProcess } from '../test/worker-process.js'

const HOUR = 3_600_000
const NOTHING = { keys: [], alarm: null }

let worker: WorkerProcess
beforeAll(async () => {
  worker = new WorkerProcess(await bundleWorker())
}, 60_000)
afterAll(() => worker?.close())

function newId(): string {
  return randomUUID().padEnd(43, 'x')
}

function record(fields: Partial<SessionRecord> = {}): SessionRecord {
  return { data: '{}', createdAt: Date.now(), expiresAt: Date.now() + HOUR, owner: undefined, version: 1, ...fields }
}

interface Answer<Result> {
  result: Result
  calls: number
}

function call<Result>(method: string, ...args: unknown[]): Promise<Answer<Result>> {
  return worker.post('/call', { store: 'object', method, args })
}

/** With a limit of round trips, as the platform has one for each request. */
function limited(limit: number, method: string, ...args: unknown[]): Promise<Answer<number>> {
  return worker.post('/call', { store: 'object', method, args, limit })
}

function object<Result>(name: string, method: string, ...args: unknown[]): Promise<Result> {
  return worker.post('/object', { name, method, args })
}

async function sessionsOf(owner: string, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, newId)
  await worker.post('/create', { ids, record: record({ owner }) })
  return ids
}

/** How many of them are still somebody's. */
async function living(ids: readonly string[]): Promise<number> {
  const records = await Promise.all(ids.map((id) => call<SessionRecord | null>('load', id)))
  return records.filter(({ result }) => result?.owner !== undefined).length
}

describe('deleteByOwner beyond the limit of calls', () => {
  it.each([
    [250, 200],
    [80, 50],
    [45, 25],
  ])('comes to an end: %i sessions, %i calls allowed', { timeout: 60_000 }, async (count, limit) => {
    const owner = newId()
    const ids = await sessionsOf(owner, count)
    let left = count
    for (let round = 0; left > 0; round++) {
      const outcome = await limited(limit, 'deleteByOwner', owner).catch(String)
      if (typeof outcome === 'string') expect(outcome).toContain('Too many subrequests')
      const now = await living(ids)
      expect(now, `after call ${round + 1}`).toBeLessThan(left)
      left = now
    }
    expect((await limited(limit, 'deleteByOwner', owner)).result).toBe(0)
  })

  it('removes all others when one session can’t be reached, and says so', async () => {
    const owner = newId()
    const ids = await sessionsOf(owner, 45)
    const unreachable = ids[3] as string
    // An object that keeps another session answers nothing else.
    await object(`session:${unreachable}`, 'remove', unreachable, owner)
    await object(`session:${unreachable}`, 'create', newId(), record({ owner }), HOUR, { owner, lifetime: HOUR })
    await expect(call('deleteByOwner', owner)).rejects.toThrow(`asked for session ${unreachable} keeps another one`)
    expect(await living(ids.filter((id) => id !== unreachable))).toBe(0)
    await object(`session:${unreachable}`, 'ring')
  })
})

describe('entries of sessions that are dead', () => {
  it('leave the index when they are asked for, and are asked for once', { timeout: 60_000 }, async () => {
    const [listed, signedOut] = [newId(), newId()]
    const dead = { expiresAt: Date.now() + 500 }
    for (const owner of [listed, signedOut]) {
      const ids = [newId(), newId(), newId()]
      await worker.post('/create', { ids, record: record({ owner, ...dead }) })
      // It outlives them in the index.
      for (const id of ids) await object(`owner:${owner}`, 'addToIndex', id, 1, HOUR)
      for (const id of ids)
        await expect.poll(() => object(`session:${id}`, 'inspect'), { timeout: 20_000 }).toEqual(NOTHING)
    }
    // What has just come may still be on its way, and stays.
    expect(await call('deleteByOwner', signedOut)).toEqual({ result: 0, calls: 11 })
    await new Promise((resolve) => setTimeout(resolve, 10_500))
    expect(await call('deleteByOwner', signedOut)).toEqual({ result: 0, calls: 6 })
    expect(await object(`owner:${signedOut}`, 'inspect')).toEqual(NOTHING)
    expect(await call('listByOwner', listed)).toEqual({ result: [], calls: 5 })
    expect(await object(`owner:${listed}`, 'inspect')).toEqual(NOTHING)
  })
})

describe('deleteByOwner while a session gets new ids', () => {
  it('leaves none behind', async () => {
    const owner = newId()
    const [old] = await sessionsOf(owner, 1)
    const successors = [newId(), newId(), newId()]
    expect(await worker.post('/regenerated', { old, successors, record: record({ owner }) })).toBe(1)
    expect(await living(successors)).toBe(0)
    expect(await call<StoredInfo[]>('listByOwner', owner)).toMatchObject({ result: [] })
    // What is left of the old ones belongs to nobody.
    expect(await call('load', old)).toMatchObject({ result: { data: '', version: 2 } })
  })

  it('says so when that has no end', async () => {
    const owner = newId()
    const [old] = await sessionsOf(owner, 1)
    const successors = Array.from({ length: 50 }, newId)
    await expect(worker.post('/regenerated', { old, successors, record: record({ owner }) })).rejects.toThrow(
      /this owner got new sessions each of the 20 times that we looked. 0 were removed; keep the owner from signing in/,
    )
  })
})

describe('an answer that is another session’s', () => {
  it.each([
    ['load', []],
    ['create', [record()]],
    ['update', [record({ version: 2 })]],
    ['touch', [Date.now() + HOUR, 1]],
    ['delete', []],
  ])('is an error of %s, not taken', async (method, args) => {
    const [first, second] = [newId(), newId()]
    for (const id of [first, second]) if (method !== 'create') await call('create', id, record({ data: 'secret' }))
    const outcomes = await worker.post<string[]>('/mixed', {
      method,
      first: [first, ...args],
      second: [second, ...args],
    })
    expect(outcomes).toEqual(
      [first, second].map((id) => expect.stringContaining(`asked for session ${id}, the answer is about another one`)),
    )
    expect(outcomes.join()).not.toContain('secret')
  })

  it('is an error of listByOwner and deleteByOwner', async () => {
    const [first, second] = [newId(), newId()]
    for (const owner of [first, second]) await call('create', newId(), record({ owner }))
    for (const method of ['listByOwner', 'deleteByOwner']) {
      const outcomes = await worker.post<string[]>('/mixed', { method, first: [first], second: [second] })
      expect(outcomes).toEqual([1, 2].map(() => expect.stringContaining('asked for the sessions of one owner')))
    }
  })
})

describe('an expiry', () => {
  it('that is further away than alarms can be set has an alarm all the same, and lives on when it rings', async () => {
    for (const expiresAt of [8e12, 8.64e15, 1e20, Number.MAX_VALUE]) {
      const id = newId()
      expect(await call('create', id, record({ expiresAt }))).toMatchObject({ result: true })
      expect(await call('update', id, record({ expiresAt, version: 2 }))).toMatchObject({ result: true })
      expect(await call('touch', id, expiresAt, 2)).toMatchObject({ result: true })
      await object(`session:${id}`, 'ring')
      expect(await object(`session:${id}`, 'inspect')).toEqual({ keys: ['session'], alarm: expect.any(Number) })
      expect(await call('load', id)).toMatchObject({ result: { expiresAt, version: 2 } })
    }
  })

  it('that is none is an error, and nothing is written', async () => {
    const id = newId()
    // JSON makes `null` of what is no number, and the arithmetic a number again; an object is none.
    await expect(call('create', id, record({ expiresAt: {} as number }))).rejects.toThrow(
      /^TypeError: expiresAt: must be a number/,
    )
    expect(await object(`session:${id}`, 'inspect')).toEqual(NOTHING)
  })

  it('may have fractions', async () => {
    const owner = newId()
    const id = newId()
    const stored = record({ owner, createdAt: Date.now() + 0.25, expiresAt: Date.now() + HOUR + 0.75 })
    await call('create', id, stored)
    expect(await call('touch', id, stored.expiresAt + 0.125, 1)).toMatchObject({ result: true })
    expect(await call('load', id)).toMatchObject({ result: { ...stored, expiresAt: stored.expiresAt + 0.125 } })
    expect(await call('listByOwner', owner)).toMatchObject({ result: [{ id, createdAt: stored.createdAt }] })
  })
})

describe('the limits', () => {
  it('of data and owners can be kept together, whatever the characters', async () => {
    for (const [fill, first] of ['a€', 'aa', '€€', '\u0001é'].map((pair) => [...pair])) {
      const size = (text: string) => new TextEncoder().encode(text).length
      const filled = (bytes: number) =>
        `${first}${`${fill}`.repeat(Math.floor((bytes - size(`${first}`)) / size(`${fill}`)))}`
      const id = newId()
      const stored = record({ owner: filled(1018), data: filled(1_000_000), meta: filled(4096) })
      expect(await call('create', id, stored)).toMatchObject({ result: true })
      expect(await call('load', id)).toMatchObject({ result: stored })
      expect(await call('deleteByOwner', stored.owner)).toMatchObject({ result: 1 })
    }
  })
})
