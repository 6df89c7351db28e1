import { storeChecks } from '@fetch-sessions/store-testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundleWorker, WorkerProcess } from '../test/worker-process.js'

/** Of the suite, for the names: the checks themselves run in workerd. */
const checks = storeChecks(() => Promise.reject(new Error('runs in workerd')))

let worker: WorkerProcess
beforeAll(async () => {
  worker = new WorkerProcess(await bundleWorker())
}, 60_000)
afterAll(() => worker?.close())

const engines = [
  {
    store: 'object',
    title: 'Durable Objects, in workerd',
    lacks: /last one wins|deleteExpired|clear|^lists of all sessions/,
  },
  {
    store: 'kv',
    title: 'Workers KV, in workerd',
    lacks:
      /^writers at the same moment:|^owners:|[yY]Owner|deleteExpired|clear|useClock|a store takes a clock|create with an id that exists/,
  },
]

for (const { store, title, lacks } of engines)
  describe(title, () => {
    const outcomes = new Map<string, string>()

    for (const { group, name } of checks) {
      it(`${group}: ${name}`, { timeout: 60_000 }, async ({ skip }) => {
        const outcome = await worker.post<string>('/check', { store, name })
        outcomes.set(name, outcome)
        if (outcome === 'skipped') skip()
        expect(outcome).toBe('passed')
      })
    }

    it('is held to the whole suite but for what it does not promise', () => {
      expect(outcomes.size).toBe(checks.length)
      const titles = checks.map(({ group, name }) => ({ name, title: `${group}: ${name}` }))
      expect(titles.filter(({ name }) => outcomes.get(name) === 'skipped')).toEqual(
        titles.filter(({ title }) => lacks.test(title)),
      )
    })
  })
