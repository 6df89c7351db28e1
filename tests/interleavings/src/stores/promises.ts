import {
  begun,
  ends,
  first,
  firstOf,
  isUsable,
  nameOf,
  opens,
  succeeds,
  wasOwnedAllTheTime,
  wasOwnedBefore,
  wasThere,
} from './questions.js'
import type { StoreRun } from './run.js'

/** One promise: `undefined` if the run keeps it, else what is wrong. */
export interface StorePledge {
  readonly promise: string
  broken(run: StoreRun): string | undefined
}

/** Of every store here, whoever goes on first, whatever fails, whoever dies. */
const always: readonly StorePledge[] = [
  {
    promise: 'Each call ends, unless its process dies.',
    broken: ({ calls, dead }) =>
      first(calls, ({ ended, by }) => ended === undefined && !dead.includes(by), 'never ends'),
  },
  {
    promise: 'No call fails unless a command has failed.',
    broken: ({ calls, hasFailed }) => first(calls, ({ failure }) => failure !== undefined && !hasFailed, 'fails'),
  },
  {
    promise: 'What is kept expires, also after a crash: a session in time, whatever else there is within a while.',
    broken: ({ kept, now }) => {
      const late = kept.find(({ expiresAt }) => expiresAt === undefined || expiresAt > now + LONGEST)
      return late && `${late.key} stays`
    },
  },
]

const HOUR = 3_600_000
/** Milliseconds. A record of the scenarios lives for 30 hours at most, its entry in an index ten times as long. */
const LONGEST = 310 * HOUR

/** Of a store that compares and sets. */
const atomic: readonly StorePledge[] = [
  {
    promise: 'A creation never overwrites.',
    broken: (run) =>
      first(
        run.calls,
        ({ method, of, answer }) => method === 'create' && answer === true && wasThere(run, of),
        'wrote over what was there',
      ) ??
      firstOf(run.calls, (one) => {
        if (one.method !== 'create' || one.answer !== true) return undefined
        const other = run.calls.find(
          (other) => other !== one && other.method === 'create' && other.of === one.of && other.answer === true,
        )
        const isGone = run.calls.some(({ method, of }) => method === 'delete' && of === one.of)
        return other && !isGone ? `has created what ${other.by} has created` : undefined
      }),
  },
  {
    promise: 'Of the updates of one version, one wins.',
    broken: ({ calls }) =>
      firstOf(calls, (one) => {
        if (one.method !== 'update' || one.answer !== true) return undefined
        const other = calls.find(
          (other) =>
            other !== one &&
            other.method === 'update' &&
            other.answer === true &&
            other.of === one.of &&
            other.record?.version === one.record?.version,
        )
        return other && `has won, and so has ${other.by}`
      }),
  },
  {
    promise: 'What was acknowledged is there, unless it was replaced or ended.',
    broken: (run) =>
      firstOf(run.calls, ({ method, of, answer, record }) => {
        if (answer !== true || record === undefined) return undefined
        const found = run.records.get(of)
        if (found === undefined) {
          const isEnded = run.calls.some((other) => ends(other, of))
          return isEnded ? undefined : `has written ${nameOf(of)}, and it is gone`
        }
        const isReplaced = found.version > record.version
        const isSame = found.version === record.version && found.data === record.data && found.owner === record.owner
        return isReplaced || isSame ? undefined : `did ${method} ${nameOf(of)}, and something else is there`
      }),
  },
  {
    promise: 'A session moves its expiry as the last touch of its version said, or stays as it was.',
    broken: (run) =>
      firstOf([...run.records], ([id, { expiresAt, version }]) => {
        const said = run.calls.flatMap(({ of, record, touched }) =>
          of === id && (record?.version === version || touched?.version === version)
            ? [(record ?? touched)?.expiresAt as number]
            : [],
        )
        if (version === 1 && wasThere(run, id)) said.push(run.start + HOUR)
        return said.includes(expiresAt) ? undefined : `${nameOf(id)} has an expiry that nobody gave it`
      }),
  },
  {
    promise: 'What was deleted stays deleted: no update, no touch brings it back.',
    broken: (run) =>
      firstOf(run.calls, (deletion) => {
        if (deletion.method !== 'delete' || deletion.ended === undefined || deletion.failure !== undefined)
          return undefined
        const isMadeAnew = run.calls.some(({ method, of }) => method === 'create' && of === deletion.of)
        if (
          isMadeAnew &&
          !run.calls.some(
            ({ method, of, ended = Infinity }) =>
              method === 'create' && of === deletion.of && ended <= begun(run, deletion),
          )
        )
          return undefined
        if (run.records.has(deletion.of)) return `has deleted ${nameOf(deletion.of)}, and it is there`
        const late = run.calls.find(
          (other) =>
            other.of === deletion.of &&
            other.method === 'load' &&
            other.answer !== undefined &&
            begun(run, other) >= (deletion.ended as number),
        )
        return late && `has deleted ${nameOf(deletion.of)}, and ${late.by} loads it`
      }),
  },
]

