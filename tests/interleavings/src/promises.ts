import type { Run, Seen, Told } from './scenario.js'

/** One promise: `undefined` if the run keeps it, else what is wrong. */
interface Pledge {
  readonly promise: string
  /** It holds for sessions that live in their cookies, too, which can't merge. */
  readonly holdsInCookies?: true
  /** And for those of a store that is eventually consistent, in the end, when each place has heard of all. */
  readonly holdsEventually?: true
  broken(run: Run): string | undefined
}

/** What is promised of every run, whoever goes on first. */
export const promises: readonly Pledge[] = [
  {
    promise: 'Each request ends.',
    holdsEventually: true,
    holdsInCookies: true,
    broken: ({ told }) => first(told, ({ answer, began }) => began >= 0 && answer === undefined, 'is never answered'),
  },
  {
    promise: 'Nothing fails but for the store, or the handler itself.',
    holdsEventually: true,
    holdsInCookies: true,
    broken: ({ told, failed }) =>
      first(
        told,
        ({ answer, throws, error }) => answer === 'failed' && !throws && !failed && !isOfTheEnded(told, error),
        'fails without a reason',
      ),
  },
  {
    promise: 'Nothing is left pending.',
    holdsEventually: true,
    holdsInCookies: true,
    broken: ({ pending }) => (pending.length > 0 ? `What is left: ${pending.join(', ')}` : undefined),
  },
  {
    promise: 'Each acknowledged change is there, or was ended by a sign-out.',
    broken: (run) =>
      firstOf(run.told, (request) => {
        if (!request.marked || !isAcknowledged(request)) return undefined
        const homes = sessionsOf(run, request)
        const withIt = homes.filter(({ data }) => data.marks?.includes(request.letter))
        // Each of two sign-ins has a session of its own, made of what it had loaded.
        const isKept = isForked(run) ? withIt.length > 0 : withIt.length === homes.length
        if (homes.length === 0) {
          return isEnded(run) || wasHidden(run, request) ? undefined : 'was acknowledged, and its session is gone'
        }
        return isKept ? undefined : 'was acknowledged, and its change is lost'
      }),
  },
  {
    promise: 'A session that was used in time lives on.',
    broken: (run) =>
      first(
        run.told,
        (request) =>
          mayExpire(run) &&
          request.seen?.isNew === false &&
          isAcknowledged(request) &&
          !isEnded(run) &&
          sessionsOf(run, request).length === 0,
        'has used its session in time, and it is gone',
      ),
  },
  {
    promise: 'What was dropped is told, and had a reason.',
    broken: (run) =>
      first(
        run.told,
        ({ dropped, letter }) =>
          dropped.length > 0 &&
          !mayExpire(run) &&
          !run.told.some((other) => other.letter !== letter && (other.ends || renews(other))),
        'was dropped, although nobody has ended or renewed its session, nor was it over',
      ),
  },
  {
    promise: 'No change is made twice.',
    holdsInCookies: true,
    broken: ({ opens }) => {
      for (const seen of opens.values()) {
        const marks = seen?.data.marks ?? []
        if (new Set(marks).size < marks.length) return `A change is there twice: ${marks.join(', ')}`
      }
      return undefined
    },
  },
  {
    promise: 'What a handler that throws has changed is not there.',
    holdsEventually: true,
    broken: (run) =>
      first(
        run.told,
        ({ throws, saved, marked, letter }) => throws && marked && !saved && allMarks(run).includes(letter),
        'threw, and its change is there',
      ),
  },
  {
    promise: 'What a handler that throws has changed is told of, and nothing else is.',
    holdsEventually: true,
    holdsInCookies: true,
    broken: (run) =>
      first(
        run.told,
        ({ throws, saved, marked, answer, isToldOfThrow }) =>
          isToldOfThrow ? answer !== 'failed' : throws && marked && !saved,
        'was told of what a handler dropped by its throw though it threw nothing, or was not told',
      ),
  },
  {
    promise: 'Of two requests that set one key, the later one wins.',
    broken: (run) =>
      firstOf(run.told, (earlier) => {
        if (!isAcknowledged(earlier)) return undefined
        for (const key of earlier.set) {
          const later = run.told.find(
            (other) => other.set.includes(key) && isAcknowledged(other) && isBefore(run, earlier, other),
          )
          const isLost = (seen: Seen): boolean => seen.data[key as 'left'] === earlier.letter
          if (later && sessionsOf(run, earlier).some(isLost)) return `has set ${key} before ${later.letter}, and won`
          const isThere = (seen: Seen): boolean =>
            run.told.some(({ set, letter }) => set.includes(key) && seen.data[key as 'left'] === letter)
          if (!isForked(run) && sessionsOf(run, earlier).some((seen) => !isThere(seen)))
            return `has set ${key}, and nothing is there`
        }
        return undefined
      }),
  },
  {
    promise: 'A request sees what was acknowledged before it was sent.',
    broken: (run) =>
      firstOf(run.told, (later) => {
        const { seen } = later
        if (seen === undefined || seen.isNew || isForked(run)) return undefined
        const missing = run.told.find(
          (earlier) =>
            earlier.marked &&
            isAcknowledged(earlier) &&
            earlier.browser === later.browser &&
            isBefore(run, earlier, later) &&
            isUpToDate(run, earlier, later) &&
            !seen.data.marks?.includes(earlier.letter),
        )
        return missing && `does not see the change of ${missing.letter}`
      }),
  },
  {
    promise: 'Nothing that was destroyed opens.',
    holdsEventually: true,
    holdsInCookies: true,
    broken: (run) =>
      firstOf(run.told, (request) => {
        if (request.ends === 'own') {
          // A destroy is carried out also where the handler throws.
          const isRepeated = run.told.some(({ retryOf, answer }) => retryOf === request.letter && answer === 'ok')
          if (request.answer !== 'ok' && !isRepeated && !(request.throws && !run.failed)) return undefined
          if (request.seen === undefined || request.seen.isNew) return undefined
          const { id } = request.seen
          const isOpen = isForked(run)
            ? [...run.opens.values()].some((seen) => seen?.id === id)
            : sessionsOf(run, request).length > 0
          return isOpen ? 'has signed out, and the session opens' : undefined
        }
        if (request.answer !== 'ok' || request.ended === undefined) return undefined
        const { ended } = request
        const isOpen = [...run.opens.values()].some((seen) => {
          if (seen === undefined) return false
          if (seen.id === ended) return true
          const owner = ended.split(' but ')[0]
          const by = run.told.find(({ letter }) => letter === seen.data.by)
          const isTheirs = by
            ? by.signedInAs === owner && isBefore(run, by, request)
            : run.scenario.owner === owner && seen.data.origin === 'me'
          return isTheirs && !ended.includes(' but ')
        })
        return isOpen ? `has ended ${run.nameOf(ended)}, and it opens` : undefined
      }),
  },
  {
    promise: 'After a sign-out that was sent when the sign-in was acknowledged, nobody is signed in.',
    holdsInCookies: true,
    broken: (run) =>
      firstOf(run.told, (out) => {
        if (out.ends !== 'own' || out.answer !== 'ok') return undefined
        const ins = run.told.filter(
          ({ signedInAs, began, browser }) => signedInAs !== undefined && began >= 0 && browser === out.browser,
        )
        const isLast = ins.length > 0 && ins.every((one) => one.answer === 'ok' && isBefore(run, one, out))
        const end = run.opens.get(run.last.get(out.browser) as string)
        return isLast && end?.data.user !== undefined ? 'has signed out, and somebody is signed in' : undefined
      }),
  },
  {
    promise: 'An old id never shows what was set after the new one.',
    holdsEventually: true,
    broken: (run) =>
      firstOf(run.told, ({ signedInAs, seen, letter }) => {
        if (signedInAs === undefined || seen === undefined || seen.isNew) return undefined
        const leak = run.writes.find(({ id, record }) => id === seen.id && record.data.includes(`"by":"${letter}"`))
        return leak && `has signed in, and the old id ${run.nameOf(seen.id)} shows it`
      }),
  },
  {
    promise: 'A session of a sign-in is what that request has made of it.',
    broken: (run) =>
      firstOf(run.told, (request) => {
        if (request.signedInAs === undefined || !isAcknowledged(request) || !request.sent) return undefined
        const seen = run.opens.get(request.sent)
        if (seen === undefined) {
          const isReplaced = run.told.some((other) => renews(other) && other.cookie === request.sent)
          return isEnded(run) || isReplaced ? undefined : 'has signed in, and its cookie opens nothing'
        }
        const by = run.told.find(({ letter }) => letter === seen.data.by)
        const isOwn = by === request || by?.cookie === request.sent
        return isOwn && seen.data.user === by?.signedInAs
          ? undefined
          : `has signed in, and its cookie shows ${seen.data.user}`
      }),
  },
  {
    promise: 'Whoever signed in last is signed in, in whatever order the answers arrive.',
    broken: (run) => {
      if (isEnded(run)) return undefined
      const ins = run.told.filter(
        (request) => request.signedInAs !== undefined && isAcknowledged(request) && request.sent,
      )
      return firstOf(ins, (last) => {
        const isLast = ins.every((other) => other === last || isBefore(run, other, last))
        const end = run.opens.get(run.last.get(last.browser) as string)
        if (end?.data.user === undefined)
          return isKnownLimit(run, last) ? undefined : 'has signed in, and nobody is signed in'
        return isLast && end.data.user !== last.signedInAs && !isKnownLimit(run, last)
          ? `has signed in last, and ${end.data.user} is signed in`
          : undefined
      })
    },
  },
  {
    promise: 'Without a sign-out, the browser keeps its session.',
    broken: (run) => {
      if (isEnded(run) || run.scenario.isNew || mayExpire(run)) return undefined
      for (const [browser, cookie] of run.last) {
        if (run.opens.get(cookie) !== undefined) continue
        const renewed = run.told.filter((request) => request.browser === browser && renews(request))
        if (renewed.some((one) => isKnownLimit(run, one))) continue
        return `${browser} has lost its session`
      }
      return undefined
    },
  },
  {
    promise: 'Nobody sees the session of another.',
    holdsEventually: true,
    holdsInCookies: true,
    broken: (run) =>
      firstOf(run.told, (request) => {
        const origin = request.seen?.data.origin
        if (origin !== undefined && origin !== request.browser) return `sees the session of ${origin}`
        const sent = request.sent ? run.opens.get(request.sent) : undefined
        const owner = sent?.data.origin
        return owner !== undefined && owner !== request.browser ? `is sent the session of ${owner}` : undefined
      }),
  },
  {
    promise: 'Two that work alone never do so at once.',
    broken: (run) =>
      firstOf(run.told, (one) => {
        const other = run.told.find(
          ({ busy }) => busy && one.busy && busy !== one.busy && busy[0] < one.busy[1] && one.busy[0] < busy[1],
        )
        return other && `works at the same time as ${other.letter}`
      }),
  },
  {
    promise: 'A lifetime that was shortened is never lengthened by a mere use.',
    broken: (run) =>
      firstOf(run.told, (request) => {
        const { lifetime, seen } = request
        if (lifetime === undefined || !isAcknowledged(request) || seen === undefined) return undefined
        const ids = [seen.id, ...sessionsOf(run, request).map(({ id }) => id)]
        const isLong = run.records.some(
          ({ id, expiresAt }) => ids.includes(id) && expiresAt > run.now + lifetime * 1000,
        )
        return isLong && !isForked(run) ? 'has shortened a lifetime that is long again' : undefined
      }),
  },
  {
    promise: 'A session that no cookie was ever sent for is not left behind, unless the store failed.',
    broken: (run) => {
      if (run.failed) return undefined
      const known = new Set([...run.opens.values()].map((seen) => seen?.id))
      const orphan = run.records.find(({ id, isSession }) => isSession && !known.has(id))
      return orphan && `${run.nameOf(orphan.id)} is left behind`
    },
  },
  {
    promise: 'Everything in the store expires: what opens nothing within half a minute, sessions as they should.',
    broken: (run) => {
      const grace = Math.max(
        30,
        ...run.told.map(({ plan }) => Number(/with (\d+) s of grace/.exec(plan.says)?.[1] ?? 0)),
      )
      const late = run.records.find(
        ({ expiresAt, isSession }) => expiresAt > run.now + (isSession ? 86_400_000 : grace * 1000),
      )
      return late && `${run.nameOf(late.id)} lives too long`
    },
  },
]

