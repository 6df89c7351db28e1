import { AsyncLocalStorage } from 'node:async_hooks'

/** Something that a step reads or changes, by name: two steps that have nothing in common come to the same in any order. */
export interface Touch {
  readonly what: string
  readonly writes: boolean
}

/**
 * How a step comes out other than it should: `!` it fails; `?` it is carried out, and then fails; `x` its process dies
 * before it; `~` what carries it out dies in the middle; `≈` it reads what was there before.
 */
export type Failure = '!' | '?' | 'x' | '~' | '≈'

/** One thing that can happen next: a call that is held, its answer, a timer, the arrival of a response. */
export interface Action {
  /** The same in each run that began with the same choices. */
  readonly key: string
  /** What is held: the same for all outcomes of it. */
  readonly held: string
  /** Of which request, by its letter. */
  readonly by: string
  /** Which step it was that led to it, by its place in the run; -1: none. */
  readonly after: number
  /** How it comes out; empty: as it should. */
  readonly outcome: '' | Failure
  /** When it is done, what it has really touched: a comparison that failed has only read. */
  touches: readonly Touch[]
  /** Happens only when nothing else can. */
  readonly isIdle: boolean
  /** Does it, and says what happened. */
  perform(): string
}

/** One step of a run. */
export interface Step {
  readonly by: string
  said: string
  readonly action: Pick<Action, 'after' | 'touches'>
}

/** What is offered: what happens for each outcome that the run may choose. */
export interface Offer {
  readonly touches: readonly Touch[]
  readonly isIdle?: boolean
  /** Does it as it should be done. `narrow`: it has touched no more than this. */
  perform(narrow: Narrow): string
  /** How else it can come out. Default: `!` and `?`. */
  readonly failures?: readonly Failure[]
  /** What happens then, and what is said of it. Left out: it can't. */
  fail?(outcome: Failure, narrow: Narrow): string
}

/** What is held. */
interface Offered {
  readonly key: string
  readonly by: string
  readonly isIdle: boolean
  readonly actions: readonly Action[]
}

export type Narrow = (touches: readonly Touch[]) => void

const requests = new AsyncLocalStorage<string>()

/** Who is at work in this piece of code: the letter of a request. */
export function atWork(): string {
  return requests.getStore() ?? '-'
}

/** What can happen next in one run, and what has happened. */
export class Schedule {
  readonly steps: Step[] = []
  /** How many steps may still come out other than they should. */
  failures: number
  /** How many of them may still read what was there before. */
  staleReads: number
  /** Nothing is held any more: for what comes before and after the run. */
  isOpen = true
  #offered: Offered[] = []
  /** How many steps have begun. */
  #begun = 0
  readonly #counts: Map<string, number> = new Map()
  readonly #dead: Set<string> = new Set()

  constructor(failures: number, staleReads = 0) {
    this.failures = failures
    this.staleReads = staleReads
  }

  /** The place in the run of the step that is being made, or of the last one. */
  get step(): number {
    return this.#begun - 1
  }

  /** In the name of a request. */
  as<T>(letter: string, work: () => T): T {
    return requests.run(letter, work)
  }

  offer(offer: Offer, by: string = atWork()): () => void {
    if (this.#dead.has(by)) return () => {}
    const count = (this.#counts.get(by) ?? 0) + 1
    this.#counts.set(by, count)
    const key = `${by}${count}`
    this.#offered.push({ by, key, isIdle: offer.isIdle === true, actions: this.#actionsOf(offer, key, by) })
    return () => this.#withdraw(key)
  }

  /** Nothing of theirs ever goes on. */
  kill(by: string): void {
    this.#dead.add(by)
    this.#offered = this.#offered.filter((offered) => offered.by !== by)
  }

  isDead(by: string): boolean {
    return this.#dead.has(by)
  }

  /** What can happen next, the oldest first. */
  actions(): Action[] {
    const urgent = this.#offered.filter(({ isIdle }) => !isIdle)
    const offered = urgent.length > 0 ? urgent : this.#offered
    return offered.flatMap(({ actions }) =>
      actions.filter(({ outcome }) => outcome === '' || this[budgetOf(outcome)] > 0),
    )
  }

  #actionsOf(offer: Offer, key: string, by: string): Action[] {
    const { touches, fail, failures = ['!', '?'] } = offer
    // Whose process may die does nothing after that.
    const life = { what: `life of ${by}`, writes: false }
    const lives = fail !== undefined && failures.includes('x') ? [life] : []
    const own = [...touches, ...lives]
    const actionOf = (outcome: Action['outcome'], touched: readonly Touch[]): Action => {
      const action: Action = {
        ...{ key: key + outcome, held: key, by, after: this.step, outcome, touches: touched },
        isIdle: offer.isIdle === true,
        perform: () => {
          this.#withdraw(key)
          this.#begun++
          const narrow: Narrow = (narrower) => {
            action.touches = [...narrower, ...lives]
          }
          if (outcome !== '') this[budgetOf(outcome)]--
          const said = this.as(by, () =>
            outcome === '' || fail === undefined ? offer.perform(narrow) : fail.call(offer, outcome, narrow),
          )
          this.steps.push({ by, said, action })
          return said
        },
      }
      return action
    }
    if (fail === undefined) return [actionOf('', own)]
    const touchesOf = (outcome: Failure): readonly Touch[] => {
      if (outcome === 'x') return [{ ...life, writes: true }]
      return outcome === '!' ? lives : own
    }
    return [actionOf('', own), ...failures.map((outcome) => actionOf(outcome, touchesOf(outcome)))]
  }

  #withdraw(key: string): void {
    this.#offered = this.#offered.filter((offered) => offered.key !== key)
  }
}

/** Of how many a step takes one that comes out so. */
function budgetOf(outcome: Failure): 'failures' | 'staleReads' {
  return outcome === '≈' ? 'staleReads' : 'failures'
}

/** Whether two steps come to the same in either order. */
export function commute(a: readonly Touch[], b: readonly Touch[]): boolean {
  for (const one of a) {
    for (const other of b) if ((one.writes || other.writes) && meets(one.what, other.what)) return false
  }
  return true
}

function meets(a: string, b: string): boolean {
  if (a === b) return true
  if (a.endsWith('*')) return b.startsWith(a.slice(0, -1))
  return b.endsWith('*') && a.startsWith(b.slice(0, -1))
}

/** Lets everything run that waits for nothing held. */
export async function settle(): Promise<void> {
  do await new Promise((resolve) => setImmediate(resolve))
  while (working > 0)
}

/** How much is at work elsewhere: WebCrypto on threads of its own, a server. */
let working = 0

/** `settle` waits for it as well. */
export function waitFor(work: Promise<unknown>): void {
  working++
  const done = (): void => {
    working--
  }
  work.then(done, done)
}

const METHODS = ['importKey', 'deriveKey', 'deriveBits', 'sign', 'verify', 'digest', 'encrypt', 'decrypt'] as const

/** Waits for WebCrypto as well, from now on until the returned function is called. */
export function waitForCrypto(): () => void {
  const subtle = crypto.subtle as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>
  for (const name of METHODS) {
    const real = subtle[name] as (...args: unknown[]) => Promise<unknown>
    const counted = (...args: unknown[]): Promise<unknown> => {
      const answer = real.apply(crypto.subtle, args)
      waitFor(answer)
      return answer
    }
    Object.defineProperty(subtle, name, { value: counted, configurable: true, writable: true })
  }
  return () => {
    for (const name of METHODS) delete subtle[name]
  }
}
