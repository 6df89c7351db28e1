import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundleWorker, WorkerProcess } from '../test/worker-process.js'

/** Before 2024-10-14 a promise that another request settles never goes on, unless a flag says otherwise. */
const DATES = ['2024-10-13', '2026-04-01']

let script: string
beforeAll(async () => {
  script = await bundleWorker('shared-worker')
}, 60_000)

describe.each(DATES)('requests of one isolate that share a manager, at compatibility date %s', (compatibilityDate) => {
  let worker: WorkerProcess
  beforeAll(() => {
    worker = new WorkerProcess(script, { compatibilityDate })
  })
  afterAll(() => worker?.close())

  /** All at the same moment, with the same cookie. What each was answered; nothing takes as long as giving up on another. */
  async function together(count: number, path: string, cookie: string): Promise<{ texts: string[]; duration: number }> {
    const started = Date.now()
    const answers = await Promise.all(Array.from({ length: count }, () => worker.fetch(path, { cookie })))
    return { texts: answers.map(({ text }) => text), duration: Date.now() - started }
  }

  const countOf = async (cookie: string): Promise<unknown> => JSON.parse((await worker.fetch('/read', { cookie })).text)

  it('write one session in parallel, five at a time, and each succeeds', { timeout: 120_000 }, async () => {
    const { cookie } = await worker.fetch('/count')
    for (let round = 1; round <= 12; round++) {
      const { texts, duration } = await together(5, '/count', cookie)
      expect(texts, `round ${round}`).toEqual(texts.map(() => expect.stringMatching(/^\d+$/)))
      expect(duration).toBeLessThan(4000)
      expect(await countOf(cookie)).toEqual({ count: 1 + 5 * round })
    }
  })

  it('write one session twice in each request, in parallel', { timeout: 120_000 }, async () => {
    const { cookie } = await worker.fetch('/count')
    for (let round = 1; round <= 5; round++) {
      const { texts } = await together(5, '/save-twice', cookie)
      expect(texts, `round ${round}`).toEqual(texts.map(() => 'null'))
      expect(await countOf(cookie)).toEqual({ count: 1 + 10 * round })
    }
  })

  it('read, write and give new ids to one session in parallel', { timeout: 120_000 }, async () => {
    for (let round = 1; round <= 5; round++) {
      const { cookie } = await worker.fetch('/count')
      const answers = await Promise.all(
        ['/count', '/regenerate', '/read', '/regenerate', '/count'].map((path) => worker.fetch(path, { cookie })),
      )
      const texts = answers.map(({ text }) => text)
      expect(texts, `round ${round}`).toEqual(texts.map(() => expect.stringMatching(/^(null|\d+|\{.*\})$/)))
    }
  })
})