/** The first promise that a run breaks, in words. */
export function brokenPromise(run: Run): string | undefined {
  const { store } = run.scenario
  for (const { promise, holdsInCookies, holdsEventually, broken } of promises) {
    if ((store === 'cookie' && !holdsInCookies) || (store === 'eventual' && !holdsEventually)) continue
    const what = broken(run)
    if (what !== undefined) return `${promise}\n${what}`
  }
  return undefined
}

/** The visitor was told that it is done, and the application that nothing was dropped. */
function isAcknowledged({ answer, saved, dropped }: Told): boolean {
  return (answer === 'ok' || saved) && dropped.length === 0
}

function renews({ signedInAs, rotated }: Told): boolean {
  return signedInAs !== undefined || rotated
}

/** Somebody tried to end a session. */
function isEnded({ told }: Run): boolean {
  return told.some(({ ends }) => ends !== undefined)
}

/** The clock moves on, past the session's end unless it is used before. */
function mayExpire({ scenario }: Run): boolean {
  return scenario.clock !== undefined
}

/** Two requests gave one session a new id each. */
function isForked({ told }: Run): boolean {
  return told.filter(renews).length > 1
}

/** What is left of the session that a request had: under any cookie that was ever sent. */
function sessionsOf(run: Run, { seen, sent, browser, cookie: came }: Told): Seen[] {
  const all = new Map([...run.opens].flatMap(([cookie, opened]) => (opened ? [[opened.id, { cookie, opened }]] : [])))
  return [...all.values()]
    .filter(({ cookie, opened }) => {
      if (seen?.isNew) return cookie === sent
      return seen && seen.data.origin === undefined ? cookie === came : opened.data.origin === browser
    })
    .map(({ opened }) => opened)
}

