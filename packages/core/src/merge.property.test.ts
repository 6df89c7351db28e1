import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SessionManager, type WritableSession } from './index.js'
import { StagedStore } from './testing/staged-store.js'
import { cookieAfter, visit } from './testing/visit.js'

const secret = 'thirty-two bytes of secret, at least'
const keys = ['a', 'b', 'c', '__proto__', 'constructor'] as const

type Value = number | string | null | { n: number; list: number[] }
type Data = Record<string, Value>

/** One thing that a request does to its session, and what a plain map makes of the same. */
type Change =
  | { readonly do: 'set'; readonly key: string; readonly value: Value }
  | { readonly do: 'delete' | 'take' | 'increment' | 'limit' | 'append in place'; readonly key: string }
  | { readonly do: 'clear' | 'read' | 'save' }

function increment(value: Value | undefined): number {
  return (typeof value === 'number' ? value : 0) + 1
}

/** Changes nothing most of the time. */
function limit(value: Value | undefined): Value {
  return typeof value === 'number' ? Math.min(value, 2) : (value ?? null)
}

function onSession(session: WritableSession<Data>, change: Change): void {
  switch (change.do) {
    case 'set':
      session.set(change.key, structuredClone(change.value))
      break
    case 'delete':
      session.delete(change.key)
      break
    case 'take':
      session.take(change.key)
      break
    case 'increment':
      session.update(change.key, increment)
      break
    case 'limit':
      session.update(change.key, limit)
      break
    case 'append in place': {
      const value = session.get(change.key)
      if (typeof value === 'object' && value !== null) value.list.push(value.list.length)
      break
    }
    case 'clear':
      session.clear()
      break
    case 'read':
      session.toJSON()
      for (const key of session.keys()) session.get(key)
  }
}

function onModel(model: Map<string, Value>, change: Change): void {
  switch (change.do) {
    case 'set':
      model.set(change.key, structuredClone(change.value))
      break
    case 'delete':
    case 'take':
      model.delete(change.key)
      break
    case 'increment':
      model.set(change.key, increment(model.get(change.key)))
      break
    case 'limit':
      model.set(change.key, limit(model.get(change.key)))
      break
    case 'append in place': {
      const value = model.get(change.key)
      if (typeof value === 'object' && value !== null) value.list.push(value.list.length)
      break
    }
    case 'clear':
      model.clear()
  }
}

function copyOf(model: Map<string, Value>): Map<string, Value> {
  return structuredClone(model)
}

const key = fc.constantFrom(...keys)
const value: fc.Arbitrary<Value> = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom('', 'text', null),
  fc.record({ n: fc.integer({ min: 0, max: 2 }), list: fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 2 }) }),
)
const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('set' as const), key, value }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constantFrom('delete', 'take', 'increment', 'limit', 'append in place'), key }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('clear', 'read', 'save') }) },
)
const start = fc.dictionary(key, value)

/** Handlers that act by turns: each number says whose turn it is. When its changes are used up, a request commits. */
const schedule = fc.array(fc.nat({ max: 3 }), { maxLength: 30 })

async function stored(sessions: SessionManager<Data>, cookie: string): Promise<Record<string, unknown>> {
  // Not toEqual on toJSON() alone: `__proto__` as an own key has to be seen.
  const session = await sessions.read(visit(cookie))
  return Object.fromEntries(session.keys().map((own) => [`key ${String(own)}`, session.get(own)]))
}

function expected(model: Map<string, Value>): Record<string, unknown> {
  return Object.fromEntries([...model].map(([own, held]) => [`key ${own}`, held]))
}

describe('one request', () => {
  it('stores what a plain map would hold after the same changes, saves in between or not [B65, B66, B67, B98]', async () => {
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

  it('writes nothing when its changes come to nothing by the end of each step [B80, B84, B89]', async () => {
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

describe('requests that overlap', () => {
  /**
   * What must come out: the requests' changes, each request's all at once and on top of the last, in the order of their
   * commits. A change that was none when it was made (an equal `set`, a `delete` of what is not there) is not made
   * again, so each request notes what it really changed. An `update` runs again in any case, if there is something to
   * store at all.
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
      if (before.size > 0) {
        steps.push((model) => model.clear())
        request.isChanged = true
      }
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
    'come out as if they had committed one after the other, key by key, in %i process(es) [B222]',
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

  it('that commit at the same moment come out as if in one order or another [B222]', async () => {
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

  it('on keys of their own never clobber one another, whatever they do and however often they conflict [B222]', async () => {
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

  it('and a destroy at any moment leave nothing behind, and revive nothing [B223]', async () => {
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
          await sessions.handle(visit(current), async (handle) => {
            ;(await handle.write()).destroy()
            return new Response()
          })
          for (let index = destroyAt; index < requests.length; index++) await commit(index)
          expect(store.memory.size).toBe(0)
          expect((await sessions.read(visit(cookie))).isNew).toBe(true)
        },
      ),
      { numRuns: 200 },
    )
  })
})

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]]
  return items.flatMap((item, index) =>
    permutations([...items.slice(0, index), ...items.slice(index + 1)]).map((rest) => [item, ...rest]),
  )
}
