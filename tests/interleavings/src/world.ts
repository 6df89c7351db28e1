import type { SessionEvent, SessionManager, SessionStore, TokenSigner } from '@fetch-sessions/core'
import type { Core, Data } from './core.js'
import { EventualStore, type States } from './eventual-store.js'
import type { Choose } from './explore.js'
import { spell } from './explore.js'
import { heldSigner } from './held-signer.js'
import { HeldStore } from './held-store.js'
import { orderOf } from './order.js'
import { type Run, type Scenario, type Seen, Told, type Written } from './scenario.js'
import { atWork, Schedule, settle, type Touch, waitForCrypto } from './schedule.js'
import { VirtualTime } from './virtual-time.js'

const HOUR = 3_600_000
const START = 1_800_000_000_000
const COOKIE = '__Host-sid'
/** No run of the scenarios takes so many steps: one that does goes round in circles. */
const MAX_STEPS = 400
/** By whom the clock is moved: no request has this letter. */
const CLOCK = '-'
const SECRET = 'thirty-two bytes of secret, at least'

/** One run of a scenario. `undefined` if it was given up. */
export async function runOnce(
  core: Core,
  scenario: Scenario,
  failures: number,
  choose: Choose,
): Promise<Run | undefined> {
  const world = new World(core, scenario, failures)
  const restore = world.time.install()
  const stopWaiting = scenario.store === 'cookie' ? waitForCrypto() : undefined
  try {
    return await world.run(choose)
  } finally {
    restore()
    stopWaiting?.()
  }
}

class World {
  readonly time: VirtualTime
  readonly #core: Core
  readonly #scenario: Scenario
  readonly #schedule: Schedule
  readonly #memory: InstanceType<Core['MemoryStore']>
  readonly #names: Map<string, string> = new Map()
  readonly #managers: Map<number, SessionManager<Data>> = new Map()
  readonly #told: Told[] = []
  readonly #states: States = new Map()
  readonly #writes: Written[] = []
  readonly #jars: Map<string, string> = new Map()
  readonly #first: Map<string, string> = new Map()
  readonly #firstIds: Map<string, string> = new Map()
  readonly #cookies: Set<string> = new Set()
  #text = ''
  #ages = 0

  constructor(core: Core, scenario: Scenario, failures: number) {
    this.#core = core
    this.#scenario = scenario
    this.#schedule = new Schedule(failures, scenario.store === 'eventual' ? 2 : 0)
    this.time = new VirtualTime(this.#schedule)
    // Where time passes, it is a store that drops nothing by itself.
    this.#memory = new core.MemoryStore(scenario.clock === undefined ? {} : { now: () => 0 })
    for (const [letter, plan] of Object.entries(scenario.requests)) this.#told.push(new Told(letter, plan))
  }

  get #now(): number {
    return START + this.#ages + this.time.elapsed
  }

  async run(choose: Choose): Promise<Run | undefined> {
    await this.#begin()
    for (let count = 0; count < MAX_STEPS; count++) {
      const actions = this.#schedule.actions()
      if (actions.length === 0) return this.#judge()
      const action = choose(actions)
      if (action === undefined) return undefined
      this.#text += spell(action, actions)
      const before = this.#schedule.steps.length
      action.perform()
      this.#noteStep(before)
      await settle()
    }
    return this.#judge()
  }

  /** The sessions of the browsers, and the requests that are to be sent. */
  async #begin(): Promise<void> {
    const { isNew = false, age = 0, owner } = this.#scenario
    for (const { browser } of this.#told) {
      if (this.#first.has(browser)) continue
      const issuing = isNew
        ? undefined
        : await this.#managerOf(0).issue({ origin: browser, marks: [] }, owner === undefined ? {} : { owner })
      const cookie = issuing?.cookie ?? ''
      this.#first.set(browser, cookie)
      this.#jars.set(browser, cookie)
      this.#firstIds.set(browser, issuing?.id ?? '')
      if (issuing) this.#nameOf(issuing.id)
      if (cookie !== '') this.#cookies.add(cookie)
    }
    this.#ages = age * HOUR
    this.#writes.length = 0
    this.#schedule.isOpen = false
    for (const told of this.#told) if (told.plan.after === undefined) this.#offer(told)
    if (this.#scenario.clock !== undefined) this.#offerTime(this.#scenario.clock)
  }

  #offerTime(seconds: number): void {
    this.#schedule.offer(
      {
        touches: [{ what: '*', writes: true }],
        perform: () => {
          this.time.elapsed += seconds * 1000
          return `the clock moves on by ${seconds} s`
        },
      },
      CLOCK,
    )
  }