/** Of a store with an owner index that is apart from the sessions: what is in it may be more, never less. */
const indexed: readonly StorePledge[] = [
  {
    promise: 'A session that a visitor can use is in the list of its owner.',
    broken: (run) =>
      firstOf([...run.records], ([id, { owner }]) =>
        owner !== undefined && isUsable(run, id) && !run.listed.get(owner)?.includes(id)
          ? `${nameOf(id)} is missing in the list of ${owner}`
          : undefined,
      ),
  },
  {
    promise: 'It stays there as long as it lives.',
    broken: (run) =>
      firstOf([...run.records], ([id, { owner }]) =>
        owner !== undefined && isUsable(run, id) && !run.listedLater.get(id)?.includes(id)
          ? `${nameOf(id)} leaves the list of ${owner} before it is over`
          : undefined,
      ),
  },
  {
    promise: 'What a crash has left out of the list is there after the next use.',
    broken: (run) =>
      firstOf([...run.records], ([id, { owner }]) =>
        owner !== undefined && !run.listedMended.get(owner)?.includes(id)
          ? `${nameOf(id)} was used, and is missing in the list of ${owner}`
          : undefined,
      ),
  },
  {
    promise: 'A list has nothing that is gone, or another’s.',
    broken: (run) =>
      firstOf([...run.listed], ([owner, ids]) => {
        const wrong = ids.find((id) => run.records.get(id)?.owner !== owner)
        return wrong && `${nameOf(wrong)} is in the list of ${owner}`
      }),
  },
  {
    promise: 'A list has each session once.',
    broken: (run) =>
      firstOf([...run.listed], ([owner, ids]) =>
        new Set(ids).size < ids.length ? `the list of ${owner} has one twice` : undefined,
      ),
  },
  {
    promise: 'Who lists while others write sees what was there before and is there after.',
    broken: (run) =>
      firstOf(run.calls, (list) => {
        if (list.method !== 'listByOwner' || !Array.isArray(list.answer)) return undefined
        const seen = (list.answer as { id: string }[]).map(({ id }) => id)
        const missing = [...run.records].find(
          ([id, { owner }]) => owner === list.of && wasOwnedAllTheTime(run, id, list.of, list) && !seen.includes(id),
        )
        if (missing) return `lists ${list.of}, and ${nameOf(missing[0])} is missing`
        const dead = seen.find((id) =>
          run.calls.some(
            (other) =>
              other.method === 'delete' &&
              other.of === id &&
              other.answer === true &&
              (other.ended ?? Infinity) <= begun(run, list),
          ),
        )
        return dead && `lists ${nameOf(dead)}, which was deleted before`
      }),
  },
  {
    promise: 'A sign-out everywhere ends all that was there before, and what it is given a new id meanwhile.',
    broken: (run) =>
      firstOf(run.calls, (all) => {
        if (all.method !== 'deleteByOwner' || all.failure !== undefined || all.ended === undefined) return undefined
        const left = [...run.records].find(
          ([id, { owner }]) =>
            owner === all.of && id !== all.except && (wasOwnedBefore(run, id, owner, all) || succeeds(run, id, all)),
        )
        return left && `has ended all of ${all.of}, and ${nameOf(left[0])} is there`
      }),
  },
  {
    promise: 'It spares whom it should.',
    broken: (run) =>
      firstOf(run.calls, ({ method, except, by }) => {
        if (method !== 'deleteByOwner' || except === undefined || run.records.has(except)) return undefined
        const isEnded = run.calls.some((other) => other.by !== by && ends(other, except))
        return isEnded ? undefined : `has ended ${nameOf(except)}`
      }),
  },
]

