import type { Fault } from './plant.js'

export interface Planted extends Fault {
  readonly name: string
  /** The scenario in which it is found. */
  readonly scenario: string
  /** How many calls of the store may fail meanwhile. Default none. */
  readonly failures?: number
}

/** Faults that somebody could make in core, or in a store. */
export const planted: readonly Planted[] = [
  {
    name: 'a touch that does not look at the version',
    file: 'store/memory-store.ts',
    right: 'if (entry === undefined || entry.version !== version) return false',
    wrong: 'if (entry === undefined) return false',
    scenario: 'a shorter lifetime beside a use that is due',
  },
  {
    name: 'an update that does not look at the version',
    file: 'store/memory-store.ts',
    right: 'if (entry?.version !== record.version - 1) return false',
    wrong: 'if (entry === undefined) return false',
    scenario: 'two updates, two processes',
  },
  {
    name: 'a regenerate that deletes the old record before it makes the new one',
    file: 'commit/regenerate.ts',
    right: '  let session = build(sealed.content, 1)',
    wrong: '  await old.store.delete(old.id)\n  let session = build(sealed.content, 1)',
    scenario: 'a sign-in beside an update, two processes',
  },
  {
    name: 'a regenerate that deletes the old record, and leaves no marker',
    file: 'commit/regenerate.ts',
    right: 'return Boolean(await store.update(id, markerOf(context, record, successor, grace)))',
    wrong: 'return Boolean(await store.delete(id))',
    scenario: 'a sign-in beside an update, two processes',
  },
  {
    name: 'a regenerate that forgets what others have stored meanwhile',
    file: 'commit/regenerate.ts',
    right: 'build(await merge(sealed.changes, newest.content, context.serializer), session.record.version + 1)',
    wrong: 'build(sealed.content, session.record.version + 1)',
    scenario: 'a sign-in beside an update, two processes',
  },
  {
    name: 'a regenerate that does not take back the new record of a session that is gone',
    file: 'commit/regenerate.ts',
    right: "        await takeBack()\n        return { is: 'gone' }",
    wrong: "        return { is: 'gone' }",
    scenario: 'a sign-out beside a sign-in, two processes',
  },
  {
    name: 'a regenerate that takes a lost answer for a failure',
    file: 'commit/regenerate.ts',
    right: "if (found?.is === 'superseded' && found.successor.id === successor.id) return true",
    wrong: '',
    scenario: 'a sign-in beside an update, two processes',
    failures: 1,
  },
  {
    name: 'a rotation that sends its cookie over that of a sign-in',
    file: 'commit/regenerate.ts',
    right: 'if (known === undefined) {',
    wrong: 'if (false) {',
    scenario: 'a rotation beside a sign-in',
  },
  {
    name: 'a sign-in that leaves a rotated id behind, to which the old cookie leads',
    file: 'commit/regenerate.ts',
    right: `if (!leadsOn(context, found.successor)) {
          if (lock === undefined && (await livesOn(context, old, found.successor)))
            return`,
    wrong: '{ if (true) return',
    scenario: 'a rotation beside a sign-in and an update',
  },
  {
    name: 'a failed request that sends the cookie of an id it only followed to',
    file: 'request/request-session.ts',
    right: "what === 'all' || state.isSaved ||",
    wrong: 'true ||',
    scenario: 'a rotation beside a sign-in and an update',
    failures: 1,
  },
  {
    name: 'a queue that forgets a failure',
    file: 'commit/write-queue.ts',
    right: "for (const { settle } of batch) settle({ is: 'failed', error })",
    wrong: 'void error',
    scenario: 'two updates',
    failures: 1,
  },
  {
    name: 'a queue that is never left',
    file: 'commit/write-queue.ts',
    right: 'if (first === undefined) this.#close(id, queue)',
    wrong: 'if (first === undefined) return',
    scenario: 'two updates',
  },
  {
    name: 'a queue that makes the first change of a batch twice',
    file: 'commit/compare-and-set.ts',
    right: 'isFirstReady ? 1 : 0, content',
    wrong: '0, content',
    scenario: 'three updates',
  },
  {
    name: 'an update that brings back what is gone',
    file: 'commit/compare-and-set.ts',
    right: 'andThen(store.update(id, session.record), (isWritten) =>',
    wrong:
      'andThen(andThen(store.update(id, session.record), async (is) => is || store.create(id, session.record)), (isWritten) =>',
    scenario: 'a sign-out beside an update, two processes',
  },
  {
    name: 'a change that is dropped without a word',
    file: 'commit/commit.ts',
    right: '        state.stored = unstored(context)\n        emit?.(',
    wrong: '        state.stored = unstored(context)\n        void (',
    scenario: 'a sign-in beside an update, two processes',
  },
  {
    name: 'a request that came with the old cookie and starts a new session',
    file: 'request/load.ts',
    right: "if (followed === undefined) return 'superseded'",
    wrong: "if (followed === undefined) return 'none'",
    scenario: 'a sign-in beside an update, two processes',
  },
  {
    name: 'a sign-out that deletes whatever is under the id',
    file: 'commit/end-session.ts',
    right: 'if (!context.format.isShared) return',
    wrong: 'return',
    scenario: 'a sign-out beside a sign-in, two processes',
  },
  {
    name: 'a sign-out that does not end what took over',
    file: 'commit/end-session.ts',
    right: 'target = found.successor.id\n    } else',
    wrong: "return 'gone'\n    } else",
    scenario: 'a sign-out beside a sign-in, two processes',
  },
  {
    name: 'a sign-out that relies on another one, which fails',
    file: 'commit/end-session.ts',
    right: "if (found.is === 'session' || found.is === 'ended') {",
    wrong: "if (found.is === 'ended') {\n      return 'gone'\n    } else if (found.is === 'session') {",
    scenario: 'two sign-outs',
    failures: 1,
  },
  {
    name: 'a sign-out that relies on one that it finds under way, which fails',
    file: 'request/load.ts',
    right: 'return { identity, record: found.record }',
    wrong: "return 'superseded'",
    scenario: 'two sign-outs beside a sign-in',
    failures: 1,
  },
  {
    name: 'a sign-out that fails, and takes the cookie away',
    file: 'request/request-cookies.ts',
    right: "!(state.isNew && state.ending === undefined) && state.cookie !== 'due'",
    wrong: 'false',
    scenario: 'a sign-out, sent again',
    failures: 1,
  },
  {
    name: 'a handler that throws, and whose changes are saved',
    file: 'request/request-session.ts',
    right: "what === 'sign-out' && this.signOutAnyway(state)",
    wrong: 'this.#saveLast(state, inner)',
    scenario: 'an update beside a handler that throws',
  },
  {
    name: 'a lock that holds nobody off',
    file: 'commit/session-lock.ts',
    right: 'if (held === undefined || held.until <= now) {',
    wrong: '{',
    scenario: 'two that work alone',
  },
  {
    name: 'a touch that is not decided again',
    file: 'commit/commit.ts',
    right:
      "    return andThen(reload(context, identity), (found): Awaitable<Outcome> => {\n      if (found.is === 'superseded') return found",
    wrong:
      "    return andThen(reload(context, identity), (found): Awaitable<Outcome> => {\n      if (found.is === 'session') return andThen(identity.store.touch(identity.id, expiresAt, found.session.record.version), () => ({ is: 'stored', session }))",
    scenario: 'a shorter lifetime beside a use that is due',
  },
  {
    name: 'a session that is over and is deleted, whoever has extended it',
    file: 'commit/end-session.ts',
    right: '!isAtomic || store.update(id, closed)',
    wrong: 'true',
    scenario: 'a session that is over in a second, an update beside a read',
  },
  {
    name: 'a use that is noted at the last moment, and leaves the version as it is',
    file: 'commit/commit.ts',
    right: ' &&\n    stored.expiresAt - context.now() >= lifetime.idleTimeout * 100',
    wrong: '',
    scenario: 'a session that is over in a second, two reads',
  },
  {
    name: 'a sign-out that relies on a comparison of a store that can’t compare',
    file: 'commit/end-session.ts',
    right: '(context.isAtomic && loaded) || (await reload(context, { id, store }))',
    wrong:
      "loaded ?? (await reload(context, { id, store }))\n  if (!context.isAtomic && loaded?.is === 'session' && (await store.load(id))?.version !== loaded.session.record.version) return 'gone'",
    scenario: 'eventual: a sign-out beside an update',
  },
]
