import type { SessionRecord, SessionStore } from '@fetch-sessions/core'
import { type Choose, spell } from '../explore.js'
import { Schedule, type Step, settle, waitForCrypto } from '../schedule.js'
import { VirtualTime } from '../virtual-time.js'
import type { Clock, Kept, OpenEngine } from './engine.js'
import { type Call, noting } from './history.js'
import { idOf, type Process, recordOf } from './processes.js'

/** No run takes so many steps: one that does goes round in circles. */
const MAX_STEPS = 300
const START = 1_800_000_000_000

export interface StoreScenario {
  readonly name: string
  /** The sessions that are there, by their letters, and whose they are; empty: nobody's. */
  readonly there: Readonly<Record<string, string>>
  /** What each process does, each with a store of its own. */
  readonly processes: Readonly<Record<string, Process>>
  /** At some moment of the run, whichever, the clock moves on by so many seconds. */
  readonly clock?: number
}

/** All that is known of one run, when it is over. */
export interface StoreRun {
  readonly scenario: StoreScenario
  readonly calls: readonly Call[]
  /** Processes that died. */
  readonly dead: readonly string[]
  readonly hasFailed: boolean
  /** What is there in the end, by id. */
  readonly records: ReadonlyMap<string, SessionRecord>
  /** What the index of each owner shows in the end, and just before each of these sessions is over. */
  readonly listed: ReadonlyMap<string, readonly string[]>
  readonly listedLater: ReadonlyMap<string, readonly string[]>
  /** The same after each session was used once more. */
  readonly listedMended: ReadonlyMap<string, readonly string[]>
  readonly kept: readonly Kept[]
  readonly start: number
  readonly now: number
  readonly steps: readonly Step[]
  readonly text: string
}

/** One run of a scenario. `undefined` if it was given up. */
export async function runStores(
  open: OpenEngine,
  scenario: StoreScenario,
  failures: number,
  choose: Choose,
): Promise<StoreRun | undefined> {
  const schedule = new Schedule(failures)
  const clock: Clock = { now: START }
  const time = new VirtualTime(schedule)
  const restore = time.install()
  const stopWaiting = waitForCrypto()
  const realNow = Date.now
  Date.now = () => clock.now + time.elapsed
  const engine = open(schedule, clock)
  try {
    const before = engine.open('-', () => clock.now)
    for (const [letter, owner] of Object.entries(scenario.there)) {
      const record = recordOf(START, { owner: owner === '' ? undefined : owner, data: `"of ${letter}"` })
      await before.create(idOf(letter), record)
    }
    const calls: Call[] = []
    const stores = Object.keys(scenario.processes).map((by) => [by, engine.open(by, () => clock.now)] as const)
    // What a process has read before, where that matters.
    for (const [, store] of stores) for (const letter of Object.keys(scenario.there)) await store.load(idOf(letter))
    schedule.isOpen = false
    for (const [by, store] of stores) {
      const process = scenario.processes[by] as Process
      schedule.as(by, () => void process.act(noting(store, by, schedule, calls), START).catch(() => {}))
    }
    if (scenario.clock !== undefined) offerTime(schedule, clock, scenario.clock)
    await settle()
    let text = ''
    for (let count = 0; ; count++) {
      const actions = schedule.actions()
      if (actions.length === 0 || count === MAX_STEPS) break
      const action = choose(actions)
      if (action === undefined) return undefined
      text += spell(action, actions)
      action.perform()
      await settle()
    }
    schedule.isOpen = true
    const last = { now: clock.now + (scenario.clock ?? 0) * 1000 }
    const judge = engine.open('=', () => last.now)
    clock.now = last.now
    const found = await look(judge, last, scenario, calls)
    const dead = stores.flatMap(([by]) => (schedule.isDead(by) ? [by] : []))
    return {
      ...{ scenario, calls, dead, hasFailed: /[!?~]/.test(text), ...found, kept: await engine.kept() },
      ...{ start: START, now: last.now, steps: schedule.steps, text },
    }
  } finally {
    schedule.isOpen = true
    Date.now = realNow
    restore()
    stopWaiting()
    await engine.close()
  }
}

function offerTime(schedule: Schedule, clock: Clock, seconds: number): void {
  schedule.offer(
    {
      touches: [{ what: '*', writes: true }],
      perform: () => {
        clock.now += seconds * 1000
        return `the clock moves on by ${seconds} s`
      },
    },
    '-',
  )
}

type Found = Pick<StoreRun, 'records' | 'listed' | 'listedLater' | 'listedMended'>

/** What the store shows when all is over. */
async function look(
  store: SessionStore,
  clock: { now: number },
  { there }: StoreScenario,
  calls: readonly Call[],
): Promise<Found> {
  const records = new Map<string, SessionRecord>()
  const ids = new Set([...Object.keys(there).map(idOf), ...calls.flatMap(({ of }) => (of.length === 43 ? [of] : []))])
  for (const id of ids) {
    const record = await store.load(id)
    if (record !== undefined) records.set(id, record)
  }
  const owners = new Set(['ada', 'bob'])
  const listAll = async (): Promise<Map<string, string[]>> => {
    const listed = new Map<string, string[]>()
    for (const owner of owners) {
      const infos = (await store.listByOwner?.(owner)) ?? []
      listed.set(
        owner,
        infos.map(({ id }) => id),
      )
    }
    return listed
  }
  const now = clock.now
  const listed = await listAll()
  const listedLater = new Map<string, string[]>()
  for (const [id, { owner, expiresAt }] of records) {
    if (owner === undefined || store.listByOwner === undefined) continue
    clock.now = expiresAt - 1000
    const infos = await store.listByOwner(owner)
    listedLater.set(
      id,
      infos.map(({ id }) => id),
    )
  }
  clock.now = now
  for (const [id, { expiresAt, version }] of records) await store.touch(id, expiresAt, version)
  return { records, listed, listedLater, listedMended: await listAll() }
}
