import fc from 'fast-check'
import type { SessionManager, WritableSession } from '../index.js'
import { visit } from './visit.js'

export const keys: readonly ['a', 'b', 'c', '__proto__', 'constructor'] = ['a', 'b', 'c', '__proto__', 'constructor']

export type Value = number | string | null | { n: number; list: number[] }
export type Data = Record<string, Value>

/** One thing that a request does to its session, and what a plain map makes of the same. */
export type Change =
  | { readonly do: 'set'; readonly key: string; readonly value: Value }
  | { readonly do: 'delete' | 'take' | 'increment' | 'limit' | 'append in place'; readonly key: string }
  | { readonly do: 'clear'; readonly except: readonly string[] }
  | { readonly do: 'read' | 'save' }

export function increment(value: Value | undefined): number {
  return (typeof value === 'number' ? value : 0) + 1
}

/** Changes nothing most of the time. */
function limit(value: Value | undefined): Value {
  return typeof value === 'number' ? Math.min(value, 2) : (value ?? null)
}

export function onSession(session: WritableSession<Data>, change: Change): void {
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
      session.clear({ except: change.except })
      break
    case 'read':
      session.toJSON()
      for (const key of session.keys()) session.get(key)
  }
}

export function onModel(model: Map<string, Value>, change: Change): void {
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
      for (const key of [...model.keys()]) if (!change.except.includes(key)) model.delete(key)
  }
}

export function copyOf(model: Map<string, Value>): Map<string, Value> {
  return structuredClone(model)
}

const key: fc.Arbitrary<string> = fc.constantFrom(...keys)
const value: fc.Arbitrary<Value> = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom('', 'text', null),
  fc.record({ n: fc.integer({ min: 0, max: 2 }), list: fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 2 }) }),
)
export const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('set' as const), key, value }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constantFrom('delete', 'take', 'increment', 'limit', 'append in place'), key }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('read', 'save') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('clear' as const), except: fc.subarray([...keys]) }) },
)
export const start: fc.Arbitrary<Data> = fc.dictionary(key, value)

/** Handlers that act by turns: each number says whose turn it is. When its changes are used up, a request commits. */
export const schedule: fc.Arbitrary<number[]> = fc.array(fc.nat({ max: 3 }), { maxLength: 30 })

export async function stored(sessions: SessionManager<Data>, cookie: string): Promise<Record<string, unknown>> {
  // Not toEqual on toJSON() alone: `__proto__` as an own key has to be seen.
  const session = await sessions.read(visit(cookie))
  return Object.fromEntries(session.keys().map((own) => [`key ${String(own)}`, session.get(own)]))
}

export function expected(model: Map<string, Value>): Record<string, unknown> {
  return Object.fromEntries([...model].map(([own, held]) => [`key ${own}`, held]))
}

/** All orders of these items. */
export function permutations<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]]
  return items.flatMap((item, index) =>
    permutations([...items.slice(0, index), ...items.slice(index + 1)]).map((rest) => [item, ...rest]),
  )
}
