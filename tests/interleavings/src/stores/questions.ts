import type { SessionRecord } from '@fetch-sessions/core'
import type { Call } from './history.js'
import { idOf } from './processes.js'
import type { StoreRun } from './run.js'

/** It is there, and no marker. */
export function opens({ records }: StoreRun, id: string): boolean {
  return (records.get(id)?.data ?? '') !== ''
}

export function wasThere({ scenario }: StoreRun, id: string): boolean {
  return Object.keys(scenario.there).some((letter) => idOf(letter) === id)
}

/** Whose it was at the beginning. */
function ownerAtFirst({ scenario }: StoreRun, id: string): string | undefined {
  return Object.entries(scenario.there).find(([letter]) => idOf(letter) === id)?.[1]
}

/** The step at which a call's first command can have been carried out at the earliest, of those that were made. */
export function begun({ steps }: StoreRun, { by, asked }: Call): number {
  const step = steps.findIndex((step, i) => i >= asked && step.by === by)
  return step < 0 ? steps.length : step
}

/** It ends the session, or may have. */
export function ends({ method, of, record, except }: Call, id: string): boolean {
  if (method === 'deleteByOwner') return except !== id
  return of === id && (method === 'delete' || record?.data === '')
}

/** Somebody was told of it: nobody has the cookie of one whose creation, or that of its owner, never came to an end. */
export function isUsable(run: StoreRun, id: string): boolean {
  const found = run.records.get(id) as SessionRecord
  if (found.version === 1 && wasThere(run, id)) return true
  return run.calls.some(({ method, of, record, answer }) => {
    // An update comes over a session that somebody has; a creation has to be told of first.
    return of === id && record?.version === found.version && (method === 'update' || answer === true)
  })
}

/** The owner's at the end of a call before this one began, and nobody tried to change that. */
export function wasOwnedBefore(run: StoreRun, id: string, owner: string, call: Call): boolean {
  const isOthers = run.calls.some(({ of, record }) => of === id && record !== undefined && record.owner !== owner)
  if (isOthers) return false
  if (ownerAtFirst(run, id) === owner) return true
  return run.calls.some(
    ({ of, record, answer, ended = Infinity }) =>
      of === id && record?.owner === owner && answer === true && ended <= begun(run, call),
  )
}

export function wasOwnedAllTheTime(run: StoreRun, id: string, owner: string, call: Call): boolean {
  return wasOwnedBefore(run, id, owner, call) && !run.calls.some((other) => ends(other, id))
}

/** A new id of a session that was there before, given by a process that came to its end. */
export function succeeds(run: StoreRun, id: string, call: Call): boolean {
  const creation = run.calls.find(({ method, of }) => method === 'create' && of === id)
  if (creation === undefined || run.dead.includes(creation.by)) return false
  const own = run.calls.filter(({ by }) => by === creation.by)
  const marker = own.find(({ record }) => record?.data === '')
  if (marker === undefined || own.some(({ failure }) => failure !== undefined)) return false
  return wasOwnedBeforeMarker(run, marker.of, call)
}

function wasOwnedBeforeMarker(run: StoreRun, id: string, call: Call): boolean {
  return ownerAtFirst(run, id) === call.of
}

export function nameOf(id: string): string {
  return id.slice(0, 1)
}

export function first(calls: readonly Call[], is: (call: Call) => boolean, what: string): string | undefined {
  return firstOf(calls, (call) => (is(call) ? what : undefined))
}

export function firstOf<Item>(items: readonly Item[], what: (item: Item) => string | undefined): string | undefined {
  for (const item of items) {
    const words = what(item)
    if (words === undefined) continue
    const { by, method } = item as Partial<Call>
    return by === undefined ? words : `${by} (${method}) ${words}`
  }
  return undefined
}
