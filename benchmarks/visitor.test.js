import { describe, expect, it } from 'vitest'
import { findServer } from '../packages/store-testing/test/server.ts'
import { build, refuseFaults } from './contestants/index.js'
import { goalsOf } from './report/goals.js'
import { findFault, makeRequest } from './visitor.js'

const redis = await findServer('Redis', 'REDIS_URL', 'redis://127.0.0.1:6379')

const SECRET_PART = 'of-this-visitor-alone'

/** A contestant that counts as it should, but for what `faulty` changes. */
function counting(faulty = {}) {
  const counts = new Map()
  const answers = {
    cookieOf: (id) => `sid=${id}.${SECRET_PART}`,
    idOf: (cookie) => (cookie?.endsWith(`.${SECRET_PART}`) ? cookie.slice(4, cookie.indexOf('.')) : undefined),
    firstCount: 1,
    step: 1,
    plain: 'plain',
    status: 200,
    newId: () => String(counts.size + 1),
    ...faulty,
  }
  return async (path, cookie) => {
    const { status } = answers
    if (path === '/plain') return new Response(answers.plain, { status })
    const id = answers.idOf(cookie)
    if (path === '/read') return new Response(String(counts.get(id) ?? 0), { status })
    if (id !== undefined && counts.has(id)) {
      counts.set(id, counts.get(id) + answers.step)
      return new Response(String(counts.get(id)), { status })
    }
    const newId = answers.newId()
    counts.set(newId, (counts.get(newId) ?? 0) + answers.firstCount)
    const headers = answers.cookieOf(newId) === undefined ? {} : { 'set-cookie': `${answers.cookieOf(newId)}; Path=/` }
    return new Response(String(counts.get(newId)), { status, headers })
  }
}

describe('the check before anything is timed', () => {
  it('lets a contestant pass that counts', async () => {
    expect(await findFault(counting(), { isBare: false })).toBeUndefined()
  })

  it.each([
    ['answers 500 to /write', { status: 500 }],
    ['does not begin to count at 1', { firstCount: 2 }],
    ['sets no cookie', { cookieOf: () => undefined }],
    ['does not answer a plain route', { plain: 'something else' }],
    ['does not count', { step: 0 }],
    ['mixes up visitors', { newId: () => '1' }],
    ['opens a forged cookie', { idOf: (cookie) => cookie?.match(/^sid=(\d+)\./)?.[1] }],
    [
      'opens a malformed cookie',
      {
        idOf: (cookie) =>
          /[AB]-this|not-a/.test(cookie) ? '1' : cookie?.match(/^sid=(\d+)\.of-this-visitor-alone$/)?.[1],
      },
    ],
  ])('finds one that %s', async (fault, faulty) => {
    expect(await findFault(counting(faulty), { isBare: false })).toBe(fault)
  })

  it('finds a contestant that was not awaited, and so has nothing to answer with', async () => {
    const notAwaited = Promise.resolve({ fetch: counting() })
    expect(await findFault((...args) => notAwaited.fetch(...args), { isBare: false })).toContain('is not a function')
  })
})

describe('a contestant', () => {
  it('may be made at once', async () => {
    expect(typeof (await build('express')).listen).toBe('function')
  })

  it.skipIf(!redis)('may be made asynchronously, and is awaited', async () => {
    const { fetch } = await build('hono-redis')
    expect(await findFault(async (path, cookie) => fetch(makeRequest(path, cookie)), { isBare: false })).toBeUndefined()
  })

  it.each(['express-ours', 'fastify-ours', ...(redis ? ['express-ours-redis'] : [])])(
    'that listens itself counts: %s',
    async (id) => {
      const port = await (await build(id)).listen()
      const send = (path, cookie) =>
        fetch(`http://127.0.0.1:${port}${path}`, cookie === undefined ? {} : { headers: { cookie } })
      expect(await findFault(send, { isBare: false })).toBeUndefined()
    },
  )

  it('of ours that fails, and a bare framework that does, end the run; a library that does is a note', () => {
    const fault = 'answers 500 to /write'
    expect(() => refuseFaults([{ scenario: 'write', contestant: 'hono-ours-redis', fault }])).toThrow(
      'fetch-sessions, Hono, Redis (write): answers 500 to /write',
    )
    expect(() => refuseFaults([{ runtime: 'Bun', scenario: 'read', contestant: 'hono', fault }])).toThrow('Bun, read')
    expect(() => refuseFaults([{ scenario: 'write', contestant: 'hono-sessions', fault }])).not.toThrow()
    expect(() => refuseFaults([{ scenario: 'write', contestant: 'hono-ours-redis' }])).not.toThrow()
  })
})

describe('a goal', () => {
  const rows = (own, other, [ours, others] = ['hono-ours-redis', 'hono-redis-guarded']) => ({
    http: [
      [ours, own],
      [others, other],
    ].map(([contestant, times]) => {
      const turns = times.map((time) => ({ wall: time, cpu: time }))
      const time = { median: 1 }
      return { scenario: 'write', inFlight: 32, contestant, turns, wall: { time }, cpu: { time } }
    }),
  })
  const verdictOf = (own, other) => goalsOf(rows(own, other)).map(({ verdict }) => verdict)

  it('is met or missed where the rounds agree, and level where they do not', () => {
    expect(verdictOf([1, 1, 1], [2, 2, 2])).toEqual(['met'])
    expect(verdictOf([2, 2, 2], [1, 1, 1])).toEqual(['missed'])
    expect(verdictOf([1, 2, 1, 2], [2, 1, 2, 1])).toEqual(['level'])
  })

  it('compares ours with a library in the same framework', () => {
    const measured = rows([1, 1, 1], [2, 2, 2], ['express-ours', 'express-session'])
    expect(goalsOf(measured).map(({ text }) => text)).toEqual([
      'HTTP, write, fetch-sessions, Express: times the speed of express-session (memory)',
    ])
  })
})
