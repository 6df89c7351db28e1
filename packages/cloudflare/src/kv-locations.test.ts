import { randomUUID } from 'node:crypto'
import type { SessionRecord } from '@fetch-sessions/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundleWorker, WorkerProcess } from '../test/worker-process.js'

type Location = 'here' | 'elsewhere'

const MINUTE = 60_000

let worker: WorkerProcess
beforeAll(async () => {
  worker = new WorkerProcess(await bundleWorker('located-worker'), { hasObjects: false })
}, 60_000)
afterAll(() => worker?.close())

/** Somebody with a browser, who may be at any location. */
class Visitor {
  cookie = ''

  /** What the session holds, or `null`; the new cookie is kept. */
  async go(location: Location, action: string, value = ''): Promise<unknown> {
    const path = `/${location}/${action}?value=${value}`
    const answer = await worker.fetch(path, this.cookie === '' ? {} : { cookie: this.cookie })
    this.cookie = answer.cookie || this.cookie
    return JSON.parse(answer.text)
  }
}

/** Signed in here, with a copy of the session elsewhere. */
async function knownInBoth(): Promise<Visitor> {
  const visitor = new Visitor()
  await visitor.go('here', 'note', 'first')
  await visitor.go('here', 'sign-in', 'ada')
  expect(await visitor.go('elsewhere', 'read')).toEqual({ note: 'first', user: 'ada' })
  return visitor
}

function sameCookieAs({ cookie }: Visitor): Visitor {
  return Object.assign(new Visitor(), { cookie })
}

const wait = (milliseconds: number) => worker.fetch(`/wait/${milliseconds}`)

describe('a new session', () => {
  it('is there at once, here and elsewhere', async () => {
    const visitor = new Visitor()
    await visitor.go('here', 'sign-in', 'ada')
    expect(await visitor.go('elsewhere', 'read')).toEqual({ user: 'ada' })
    expect(await visitor.go('here', 'read')).toEqual({ user: 'ada' })
  })
})

describe('a sign-out here', () => {
  // A use is written when at least a tenth of the idle time, which is five minutes, has gone by.
  it.each([
    ['a read whose touch is due', 'read', 40_000],
    ['a read whose touch is not due', 'read', 1000],
    ['a write', 'note', 30_000],
  ])('holds everywhere after a minute, and for good, whatever %s elsewhere did within it', async (_, action, age) => {
    const visitor = await knownInBoth()
    const thief = sameCookieAs(visitor)
    await wait(age)
    await visitor.go('here', 'sign-out')
    // Elsewhere it is still open.
    await thief.go('elsewhere', action, 'stolen')
    expect(await thief.go('here', 'read')).toEqual({})
    await wait(MINUTE)
    for (let i = 0; i < 5; i++) {
      for (const location of ['here', 'elsewhere'] as const) expect(await thief.go(location, 'read')).toEqual({})
      await wait(90_000)
    }
  })

  it('does not hold where the session got a new id elsewhere within that minute, as the README says', async () => {
    const visitor = await knownInBoth()
    const thief = sameCookieAs(visitor)
    await visitor.go('here', 'sign-out')
    await thief.go('elsewhere', 'sign-in', 'ada')
    await wait(2 * MINUTE)
    expect(await thief.go('elsewhere', 'read')).toMatchObject({ user: 'ada' })
    expect(await sameCookieAs(visitor).go('elsewhere', 'read')).toEqual({})
  })
})

describe('a change here', () => {
  it('is not undone by a mere read elsewhere whose touch is due', async () => {
    const visitor = await knownInBoth()
    await wait(40_000)
    await visitor.go('here', 'note', 'second')
    expect(await visitor.go('elsewhere', 'read')).toMatchObject({ note: 'first' })
    await wait(MINUTE)
    for (const location of ['here', 'elsewhere'] as const)
      expect(await visitor.go(location, 'read')).toEqual({ note: 'second', user: 'ada' })
  })
})

describe('uses', () => {
  it('keep a session alive from either location, and its end comes when there are none', async () => {
    const visitor = await knownInBoth()
    // A day of it, past the time for which the first record is kept.
    for (let i = 0; i < 24 * 60; i += 4) {
      await wait(4 * MINUTE)
      expect(await visitor.go(i % 8 === 0 ? 'here' : 'elsewhere', 'read')).toMatchObject({ user: 'ada' })
    }
    await wait(6 * MINUTE)
    expect(await visitor.go('elsewhere', 'read')).toEqual({})
  }, 60_000)
})

describe('a session that goes on under another id', () => {
  const newId = () => randomUUID().padEnd(43, 'x')
  const call = async <Result>(location: Location, method: string, ...args: unknown[]): Promise<Result> =>
    worker.post(`/${location}/store`, { method, args })
  const record = (fields: Partial<SessionRecord>): SessionRecord => {
    const expiresAt = Date.now() + 1e9
    return { data: 'guest', createdAt: Date.now(), expiresAt, owner: undefined, version: 1, ...fields }
  }

  it.each([
    ['a touch', 'touch', (later: SessionRecord) => [later.expiresAt, 1]],
    ['a write', 'update', (later: SessionRecord) => [later]],
  ])('is not brought back by %s elsewhere under the old one', async (_, method, argsOf) => {
    const id = newId()
    const first = record({})
    await call('here', 'create', id, first)
    expect(await call('elsewhere', 'load', id)).toEqual(first)
    const marker = record({ data: '', version: 2, expiresAt: first.expiresAt - 1000 })
    expect(await call('here', 'update', id, marker)).toBe(true)
    expect(await call('elsewhere', method, id, ...argsOf(record({ version: 2, data: 'late' })))).toBe(true)
    expect(await call('elsewhere', 'update', id, record({ version: method === 'update' ? 3 : 2 }))).toBe(true)
    expect(await call('here', 'load', id)).toEqual(marker)
    await wait(MINUTE)
    expect(await call('elsewhere', 'load', id)).toEqual(marker)
    expect(await call('elsewhere', 'update', id, record({ version: 4 }))).toBe(false)
  })
})
