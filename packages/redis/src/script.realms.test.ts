import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import type { RedisDriver } from './driver.js'
import { Script } from './script.js'

/** Of another class than ours, as where tests run in a realm of their own: in Jest, and in Vitest's contexts. */
const foreignError = (message: string): Error => runInNewContext('new Error(message)', { message })
const foreignBytes = (text: string): Uint8Array =>
  runInNewContext('Uint8Array.from(bytes)', { bytes: Buffer.from(text) })

/** A client that gives buffers, of a server that does not know the script yet. */
function driverOf(evaluate: (args: string[]) => unknown): RedisDriver {
  const driver: Pick<RedisDriver, 'eval' | 'evalsha'> = {
    evalsha: () => Promise.reject(foreignError('NOSCRIPT No matching script')),
    eval: async (_source, _keys, args) => evaluate(args),
  }
  return driver as RedisDriver
}

describe('a client of another realm', () => {
  it('is told the script that its server does not know, and may give buffers', async () => {
    const driver = driverOf(([name, call]) => [foreignBytes(`=${call} ${name}`), 1])
    expect(await new Script('return reply(1)').run(driver, 'key', 'y', [])).toEqual([1])
  })

  it('throws no error that shows what was stored', async () => {
    const failing = driverOf(() => {
      throw foreignError('ERR unknown command `eval`, with args beginning with: private data')
    })
    await expect(new Script('return reply(1)').run(failing, 'key', 'y', [])).rejects.toThrow(
      /^ERR unknown command `eval`$/,
    )
  })
})
