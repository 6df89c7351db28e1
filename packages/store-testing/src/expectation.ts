import type { SessionRecord, SessionStore, StoredInfo } from '@fetch-sessions/core'

/** Throws unless both are the same value. `what` names the actual one in the message. */
export function expectSame(what: string, actual: unknown, expected: unknown): void {
  if (!Object.is(actual, expected)) throw new Error(`${what}: expected ${show(expected)}, got ${show(actual)}`)
}

/** Throws unless both lists have the same texts, in whatever order. */
export function expectSameSet(what: string, actual: readonly string[], expected: readonly string[]): void {
  expectSame(what, JSON.stringify([...actual].sort()), JSON.stringify([...expected].sort()))
}

/** Throws unless the store has exactly this record, field by field, or has none if `expected` is `undefined`. */
export async function expectStored(
  store: SessionStore,
  id: string,
  expected: SessionRecord | undefined,
  when = '',
): Promise<void> {
  expectFields(`load ${when}`.trim(), await store.load(id), expected)
}

/** Throws unless the store has exactly one of these records, whole. `data` tells them apart. */
export async function expectStoredOneOf(
  store: SessionStore,
  id: string,
  candidates: readonly SessionRecord[],
): Promise<SessionRecord> {
  const stored = await store.load(id)
  const written = candidates.find(({ data }) => data === stored?.data)
  if (written === undefined) throw new Error(`load: expected one of the records that were written, got ${show(stored)}`)
  expectFields('load', stored, written)
  return written
}

/** Throws unless `listByOwner` gives exactly these sessions, in whatever order. */
export async function expectListed(
  store: SessionStore & Required<Pick<SessionStore, 'listByOwner'>>,
  owner: string,
  expected: readonly StoredInfo[],
  when = '',
): Promise<void> {
  const what = `listByOwner ${when}`.trim()
  const infos = await store.listByOwner(owner)
  expectSameSet(
    `${what}: ids`,
    infos.map(({ id }) => id),
    expected.map(({ id }) => id),
  )
  for (const info of expected) {
    expectFields(
      what,
      infos.find(({ id }) => id === info.id),
      info,
    )
  }
}

/** Throws unless both are missing or have the same fields. A field that is `undefined` may as well be left out. */
export function expectFields<T extends object>(what: string, actual: T | undefined, expected: T | undefined): void {
  const isComparable = actual !== undefined && actual !== null && expected !== undefined
  if (!isComparable) expectSame(what, actual, expected)
  const fields = new Set(Object.keys({ ...expected, ...actual })) as Set<keyof T & string>
  for (const field of fields) expectSame(`${what}: ${field}`, actual?.[field], expected?.[field])
}

function show(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value))
  return text.length > 200 ? `${text.slice(0, 200)}… (${text.length} characters)` : text
}