  #offer(told: Told): void {
    this.#schedule.offer(
      {
        touches: this.#startTouches(told),
        perform: () => {
          told.cookie = this.#jars.get(told.browser) as string
          told.began = this.#step()
          void this.#serve(told)
          return `is sent with ${this.#cookieName(told.cookie)}`
        },
      },
      told.letter,
    )
  }

  #startTouches({ browser, plan }: Told): Touch[] {
    const touches = [{ what: `browser ${browser}`, writes: false }]
    // What is near is read at once.
    if (this.#scenario.store === 'cached') touches.push({ what: `process ${plan.process ?? 0}`, writes: true })
    return touches
  }

  async #serve(told: Told): Promise<void> {
    const { letter, plan, cookie } = told
    const manager = this.#managerOf(plan.process ?? 0)
    const request = new Request('https://shop.example/', { headers: { cookie } })
    const firstId = this.#firstIds.get(told.browser) as string
    const response = await manager.handle(
      request,
      async (handle) => {
        await plan.act({ letter, told, handle, manager, firstId, step: () => this.#step() })
        return new Response()
      },
      {
        respond: (error) => {
          told.error = error
          return new Response(undefined, { status: 500 })
        },
      },
    )
    this.#answer(told, response)
  }

  #answer(told: Told, response: Response): void {
    told.answered = this.#step()
    told.answer = response.status === 200 ? 'ok' : 'failed'
    const line = response.headers.getSetCookie().find((line) => line.startsWith(`${COOKIE}=`))
    if (line === undefined) {
      this.#arrive(told)
      return
    }
    told.sent = /; Max-Age=0(;|$)/.test(line) ? '' : (line.split(';')[0] as string)
    if (told.sent !== '') this.#cookies.add(told.sent)
    this.#schedule.offer(
      {
        touches: [{ what: `browser ${told.browser}`, writes: true }],
        perform: () => {
          this.#jars.set(told.browser, told.sent as string)
          this.#arrive(told)
          return `is answered with ${told.sent === '' ? 'the removal' : this.#cookieName(told.sent as string)}`
        },
      },
      told.letter,
    )
  }

  #arrive(told: Told): void {
    told.arrived = this.#step()
    for (const next of this.#told) {
      const { after } = next.plan
      if (next.began >= 0 || after === undefined || !after.includes(told.letter)) continue
      if (after.every((letter) => (this.#told.find((other) => other.letter === letter)?.arrived ?? -1) >= 0))
        this.#offer(next)
    }
    if (told.answer === 'failed' && told.plan.retries) {
      const again = new Told(letterOfRetry(told.letter), { ...told.plan, retries: false })
      again.retryOf = told.letter
      this.#told.push(again)
      this.#offer(again)
    }
  }

  #step(): number {
    return this.#schedule.step
  }

  /** Whose calls of the store the last step was. */
  #noteStep(before: number): void {
    const step = this.#schedule.steps[before]
    if (step === undefined || !/^(load|create|update|touch|delete|list) /.test(step.said)) return
    const told = this.#told.find(({ letter }) => letter === step.by)
    if (told === undefined) return
    told.lastCall = before
  }

  #managerOf(process: number): SessionManager<Data> {
    const known = this.#managers.get(process)
    if (known !== undefined) return known
    const { SessionManager, nodeSigner } = this.#core
    const { holdsSigner = false } = this.#scenario
    const manager = new SessionManager<Data>({
      store: this.#storeOf(process),
      secret: SECRET,
      signer: holdsSigner ? heldSigner(nodeSigner, this.#schedule, `process ${process}`) : signerOf(nodeSigner),
      now: () => this.#now,
      warnings: false,
      onEvent: (event) => this.#hear(event),
    })
    this.#managers.set(process, manager)
    return manager
  }

  #storeOf(process: number): SessionStore | InstanceType<Core['CookieStore']> {
    const { MemoryStore, CookieStore, cachedStore } = this.#core
    const { store = 'memory' } = this.#scenario
    const crowd = this.#told.filter(({ plan }) => (plan.process ?? 0) === process)
    const held = new HeldStore({
      memory: store === 'eventual' ? new EventualStore(this.#states) : this.#memory,
      schedule: this.#schedule,
      nameOf: (id) => this.#nameOf(id),
      hearing: crowd.length > 1 ? `process ${process}` : undefined,
      onWrite: (id, record) => this.#writes.push({ step: this.#step(), by: atWork(), id, record }),
    })
    if (store === 'cached') return cachedStore(new MemoryStore(), held)
    if (store === 'cookie') return new CookieStore({ encrypt: false, revocations: held, maxStaleness: 0 })
    return held
  }

  /** When all places have heard of all. */
  #judgedStore(): SessionStore | InstanceType<Core['CookieStore']> {
    const { store } = this.#scenario
    if (store === 'cookie') return this.#storeOf(0)
    return store === 'eventual' ? new EventualStore(this.#states) : this.#memory
  }

  #hear(event: SessionEvent): void {
    if (event.type !== 'dropped') return
    const told = this.#told.find(({ letter }) => letter === atWork())
    if (event.reason === 'failed' && told) told.isToldOfThrow = true
    else told?.dropped.push(event.reason)
  }

  #nameOf(id: string): string {
    const name = this.#names.get(id) ?? `s${this.#names.size + 1}`
    this.#names.set(id, name)
    return name
  }

  #cookieName(cookie: string): string {
    return cookie === '' ? 'no cookie' : `cookie ${[...this.#cookies].indexOf(cookie) + 1}`
  }

  async #judge(): Promise<Run> {
    this.#schedule.isOpen = true
    const pending: string[] = []
    if (this.time.pending > 0) pending.push(`${this.time.pending} timers`)
    const { SessionManager, nodeSigner } = this.#core
    const judge = new SessionManager<Data>({
      store: this.#judgedStore(),
      secret: SECRET,
      signer: signerOf(nodeSigner),
      now: () => this.#now,
      warnings: false,
    })
    const opens = new Map<string, Seen | undefined>()
    for (const cookie of this.#cookies) {
      const session = await judge.read(cookie)
      const { id, isNew } = session
      opens.set(cookie, isNew ? undefined : { id, isNew, data: session.toJSON() as Partial<Data> })
    }
    const records = this.#memory.list(undefined, 1000, this.#now).entries.map(({ id, expiresAt, meta = '{}' }) => {
      const { superseded, ended } = JSON.parse(meta) as { superseded?: object; ended?: boolean }
      return { id, expiresAt, isSession: superseded === undefined && !ended }
    })
    if (this.#told.every(({ answer }) => answer !== undefined)) pending.push(...(await this.#writeOnce()))
    return {
      scenario: this.#scenario,
      told: this.#told,
      writes: this.#writes,
      opens,
      first: this.#first,
      last: this.#jars,
      records,
      now: this.#now,
      failed: this.#schedule.failures === 0 && /[!?]/.test(this.#text),
      pending,
      steps: this.#schedule.steps,
      order: orderOf(this.#schedule.steps),
      text: this.#text,
      nameOf: (id) => this.#nameOf(id),
    }
  }

  /** Whatever a process keeps of requests that are over: the next one must not wait for it. */
  async #writeOnce(): Promise<string[]> {
    const pending: string[] = []
    for (const [process, manager] of this.#managers) {
      for (const cookie of this.#cookies) {
        let isOver = false
        void manager
          .handle(new Request('https://shop.example/', { headers: { cookie } }), async (handle) => {
            ;(await handle.write()).update('marks', (marks = []) => [...marks, 'after'])
            return new Response()
          })
          .finally(() => {
            isOver = true
          })
          .catch(() => {})
        await settle()
        if (!isOver) pending.push(`a write of process ${process} after the run`)
      }
    }
    return pending
  }
}

/** N for A, O for B, and so on. */
function letterOfRetry(letter: string): string {
  return String.fromCharCode(letter.charCodeAt(0) + 13)
}

/** Its keys are derived once for all runs. */
function signerOf(make: Core['nodeSigner']): Core['nodeSigner'] {
  const signer = signers.get(make) ?? make([new TextEncoder().encode(SECRET)])
  signers.set(make, signer)
  return () => signer
}

const signers = new Map<Core['nodeSigner'], TokenSigner>()