/** A new session whose cookie was overwritten by that of another answer, or never sent. */
function wasHidden(_run: Run, { seen, sent }: Told): boolean {
  return seen?.isNew === true && sent === undefined
}

/** Whether one was answered before the other was sent, in this run or in one that comes to the same. */
function isBefore(run: Run, earlier: Told, later: Told): boolean {
  if (earlier === later || earlier.arrived < 0 || later.began < 0) return false
  return run.order.canPrecede(earlier.arrived, later.began)
}

/** Whether `later` came with a cookie that leads to what `earlier` changed. */
function isUpToDate(run: Run, earlier: Told, later: Told): boolean {
  if (earlier.seen?.isNew) return later.cookie === earlier.sent
  // In another process, a near copy may be served for a while.
  return run.scenario.store !== 'cached' || (earlier.plan.process ?? 0) === (later.plan.process ?? 0)
}

/** All changes that are in any session. */
function allMarks({ opens }: Run): string[] {
  return [...opens.values()].flatMap((seen) => seen?.data.marks ?? [])
}

/**
 * What no server can help: an answer with the cookie of before that was decided when the new id was not there yet, and
 * arrives after the one that brings it. It was decided before in every run that comes to the same.
 */
function isKnownLimit(run: Run, renewed: Told): boolean {
  const end = run.last.get(renewed.browser)
  const sender = run.told.filter(({ sent }) => sent === end).at(-1)
  if (sender === undefined || sender === renewed) return false
  const marker = run.writes.find(({ by, record }) => by === sender.letter && record.data === '')
  const decided = marker?.step ?? sender.lastCall
  return renewed.lastCall >= 0 && !run.order.canPrecede(renewed.lastCall, decided)
}

/** Only who works alone is told by an error that the session has ended meanwhile. */
function isOfTheEnded(told: readonly Told[], error: unknown): boolean {
  return error instanceof Error && error.name === 'SessionDestroyedError' && told.some((one) => one.ends || renews(one))
}

function first(told: readonly Told[], is: (request: Told) => boolean, what: string): string | undefined {
  return firstOf(told, (request) => (is(request) ? what : undefined))
}

function firstOf(told: readonly Told[], what: (request: Told) => string | undefined): string | undefined {
  for (const request of told) {
    const words = what(request)
    if (words !== undefined) return `${request.letter} ${words}`
  }
  return undefined
}
