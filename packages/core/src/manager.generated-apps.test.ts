import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Notes,
  type Owned,
  serve,
  type Visit,
  type Visitor,
  visitors,
  visits,
  World,
} from './testing/generated-apps.js'
import { randomToken } from './testing/sign.js'

/** More with `GENERATED_APPS=20000`, where there is an environment. */
const runs: number = Number(
  (globalThis as { process?: { env?: Record<string, string> } }).process?.env?.GENERATED_APPS ?? 300,
)

/** What the browser of a visitor has to open: signed in, not, or nobody can know, since an event told of a lost cookie. */
type Expected = 'signed in' | 'signed out' | 'unknown'

class Browser {
  readonly visitor: Visitor
  readonly cookies: Map<string, string> = new Map()
  /** What it was once told to keep under the session's name, and then something else, or to forget. */
  readonly former: Set<string> = new Set()
  expected: Expected = 'signed out'
  constructor(visitor: Visitor) {
    this.visitor = visitor
  }
  get cookie(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  }
  keep(lines: readonly string[]): void {
    for (const line of lines) {
      const [, name = '', value = ''] = line.match(/^([^=]+)=([^;]*)/) ?? []
      const before = this.cookies.get(name)
      if (name === SESSION && before !== undefined && before !== value) this.former.add(before)
      if (line.includes('Max-Age=0')) this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
  }
}

const SESSION = '__Host-sid'

/** The `Cookie` header of a visit, with what does not belong there. */
async function headerOf(world: World, { cookie, cookies, former }: Browser, { stray }: Visit): Promise<string> {
  const lines = (values: readonly string[]): string[] => values.map((value) => `${SESSION}=${value}`)
  const join = (...parts: string[]): string => parts.filter((part) => part !== '').join('; ')
  if (stray === 'forged before') return join(...lines([`${randomToken()}.${randomToken()}`]), cookie)
  if (stray === 'twice') return join(cookie, ...lines([cookies.get(SESSION) ?? 'x']))
  // A session that lives in its cookie lives in each that there was.
  if (stray === 'nothing' || !world.hasStore) return cookie
  const dead: string[] = []
  for (const line of lines([...former])) if ((await world.sessions.read(line)).isNew) dead.push(line)
  return stray === 'dead before' ? join(...dead, cookie) : join(cookie, ...dead)
}

/** At which layer an error of the innermost one ends; -1: it gets out. */
const caughtAt = ({ layers }: Visit): number => layers.map(({ catches }) => catches).lastIndexOf(true)

/** The layer that commits what this one does: the outermost that has the same Request. */
function committingLayer({ layers }: Visit, at: number): number {
  let committing = at
  for (let i = at; i > 0 && layers[i]?.request === 'same'; i--) {
    if (layers[i - 1]?.manager === 'sessions') committing = i - 1
  }
  return committing
}

/** What has to come of one request, of which these notes were taken. */
function expectedOf(
  world: World,
  visit: Visit,
  { done, signedIn }: Notes,
  isFailing: boolean,
  before: Expected,
): Expected {
  const auth = done.find(({ op }) => op === 'sign-in' || op === 'sign-out')
  if (auth === undefined) return before
  const fails = visit.end === 'thrown 503' || (visit.end === 'error' && isFailing)
  const isCommitted = !fails || caughtAt(visit) >= committingLayer(visit, auth.at)
  const isUnsent = [...signedIn].some((id) => world.unsent.has(id)) || (auth.op === 'sign-out' && world.unsent.size > 0)
  if (auth.op === 'sign-out') return world.hasStore || (isCommitted && !isUnsent) ? 'signed out' : 'unknown'
  if (isCommitted) return isUnsent ? 'unknown' : 'signed in'
  return done.some(({ op }, i) => op === 'save' && i > done.indexOf(auth)) ? 'unknown' : before
}

/** A request that was answered, or came to nothing. */
interface Served {
  readonly visit: Visit
  readonly notes: Notes
  readonly isFailing: boolean
}

const hasAuthentication = ({ notes }: Served): boolean =>
  notes.done.some(({ op }) => op === 'sign-in' || op === 'sign-out')

/** What has to come of requests that one visitor sent at once. `wasOpen`: whether there was a session before. */
function expectedOfAll(world: World, served: readonly Served[], wasOpen: boolean, before: Expected): Expected {
  const visits = new Set(served.filter(hasAuthentication).map(({ visit }) => visit))
  if (visits.size === 0) return before
  const isOne = new Set(served.map(({ visit }) => visit)).size === 1
  // The browser keeps the cookie that comes last, which may be that of another new session.
  if (!isOne && (visits.size > 1 || !world.hasStore || !wasOpen)) return 'unknown'
  return served
    .filter(({ visit }) => visits.has(visit))
    .reduce((expected, { visit, notes, isFailing }) => expectedOf(world, visit, notes, isFailing, expected), before)
}

/** Runs all visits, those of one visitor one after another or two at once, and those of several at once. */
async function run(
  world: World,
  all: Visit[],
  scheduler: fc.Scheduler,
  afterEach?: (response: Response, visit: Visit) => void,
): Promise<void> {
  const owners = new Map<string, Visitor>()
  const once = async (
    browser: Browser,
    visit: Visit,
    request: Request,
    isFailing: boolean,
  ): Promise<{ isThrown: boolean; served: Served }> => {
    const notes: Notes = { shown: new Set(), signedIn: new Set(), done: [] }
    const pause = (): Promise<void> => scheduler.schedule(Promise.resolve())
    let outcome: unknown
    try {
      outcome = await serve(world, visit, request, { isFailing, pause, notes })
    } catch (error) {
      if (!(error instanceof Response) && (error as Error).message !== 'thrown by the handler') throw error
      outcome = error
    }
    expect([...notes.shown].filter((who) => who !== visit.visitor)).toEqual([])
    if (outcome instanceof Response) {
      const lines = outcome.headers.getSetCookie()
      if (visit.layers.length === 0) expect(lines).toEqual([])
      browser.keep(lines)
      afterEach?.(outcome, visit)
      // Of a constant, somebody else may have read it.
      if (visit.isRead) await outcome.text().catch(() => {})
    }
    return { isThrown: !(outcome instanceof Response), served: { visit, notes, isFailing } }
  }
  const send = async (browser: Browser, visit: Visit, cookie: string): Promise<Served[]> => {
    await scheduler.schedule(Promise.resolve())
    const request = new Request('https://example.com/', { headers: { cookie } })
    const first = await once(browser, visit, request, true)
    if (!first.isThrown || !visit.isRetried) return [first.served]
    return [first.served, (await once(browser, visit, request, false)).served]
  }
  const check = async (browser: Browser): Promise<void> => {
    const { visitor, cookies, cookie } = browser
    for (const value of cookies.values()) {
      expect(owners.get(value) ?? visitor).toBe(visitor)
      owners.set(value, visitor)
    }
    for (const manager of [world.sessions, world.carts]) {
      const { who = visitor }: Partial<Owned> = (await manager.read(cookie)).toJSON()
      expect(who).toBe(visitor)
    }
    const session = await world.sessions.read(cookie)
    const { user } = session.toJSON()
    // An event has told that a newer cookie of this session could not be sent.
    if (world.unsent.has(session.id)) browser.expected = 'unknown'
    if (browser.expected !== 'unknown') expect(user === undefined ? 'signed out' : 'signed in').toBe(browser.expected)
  }
  const visitInOrder = async (visitor: Visitor): Promise<void> => {
    const browser = new Browser(visitor)
    const own = all.filter((visit) => visit.visitor === visitor)
    for (let at = 0; at < own.length; ) {
      const atOnce = own.slice(at, at + (own[at]?.isBesideNext ? 2 : 1))
      at += atOnce.length
      const wasOpen = !(await world.sessions.read(browser.cookie)).isNew
      const headers = await Promise.all(atOnce.map((visit) => headerOf(world, browser, visit)))
      const served = await Promise.all(atOnce.map((visit, index) => send(browser, visit, headers[index] as string)))
      browser.expected = expectedOfAll(world, served.flat(), wasOpen, browser.expected)
      await check(browser)
    }
  }
  await scheduler.waitFor(Promise.all(visitors.map(visitInOrder)))
}

describe.each(['memory', 'cookie'] as const)('in generated applications, with sessions in the %s store,', (store) => {
  it('no cookie reaches another visitor, none is shown another’s session, and no sign-in or sign-out is lost', async () => {
    await fc.assert(
      fc.asyncProperty(visits, fc.scheduler(), (all, scheduler) => run(new World(store), all, scheduler)),
      { numRuns: runs },
    )
  }, 600_000)

  it('it would be noticed if a cookie were put on the handler’s own object', async () => {
    const details = await fc.check(
      fc.asyncProperty(visits, fc.scheduler(), (all, scheduler) => {
        const world = new World(store)
        return run(world, all, scheduler, (response, { answer }) => {
          const own = world.answers[answer]()
          for (const line of response.headers.getSetCookie()) {
            try {
              own.headers.append('Set-Cookie', line)
            } catch {}
          }
        })
      }),
      { numRuns: 300, endOnFailure: true },
    )
    expect(details.failed).toBe(true)
  }, 600_000)
})
