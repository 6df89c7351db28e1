import { describe, expect, it } from 'vitest'
import { MemoryStore, type SessionCodec, type SessionHandle, SessionManager } from '../index.js'
import { secret } from '../testing/secret.js'
import { visit } from '../testing/visit.js'

type Data = Record<string, Date>

/** Carries dates, and notes each call: two dates are compared by what it writes of them. */
function countingCodec() {
  const counts = { calls: 0 }
  const codec: SessionCodec = {
    encode: (values) => {
      counts.calls++
      return JSON.stringify(values)
    },
    decode: (text) => {
      counts.calls++
      return JSON.parse(text, (_, value) => (typeof value === 'string' ? new Date(value) : value))
    },
  }
  return { codec, counts }
}

/** How often the codec is called while a request that holds the dates of so many keys does this. */
async function callsWith(size: number, act: (handle: SessionHandle<Data>) => Promise<void>): Promise<number> {
  const { codec, counts } = countingCodec()
  const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret, codec })
  const { cookie } = await sessions.issue(
    Object.fromEntries(Array.from({ length: size }, (_, index) => [`key ${index}`, new Date(index)])),
  )
  let calls = 0
  await sessions.handle(visit(cookie), async (handle) => {
    const session = await handle.write()
    for (const key of session.keys()) session.get(key)
    counts.calls = 0
    await act(handle)
    calls = counts.calls
    return new Response()
  })
  return calls
}

const laterBy =
  (milliseconds: number) =>
  (date?: Date): Date =>
    new Date(Number(date) + milliseconds)

async function updateAll(handle: SessionHandle<Data>): Promise<void> {
  const session = await handle.write()
  for (const key of session.keys()) session.update(key, laterBy(1))
}

async function saveAfterOther(handle: SessionHandle<Data>): Promise<void> {
  await handle.save((session) => {
    for (const key of session.keys()) session.get(key)?.setMilliseconds(500)
  })
}

describe('the work for a request that holds the objects of many keys', () => {
  it.each<[string, (handle: SessionHandle<Data>) => Promise<void>]>([
    ['an update of each key', updateAll],
    ['a save(change)', saveAfterOther],
    [
      'a save(change) that fails',
      (handle) =>
        expect(
          handle.save(() => {
            throw new RangeError('sold out')
          }),
        ).rejects.toThrow(RangeError),
    ],
  ])('grows as their number does: %s', async (_, act) => {
    const [some, twice, thrice] = [await callsWith(10, act), await callsWith(20, act), await callsWith(30, act)]
    expect(twice).toBeGreaterThan(some)
    expect(thrice - twice).toBe(twice - some)
  })
})
