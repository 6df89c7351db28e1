import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { MemoryStore, type SessionEvent, SessionManager } from './index.js'
import { randomToken } from './testing/sign.js'
import { visit } from './testing/visit.js'

const secret = 's'.repeat(32)

describe('a value of which JSON would lose something without a word', () => {
  class List extends Array<string> {}
  class Bare {
    visits = 1
  }
  Object.setPrototypeOf(Bare.prototype, null)

  it.each<[string, unknown]>([
    ['a property under a symbol', { [Symbol('visits')]: 1 }],
    ['a property under a symbol, further in', { a: [{ [Symbol('visits')]: 1 }] }],
    ['an array with a property beside its elements', Object.assign([1], { visits: 1 })],
    ['an instance of a class of arrays', new List('tea')],
    ['an instance of a class that extends null', new Bare()],
  ])('is refused at the set, which names the key: %s [B73, B74]', async (_, value) => {
    const sessions = new SessionManager({ store: new MemoryStore(), secret })
    const session = await sessions.write(visit())
    expect(() => session.set('cart', value)).toThrow(TypeError)
    expect(() => session.set('cart', value)).toThrow(/"cart"/)
    expect(session.has('cart')).toBe(false)
  })
})

describe('save() with a schema that changes what it checks', () => {
  it('shows the stored state after it: defaults are there, what was dropped is not', async () => {
    const schema = z.object({ visits: z.number().default(7), user: z.string().trim().optional() })
    const store = new MemoryStore()
    const loose = new SessionManager({ store, secret })
    const sessions = new SessionManager({ store, secret, schema })
    const { cookie, id } = await loose.issue({ visits: 1, user: 'ada' })
    const handle = sessions.open(visit(cookie))
    const session = await handle.write()
    session.set('user', ' grace ')
    session.delete('visits')
    await handle.save()
    expect(session.toJSON()).toEqual(JSON.parse(store.load(id)?.data ?? ''))
    expect(session.toJSON()).toEqual({ visits: 7, user: 'grace' })
  })
})

describe('the rejection of a cookie', () => {
  it('is not called malformed when all are well-formed and only more than are tried [B12, B250]', async () => {
    const events: SessionEvent[] = []
    const onEvent = (event: SessionEvent) => void events.push(event)
    const sessions = new SessionManager({ store: new MemoryStore(), secret, onEvent })
    const forged = Array.from({ length: 9 }, () => `__Host-sid=${randomToken()}.${randomToken()}`)
    await sessions.read(visit(forged.join('; ')))
    expect(events.filter((event) => event.type === 'rejected' && event.reason === 'malformed')).toEqual([])
  })
})