/** Workers KV: eventually consistent, and nothing is compared. Of the end, when each location has heard of all. */
export const promisesOfWorkersKv: readonly StorePledge[] = [
  ...always.slice(0, 2),
  {
    promise: 'What is kept expires: the note of a sign-out last, after 401 days.',
    broken: ({ kept, now }) => {
      const late = kept.find(
        ({ key, expiresAt = Infinity }) => expiresAt > now + (key.startsWith('ended') ? 401 * 24 * HOUR : LONGEST),
      )
      return late && `${late.key} stays`
    },
  },
  {
    promise: 'A sign-out holds, whatever was read and written elsewhere before it was heard of.',
    broken: (run) =>
      firstOf(run.calls, ({ method, of, ended, failure }) => {
        const isDone = method === 'delete' && ended !== undefined && failure === undefined
        return isDone && opens(run, of) ? `has deleted ${nameOf(of)}, and it is there` : undefined
      }),
  },
  {
    promise: 'A sign-out holds as well if only the deletion after its note failed.',
    broken: (run) =>
      firstOf(run.calls, ({ method, of, by }) => {
        const isNoted = run.steps.some(
          (step) => step.by === by && step.said.startsWith(`puts ended ${nameOf(of)} → done`),
        )
        return method === 'delete' && isNoted && opens(run, of) ? `has noted the end of ${nameOf(of)}` : undefined
      }),
  },
  {
    promise: 'A use undoes no change.',
    broken: (run) =>
      firstOf(run.calls, ({ method, of, answer, record }) => {
        const isOnly = run.calls.every(
          (other) => other.of !== of || ['load', 'touch'].includes(other.method) || other.record === record,
        )
        const isLong = run.calls.some(
          ({ touched }) => touched !== undefined && touched.expiresAt > run.start + 9 * HOUR,
        )
        if (method !== 'update' || answer !== true || !isOnly || isLong) return undefined
        return run.records.get(of)?.data === record?.data ? undefined : `has changed ${nameOf(of)}, and that is undone`
      }),
  },
  {
    promise: 'What is there was written so by one of them, as a whole.',
    broken: (run) =>
      firstOf([...run.records], ([id, found]) => {
        const isOfBefore = found.version === 1 && wasThere(run, id)
        const isWritten = run.calls.some(
          ({ of, record }) => of === id && record?.version === found.version && record.data === found.data,
        )
        return isOfBefore || isWritten ? undefined : `${nameOf(id)} is as nobody has written it`
      }),
  },
  {
    promise: 'An old id opens nothing.',
    broken: (run) =>
      firstOf(run.calls, ({ method, of, answer, record }) => {
        if (method !== 'update' || answer !== true || record?.data !== '') return undefined
        return opens(run, of) ? `has replaced ${nameOf(of)}, and it opens` : undefined
      }),
  },
  {
    promise: 'A new session is there at once.',
    broken: (run) =>
      firstOf(run.calls, ({ method, of, answer }) => {
        const isEnded = run.calls.some((other) => ends(other, of))
        return method === 'create' && answer === true && !isEnded && !run.records.has(of)
          ? `${nameOf(of)} is gone`
          : undefined
      }),
  },
]

/** Redis: sessions and indexes are on different servers of a cluster, and a script reaches one of them. */
export const promisesOfRedis: readonly StorePledge[] = [...always, ...atomic, ...indexed]

/** Durable Objects: each session is an object, and so is each owner’s index. */
export const promisesOfDurableObjects: readonly StorePledge[] = [
  ...always,
  ...atomic,
  ...indexed,
  {
    promise: 'A crash leaves an entry without a session, never a session without an entry.',
    broken: (run) =>
      firstOf([...run.records], ([id, { owner }]) =>
        owner !== undefined && !run.listed.get(owner)?.includes(id) ? `${nameOf(id)} has no entry` : undefined,
      ),
  },
]

/** Deno KV: a session and its entry are written together. */
export const promisesOfDenoKv: readonly StorePledge[] = [
  ...always,
  ...atomic,
  ...indexed,
  {
    promise: 'The index is always right, after a crash as well.',
    broken: (run) => {
      const sessions = [...run.records]
        .filter(([, { owner }]) => owner !== undefined)
        .map(([id, { owner }]) => `owner ${owner} ${nameOf(id)}`)
      const entries = run.kept.flatMap(({ key }) => (key.startsWith('owner ') ? [key] : []))
      const wrong = [
        ...entries.filter((key) => !sessions.includes(key)),
        ...sessions.filter((key) => !entries.includes(key)),
      ]
      return wrong.length > 0 ? `wrong in the index: ${wrong.join(', ')}` : undefined
    },
  },
  {
    promise: 'An entry of the index shows what its session does, and is over with it.',
    broken: (run) => {
      const ends = new Map(run.kept.map(({ key, expiresAt }) => [key, expiresAt]))
      const wrong = run.kept.find(({ key, expiresAt }) => {
        const [, , letter] = key.split(' ')
        return key.startsWith('owner ') && ends.get(`session ${letter}`) !== expiresAt
      })
      return wrong && `${wrong.key} is over at another time than its session`
    },
  },
]

/** The first promise that a run breaks, in words. */
export function brokenPromiseOf(promises: readonly StorePledge[], run: StoreRun): string | undefined {
  for (const { promise, broken } of promises) {
    const what = broken(run)
    if (what !== undefined) return `${promise}\n${what}`
  }
  return undefined
}
