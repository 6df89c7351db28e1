import { Order } from './order.js'
import { type Action, commute, type Touch } from './schedule.js'

export interface Limits {
  /** At most so many times a run leaves a request that could go on. Left out: as often as it can. */
  readonly preemptions?: number
  /** After so many runs it ends, and says that these were not all. */
  readonly runs?: number
  /** And after so many seconds. */
  readonly seconds?: number
  /**
   * What is left out. `races`, the default: an order is tried only where two steps that meet could have come the other way
   * round. `sleep`: runs that differ in the order of steps that do not meet. `none`: nothing, which takes very long.
   */
  readonly reduction?: 'races' | 'sleep' | 'none'
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
  /** What is to be tried here. */
  readonly wanted: Set<string>
  chosen: Action
  /** Pre-emptions up to here. */
  readonly before: number
  /** Whose step the one before was. */
  readonly last: string | undefined
}

/**
 * Makes every run, depth first, each from its beginning, but for those that come to the same as another: they differ in the
 * order of steps that commute. Sleep sets leave those out; so that few of them are begun, another way is tried only where
 * a race was seen (dynamic partial order reduction, with source sets). With a bound of pre-emptions, all are begun. `run`
 * returns `false` to end it.
 */
export async function explore(run: (choose: Choose) => Promise<boolean>, limits: Limits = {}): Promise<Explored> {
  const { preemptions = Infinity, reduction = preemptions < Infinity ? 'sleep' : 'races' } = limits
  const path: Fork[] = []
  const order = new Order()
  const end = performance.now() + (limits.seconds ?? Infinity) * 1000
  let runs = 0
  let cut = 0
  let hasBound = false
  const pick = (fork: Omit<Fork, 'chosen'>): Action | undefined => {
    for (const action of byContinuation(fork)) {
      const { key } = action
      if (fork.sleep.has(key) || fork.tried.has(key) || !fork.wanted.has(key)) continue
      if (fork.before + preemption(fork, action) <= preemptions) return action
      hasBound = true
      fork.tried.add(key)
    }
    return undefined
  }
  for (;;) {
    let depth = 0
    let isCut = false
    const choose: Choose = (actions) => {
      const known = path[depth]
      if (known !== undefined) {
        depth++
        const again = actions.find(({ key }) => key === known.chosen.key)
        if (again === undefined) throw new Error(`The run is not the same again: ${known.chosen.key} is not offered`)
        known.chosen = again
        return again
      }
      const fork = forkAfter(path.at(-1), actions, reduction)
      if (reduction === 'races') wantOne(fork)
      else want(fork, () => true)
      const first = pick(fork)
      if (first === undefined) {
        isCut = true
        return undefined
      }
      path.push({ ...fork, chosen: first })
      depth++
      return first
    }
    const goesOn = await run(choose)
    if (isCut) cut++
    else runs++
    if (!goesOn) return { runs, cut, isAll: false }
    if (reduction === 'races') wantWhatRaces(path, order)
    // The last fork at which there is another way.
    for (;;) {
      const fork = path.at(-1)
      if (fork === undefined) return { runs, cut, isAll: !hasBound }
      fork.tried.add(fork.chosen.key)
      if (reduction !== 'none') fork.sleep.set(fork.chosen.key, fork.chosen.touches)
      const next = pick(fork)
      if (next !== undefined) {
        fork.chosen = next
        break
      }
      path.pop()
    }
    if (runs + cut >= (limits.runs ?? Infinity) || performance.now() > end) return { runs, cut, isAll: false }
    order.cut(path.length - 1)
  }
}

function forkAfter(
  parent: Fork | undefined,
  actions: readonly Action[],
  reduction: Limits['reduction'],
): Omit<Fork, 'chosen'> {
  const fresh = { actions, tried: new Set<string>(), wanted: new Set<string>() }
  if (parent === undefined) return { ...fresh, sleep: new Map(), before: 0, last: undefined }
  const { chosen } = parent
  const sleep = reduction === 'none' ? [] : [...parent.sleep].filter(([, touches]) => commute(touches, chosen.touches))
  return { ...fresh, sleep: new Map(sleep), before: parent.before + preemption(parent, chosen), last: chosen.by }
}

/** One that can go on as it should, with all its outcomes. If there is none but those asleep, all. */
function wantOne(fork: Omit<Fork, 'chosen'>): void {
  const one = byContinuation(fork).find(({ key, outcome }) => outcome === '' && !fork.sleep.has(key))
  want(fork, ({ held }) => one === undefined || held === one.held)
}

function want({ actions, wanted }: Omit<Fork, 'chosen'>, is: (action: Action) => boolean): void {
  for (const action of actions) {
    if (!is(action)) continue
    wanted.add(action.key)
    // If its process dies, nothing else of it goes on: so that has to be tried before.
    if (action.outcome === 'x') for (const { by, key } of actions) if (by === action.by) wanted.add(key)
  }
}

/** Looks at each race of what is new in a run: whether the later one is tried first as well. */
function wantWhatRaces(path: readonly Fork[], order: Order): void {
  for (const { chosen } of path.slice(order.length)) {
    const step = order.length
    order.add(chosen)
    for (const earlier of order.racesOf(step)) {
      const fork = path[earlier] as Fork
      // What happens only when nothing else can is never earlier.
      if (chosen.isIdle && !fork.chosen.isIdle) continue
      const firsts = order.firstWithout(earlier, step).map((place) => (path[place] as Fork).chosen)
      if (firsts.some(({ key }) => fork.wanted.has(key) || fork.sleep.has(key))) continue
      want(fork, ({ key }) => key === firsts[0]?.key)
    }
  }
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
