import { expect, it } from 'vitest'
import { bundleWorker, WorkerProcess } from '../test/worker-process.js'

it.each([
  ['2023-02-28', 'this runtime has no Headers.getSetCookie: on Workers, set compatibility_date to 2023-03-01 or later'],
  ['2024-04-02', 'no method can be called: set compatibility_date to 2024-04-03 or later'],
])('a compatibility date that is too old is an error that says so: %s', async (compatibilityDate, message) => {
  const worker = new WorkerProcess(await bundleWorker('shared-worker'), { compatibilityDate })
  try {
    const { text, cookie } = await worker.fetch('/count')
    expect(text).toContain(message)
    expect(cookie).toBe('')
  } finally {
    await worker.close()
  }
})
