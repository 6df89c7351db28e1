import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SessionManager, type WritableSession } from '../index.js'
import { liveSessions } from '../testing/live-sessions.js'
import {
  type Change,
  change,
  copyOf,
  type Data,
  expected,
  increment,
  onModel,
  onSession,
  permutations,
  schedule,
  start,
  stored,
  type Value,
} from '../testing/random-changes.js'
import { cookieAfter } from '../testing/response-cookies.js'
import { secret } from '../testing/secret.js'
import { StagedStore } from '../testing/staged-store.js'
import { visit } from '../testing/visit.js'

describe('requests that overlap', () => {
  /**
   * What must come out: the requests' changes, each request's all at once and on top of the last, in the order of their
   * commits. A change that was none when it was made (an equal `set`, a `delete` of what is not there) is not made
   * again, so each request notes what it really changed. An `update` runs again in any case, and so does a `clear`, if
   * there is something to store at all.
   */
  interface Request {
    readonly own: Map<string, Value>
    readonly changes: Change[]
    readonly handle: ReturnType<SessionManager<Data>['open']>
    readonly session: WritableSession<Data>
    readonly request: globalThis.Request
    readonly steps: ((model: Map<string, Value>) => void)[]
    isChanged: boolean
  }

  const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

  /** Does the change in the request's own view, and notes how to do it again. */
  const note = (request: Request, step: Change): void => {
    const before = copyOf(request.own)
    onModel(request.own, step)
    const { own, steps } = request
    if (step.do === 'clear') {
      steps.push((model) => onModel(model, step))
      if (before.size !== own.size) request.isChanged = true
      return
    }
    if (!('key' in step)) return
    const isChanged = before.has(step.key) !== own.has(step.key) || !same(before.get(step.key), own.get(step.key))
    if (isChanged) request.isChanged = true
    else if (step.do !== 'limit' && step.do !== 'increment') return
    // A change in place is as a `set` of the outcome.
    if (step.do === 'append in place') {
      const outcome = structuredClone(own.get(step.key)) as Value
      steps.push((model) => model.set(step.key, structuredClone(outcome)))
    } else {
      steps.push((model) => onModel(model, step))
    }
  }

  it.each([1, 2] as const)(
    'come out as if they had committed one after the other, key by key, in %i process(es)',
    async (processes) => {
      await fc.assert(
        fc.asyncProperty(
          start,
          fc.array(fc.array(change, { minLength: 1, maxLength: 6 }), { minLength: 2, maxLength: 4 }),
          schedule,
          async (data, all, turns) => {
            const store = new StagedStore()
            const managers = Array.from({ length: processes }, () => new SessionManager<Data>({ store, secret }))
            const sessions = managers[0] as SessionManager<Data>
            const { cookie } = await sessions.issue(structuredClone(data))
            const model = new Map(Object.entries(structuredClone(data)))
            const requests = await Promise.all(
              all.map(async (changes, index): Promise<Request> => {
                const request = visit(cookie)
                const handle = (managers[index % processes] as SessionManager<Data>).open(request)
                const session = await handle.write()
                return {
                  own: copyOf(model),
                  changes: [...changes],
                  handle,
                  session,
                  request,
                  steps: [],
                  isChanged: false,
                }
              }),
            )
            const takeTurn = async (request: Request, manager: SessionManager<Data>): Promise<void> => {
              const step = request.changes.shift()
              if (step === undefined) return
              onSession(request.session, step)
              note(request, step)
              const isLast = request.changes.length === 0
              if (step.do !== 'save' && !isLast) return
              if (isLast) await manager.commit(request.request, new Response())
              else await request.handle.save()
              if (!request.isChanged) return
              request.isChanged = false
              for (const redo of request.steps.splice(0)) redo(model)
              // After a save the request sees the merged state.
              request.own.clear()
              for (const [own, held] of copyOf(model)) request.own.set(own, held)
            }
            for (const turn of turns) {
              const index = turn % requests.length
              await takeTurn(requests[index] as Request, managers[index % processes] as SessionManager<Data>)
            }
            for (const [index, request] of requests.entries()) {
              while (request.changes.length > 0)
                await takeTurn(request, managers[index % processes] as SessionManager<Data>)
            }
            expect(await stored(sessions, cookie)).toEqual(expected(model))
          },
        ),
        { numRuns: 300 },
      )
    },
  )

  it('that commit at the same moment come out as if in one order or another', async () => {
    await fc.assert(
      fc.asyncProperty(
        start,
        fc.array(fc.array(change, { minLength: 1, maxLength: 4 }), { minLength: 2, maxLength: 3 }),
        fc.nat({ max: 2 }),
        fc.integer({ min: 1, max: 2 }),
        async (data, all, conflicts, processes) => {
          const store = new StagedStore()
          const managers = Array.from({ length: processes }, () => new SessionManager<Data>({ store, secret }))
          const sessions = managers[0] as SessionManager<Data>
          const { cookie, id } = await sessions.issue(structuredClone(data))
          const requests = await Promise.all(
            all.map(async (changes, index) => {
              const request = visit(cookie)
              const manager = managers[index % processes] as SessionManager<Data>
              const noted = {
                own: new Map(Object.entries(structuredClone(data))),
                steps: [],
                isChanged: false,
              } as unknown as Request
              const session = await manager.write(request)
              for (const step of changes.filter((candidate) => candidate.do !== 'save')) {
                onSession(session, step)
                note(noted, step)
              }
              return { request, manager, steps: noted.isChanged ? noted.steps : [] }
            }),
          )
          // Others that win first, and change nothing that is looked at.
          let left = conflicts
          store.before('update', async () => {
            const record = store.memory.load(id)
            if (left-- > 0 && record !== undefined) store.memory.update(id, { ...record, version: record.version + 1 })
            await undefined
          })
          await Promise.all(requests.map(({ request, manager }) => manager.commit(request, new Response())))
          store.heal()
          const outcome = JSON.stringify(Object.entries(await stored(sessions, cookie)).sort())
          const possible = permutations(requests).map((order) => {
            const model = new Map(Object.entries(structuredClone(data)))
            for (const { steps } of order) for (const redo of steps) redo(model)
            return JSON.stringify(Object.entries(expected(model)).sort())
          })
          expect(possible).toContain(outcome)
        },
      ),
      { numRuns: 200 },
    )
  })

  it('on keys of their own never clobber one another, whatever they do and however often they conflict', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.constantFrom('set', 'delete', 'increment'), { minLength: 1, maxLength: 5 }), {
          minLength: 2,
          maxLength: 6,
        }),
        fc.integer({ min: 1, max: 3 }),
        fc.nat({ max: 3 }),
        async (all, processes, conflicts) => {
          const store = new StagedStore()
          const managers = Array.from({ length: processes }, () => new SessionManager<Data>({ store, secret }))
          const sessions = managers[0] as SessionManager<Data>
          const { cookie, id } = await sessions.issue({ untouched: 'stays' })
          let left = conflicts
          store.before('update', async () => {
            const record = store.memory.load(id)
            if (left-- > 0 && record !== undefined) store.memory.update(id, { ...record, version: record.version + 1 })
            await undefined
          })
          const model: Record<string, unknown> = { 'key untouched': 'stays' }
          await Promise.all(
            all.map(async (actions, index) => {
              const own = `own ${index}`
              let held: number | undefined
              await (managers[index % processes] as SessionManager<Data>).handle(visit(cookie), async (handle) => {
                const session = await handle.write()
                for (const action of actions) {
                  if (action === 'set') held = session.set(own, 10).get(own) as number
                  else if (action === 'increment') held = session.update(own, increment) as number
                  else {
                    session.delete(own)
                    held = undefined
                  }
                }
                return new Response()
              })
              if (held !== undefined) model[`key ${own}`] = held
            }),
          )
          store.heal()
          expect(await stored(sessions, cookie)).toEqual(model)
        },
      ),
      { numRuns: 150 },
    )
  })

  it('and a sign-out at any moment leave nothing of that session behind, and revive nothing', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('set', 'read', 'regenerate'), { minLength: 1, maxLength: 5 }),
        fc.nat({ max: 5 }),
        fc.integer({ min: 1, max: 2 }),
        async (actions, destroyAt, processes) => {
          const store = new StagedStore()
          const managers = Array.from({ length: processes }, () => new SessionManager<Data>({ store, secret }))
          const sessions = managers[0] as SessionManager<Data>
          const { cookie } = await sessions.issue({ a: 1 })
          const requests = await Promise.all(
            actions.map(async (action, index) => {
              const request = visit(cookie)
              const manager = managers[index % processes] as SessionManager<Data>
              const session = await manager.write(request)
              if (action === 'set') session.set('a', index + 2)
              if (action === 'regenerate') session.regenerate()
              return { request, manager }
            }),
          )
          let current = cookie
          const commit = async (index: number): Promise<void> => {
            const { request, manager } = requests[index] as (typeof requests)[number]
            current = cookieAfter(await manager.commit(request, new Response()), current)
          }
          for (let index = 0; index < requests.length; index++) {
            if (index === destroyAt) break
            await commit(index)
          }
          const signedOut = current
          await sessions.handle(visit(signedOut), async (handle) => {
            ;(await handle.write()).destroy()
            return new Response()
          })
          for (let index = destroyAt; index < requests.length; index++) await commit(index)
          const isRegenerate = (action: string): boolean => action === 'regenerate'
          const before = actions.slice(0, destroyAt).filter(isRegenerate).length
          const after = actions.slice(destroyAt).filter(isRegenerate).length
          // Each that asks for a new id gets one of its own. Where the one that took over was signed out, none does.
          expect(await liveSessions(sessions)).toBe(before <= 1 ? 0 : before - 1 + after)
          for (const old of [cookie, signedOut]) expect((await sessions.read(visit(old))).isNew).toBe(true)
        },
      ),
      { numRuns: 200 },
    )
  })
})
