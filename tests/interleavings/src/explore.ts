import { type Action, commute, type Touch } from './schedule.js'

export interface Limits {
  /** At most so many times a run leaves a request that could go on. Left out: as often as it can. */
  readonly preemptions?: number
  /** After so many runs it ends, and says that these were not all. */
  readonly runs?: number
  /** And after so many seconds. */
  readonly seconds?: number
}

/** How one run chooses. `undefined`: every way to go on from here comes to the same as a run that was made before. */
export type Choose = (actions: readonly Action[]) => Action | undefined

export interface Explored {
  readonly runs: number
  /** Runs that were given up, since they could only come to the same as others. */
  readonly cut: number
  /** Whether these were all. */
  readonly isAll: boolean
}

/** A point of a run at which one had to choose. */
interface Fork {
  readonly actions: readonly Action[]
  readonly sleep: Map<string, readonly Touch[]>
  readonly tried: Set<string>
  chosen: Action
  /** Pre-emptions up to here. */
  readonly before: number
  /** Whose step the one before was. */
  readonly last: string | undefined
}

/**
 * Makes every run, depth first, each from its beginning. Sleep sets leave out those that differ in the order of steps that
 * commute. `run` returns `false` to end it.
 */
export async function explore(run: (choose: Choose) => Promise<boolean>, limits: Limits = {}): Promise<Explored> {
  const path: Fork[] = []
  const end = performance.now() + (limits.seconds ?? Infinity) * 1000
  let runs = 0
  let cut = 0
  let hasBound = false
  const allowed = (fork: Pick<Fork, 'actions' | 'before' | 'last'>, action: Action): boolean => {
    const isAllowed = fork.before + preemption(fork, action) <= (limits.preemptions ?? Infinity)
    if (!isAllowed) hasBound = true
    return isAllowed
  }
  const candidate = (fork: Omit<Fork, 'chosen'>): Action | undefined =>
    byContinuation(fork).find(({ key }) => !fork.sleep.has(key) && !fork.tried.has(key))
  for (;;) {
    let depth = 0
    let isCut = false
    const choose: Choose = (actions) => {
      const known = path[depth]
      if (known !== undefined) {
        depth++
        const again = actions.find(({ key }) => key === known.chosen.key)
        if (again === undefined) throw new Error(`The run is not the same again: ${known.chosen.key} is not offered`)
        return again
      }
      const fork = forkAfter(path.at(-1), actions)
      const first = pick(fork)
      if (first === undefined) {
        isCut = true
        return undefined
      }
      path.push({ ...fork, chosen: first })
      depth++
      return first
    }
    const pick = (fork: Omit<Fork, 'chosen'>): Action | undefined => {
      for (;;) {
        const next = candidate(fork)
        if (next === undefined || allowed(fork, next)) return next
        fork.tried.add(next.key)
      }
    }
    const goesOn = await run(choose)
    if (isCut) cut++
    else runs++
    if (!goesOn) return { runs, cut, isAll: false }
    // The last fork at which there is another way.
    for (;;) {
      const fork = path.at(-1)
      if (fork === undefined) return { runs, cut, isAll: !hasBound }
      fork.tried.add(fork.chosen.key)
      fork.sleep.set(fork.chosen.key, fork.chosen.touches)
      const next = pick(fork)
      if (next !== undefined) {
        fork.chosen = next
        break
      }
      path.pop()
    }
    if (runs + cut >= (limits.runs ?? Infinity) || performance.now() > end) return { runs, cut, isAll: false }
  }
}

function forkAfter(parent: Fork | undefined, actions: readonly Action[]): Omit<Fork, 'chosen'> {
  if (parent === undefined) return { actions, sleep: new Map(), tried: new Set(), before: 0, last: undefined }
  const { chosen } = parent
  const sleep = new Map(
    [...parent.sleep].filter(([key, touches]) => key !== chosen.key && commute(touches, chosen.touches)),
  )
  return { actions, sleep, tried: new Set(), before: parent.before + preemption(parent, chosen), last: chosen.by }
}

function preemption({ actions, last }: Pick<Fork, 'actions' | 'last'>, { by }: Action): number {
  return last !== undefined && by !== last && actions.some((action) => action.by === last && action.outcome === '')
    ? 1
    : 0
}

/** Who was at work goes on first, and nothing fails before all is tried without. */
function byContinuation({ actions, last }: Pick<Fork, 'actions' | 'last'>): Action[] {
  const rank = ({ by, outcome }: Action): number => (outcome === '' ? 0 : 2) + (by === last ? 0 : 1)
  return [...actions].sort((a, b) => rank(a) - rank(b))
}

/** A run as a short text: whose step it was, each time. A number tells which of several, a sign how it failed. */
export function spell(chosen: Action, actions: readonly Action[]): string {
  const own = actions.filter(({ by, outcome }) => by === chosen.by && outcome === chosen.outcome)
  const index = own.findIndex(({ key }) => key === chosen.key)
  return `${chosen.by}${index > 0 ? index + 1 : ''}${chosen.outcome}`
}

/** Makes the choices of such a text. Not `isStrict`: one that can't be made any more is left out. */
export function follow(text: string, isStrict = true): Choose {
  const tokens = [...text.matchAll(/([A-Z-])(\d*)([!?x~≈]?)/g)]
  let step = 0
  return (actions) => {
    const [, by, index, outcome] = tokens[step++] ?? []
    // What the text does not say is done in order.
    const [inOrder] = byContinuation({ actions, last: undefined })
    if (by === undefined) return inOrder
    const own = actions.filter((action) => action.by === by && action.outcome === outcome)
    const action = own[Number(index || 1) - 1]
    if (action === undefined && isStrict)
      throw new Error(`Step ${step} of the text, ${by}${index}${outcome}, is not offered`)
    return action ?? inOrder
  }
}
