import { describe, expect, it } from 'vitest'
import { MemoryStore, SessionManager } from '../index.js'
import { secret } from '../testing/secret.js'
import { stagedManager } from '../testing/staged-manager.js'
import { visit } from '../testing/visit.js'

interface Data {
  user: string
}

const setUp = stagedManager<Data>

describe('tokens and ids', () => {
  it('are 32 random bytes each: ten thousand of one length, in a safe alphabet, and none twice', async () => {
    const { sessions } = setUp()
    const cookies = new Set<string>()
    const ids = new Set<string>()
    for (let batch = 0; batch < 100; batch++) {
      const issued = await Promise.all(Array.from({ length: 100 }, () => sessions.issue({})))
      for (const { id, cookie } of issued) {
        expect(cookie).toMatch(/^__Host-sid=[\w-]{43}\.[\w-]{43}$/)
        expect(id).toMatch(/^[\w-]{43}$/)
        cookies.add(cookie)
        ids.add(id)
      }
    }
    expect(cookies.size).toBe(10_000)
    expect(ids.size).toBe(10_000)
  })

  it('depend on neither data, owner nor time', async () => {
    const { sessions } = setUp({ now: () => 1_800_000_000_000 })
    const one = await sessions.issue({ user: 'ada' }, { owner: 'ada' })
    const two = await sessions.issue({ user: 'ada' }, { owner: 'ada' })
    expect(one.id).not.toBe(two.id)
    expect(one.cookie.slice(0, 20)).not.toBe(two.cookie.slice(0, 20))
  })
})

describe('the identity that was made for a visitor who stored nothing', () => {
  const sessions = new SessionManager({ store: new MemoryStore(), secret })

  it('is nobody else’s when its id is asked for after the commit, in a stream or a WebSocket', async () => {
    const request = visit()
    const session = await sessions.read(request)
    await sessions.commit(request, new Response())
    // Enough visitors to use up what is made ahead.
    const ids: string[] = []
    for (let visitor = 0; visitor < 20; visitor++) ids.push((await sessions.issue({ visitor })).id)
    expect(ids).not.toContain(session.id)
    expect(session.id).toBe(session.id)
  })

  it('is not given away while a save that nobody waits for is on its way to the store', async () => {
    const validate = async (value: unknown) => ({ value: value as Record<string, unknown> })
    const schema = { '~standard': { version: 1, vendor: 'test', validate } } as const
    const sessions = new SessionManager<Record<string, unknown>>({ store: new MemoryStore(), secret, schema })
    let saving: Promise<void> | undefined
    const visiting = sessions.handle(visit(), async (handle) => {
      ;(await handle.write()).set('user', 'ada')
      saving = handle.save()
      throw new Error('thrown by the handler')
    })
    await expect(visiting).rejects.toThrow('thrown by the handler')
    await saving
    for (let visitor = 0; visitor < 20; visitor++) await sessions.issue({ visitor })
  })
})
