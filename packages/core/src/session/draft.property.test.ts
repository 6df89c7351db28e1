import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SessionManager } from '../index.js'
import { change, type Data, expected, keys, onModel, onSession, start, stored } from '../testing/random-changes.js'
import { secret } from '../testing/secret.js'
import { StagedStore } from '../testing/staged-store.js'
import { visit } from '../testing/visit.js'

const key = fc.constantFrom(...keys)

describe('one request', () => {
  it('stores what a plain map would hold after the same changes, saves in between or not', async () => {
    await fc.assert(
      fc.asyncProperty(start, fc.array(change, { maxLength: 12 }), async (data, changes) => {
        const sessions = new SessionManager<Data>({ store: new StagedStore(), secret })
        const { cookie } = await sessions.issue(structuredClone(data))
        const model = new Map(Object.entries(structuredClone(data)))
        await sessions.handle(visit(cookie), async (handle) => {
          const session = await handle.write()
          for (const step of changes) {
            onSession(session, step)
            onModel(model, step)
            if (step.do === 'save') await handle.save()
            expect(session.keys().sort()).toEqual([...model.keys()].sort())
            expect(session.size).toBe(model.size)
            for (const own of keys) expect(session.has(own)).toBe(model.has(own))
          }
          return new Response()
        })
        expect(await stored(sessions, cookie)).toEqual(expected(model))
      }),
      { numRuns: 300 },
    )
  })

  it('writes nothing when its changes come to nothing by the end of each step', async () => {
    await fc.assert(
      fc.asyncProperty(start, fc.array(key, { maxLength: 8 }), async (data, touched) => {
        const store = new StagedStore()
        const sessions = new SessionManager<Data>({ store, secret })
        const { cookie } = await sessions.issue(structuredClone(data))
        store.forget()
        await sessions.handle(visit(cookie), async (handle) => {
          const session = await handle.write()
          for (const own of touched) {
            const held = session.get(own)
            if (held === undefined) session.delete(own)
            else session.set(own, structuredClone(held))
          }
          return new Response()
        })
        expect(store.methods).toEqual(['load'])
      }),
      { numRuns: 200 },
    )
  })
})
