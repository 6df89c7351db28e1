import { CommitQueue } from './commit-queue.js'
import type { PersistencePolicy, SessionContext } from './context.js'
import { SessionConflictError } from './errors.js'
import { expiryWhenUsed, formatMeta, isCookieDue, isTouchDue } from './lifetime.js'
import type { SessionState } from './session-state.js'
import { applyAll, type PendingWrite, reload, writeShared } from './shared-write.js'
import { callStore } from './store-call.js'
import type { StoredSession } from './stored-session.js'

/** What a save does in the store; named as the event that tells of it. */
type StoreAction = 'created' | 'saved' | 'regenerated' | 'touched' | 'destroyed'

/** Makes the store agree with what a request did to its session. */
export class Persistence {
  readonly #context: SessionContext
  readonly #queue: CommitQueue<PendingWrite, StoredSession> = new CommitQueue()

  constructor(context: SessionContext) {
    this.#context = context
  }

  /** @throws SessionError if it could not be stored; what is to be stored is then still there to be saved again */
  async save(state: SessionState, policy: PersistencePolicy = this.#context.persistence): Promise<void> {
    const type = this.#decide(state, policy)
    if (type === undefined) return
    const { emit, carrier } = this.#context
    const { identity, stored: before } = state
    const previousId = identity.id
    const started = performance.now()
    const stored = await this.#carryOut(type, state)
    if (stored === undefined) {
      state.end()
      if (!state.isDestroyed) return emit({ type: 'dropped', id: previousId, reason: 'gone' })
    } else {
      state.stored = stored
      state.regenerates = false
      state.isCookieDue ||=
        identity !== state.identity ||
        identity.stale ||
        carrier.store === undefined ||
        before.record.version === 0 ||
        before.record.meta !== stored.record.meta ||
        (stored.lifetime.persistent && isCookieDue(before.record, stored.record, stored.lifetime))
    }
    const event = { id: state.identity.id, duration: performance.now() - started }
    emit(type === 'regenerated' ? { type, previousId, ...event } : { type, ...event })
  }

  /** What has to be done, from the state alone. */
  #decide(state: SessionState, policy: PersistencePolicy): StoreAction | undefined {
    const { stored, draft } = state
    if (state.isGone) return undefined
    if (state.isNew) {
      const isEmpty = draft.values.size === 0 && draft.owner === undefined && policy !== 'always'
      return isEmpty || state.isDestroyed || state.isLate ? undefined : 'created'
    }
    if (state.isDestroyed) return 'destroyed'
    if (state.regenerates) return 'regenerated'
    if (draft.hasChanges()) return 'saved'
    const { record, expiresAt, lifetime, own } = stored
    if (policy === 'changed' && !isTouchDue(this.#context.now(), record.createdAt, expiresAt, lifetime))
      return undefined
    // A touch leaves the notes alone, and the expiry must agree with the idle timeout that is noted.
    return record.meta === formatMeta(lifetime, own) ? 'touched' : 'saved'
  }

  /** What is stored then; `undefined` if the record is gone, and with it what was to be stored. */
  #carryOut(action: StoreAction, state: SessionState): Promise<StoredSession | undefined> {
    const { identity } = state
    switch (action) {
      case 'created':
        return this.#write(state, false, (write) => this.#create(state, write, write.base))
      case 'saved':
        return this.#write(state, false, (write) =>
          // What a cookie holds is nobody else's, so there is nobody to queue up with.
          this.#context.carrier.store === undefined
            ? writeShared(this.#context, identity, [write])
            : this.#queue.submit(identity.id, write, (batch, newest) =>
                writeShared(this.#context, identity, batch, newest),
              ),
        )
      case 'regenerated':
        return this.#write(state, true, (write) =>
          this.#queue.submit(identity.id, write, (_, newest) => this.#regenerate(state, write, newest ?? write.base)),
        )
      case 'touched':
        return this.#touch(state)
      case 'destroyed':
        return this.#destroy(state)
    }
  }

  /** Hands the changes to `store`. If that fails, they are still there to be stored the next time. */
  async #write(
    state: SessionState,
    alone: boolean,
    store: (write: PendingWrite) => Promise<unknown>,
  ): Promise<StoredSession | undefined> {
    const changes = await state.draft.seal()
    const write: PendingWrite = { alone, changes, base: state.stored }
    await store(write)
    if ('error' in write) throw write.error
    if (write.stored !== undefined)
      await state.draft.acceptStored(changes, { ...write.stored.record, own: write.stored.own })
    return write.stored
  }

  /** A new record, which is version 1, with the write's changes made to `base`. An existing one is never overwritten. */
  async #create({ identity: { id, store } }: SessionState, write: PendingWrite, base: StoredSession): Promise<void> {
    const next = await applyAll(this.#context, [write], base)
    if ('error' in write) return
    const record = { ...next.record, version: 1 }
    if (!(await callStore('create', () => store.create(id, record)))) throw new SessionConflictError(1)
    write.stored = { ...next, record }
  }

  /** The new record first, then the old one goes. If that fails, the new one is taken back. */
  async #regenerate(state: SessionState, write: PendingWrite, base: StoredSession): Promise<undefined> {
    const { identity: old } = state
    let isReplaced = false
    try {
      state.identity = await this.#context.carrier.issue()
      await this.#create(state, write, base)
      // What others have stored by now comes along, and a session that is gone is not brought back.
      const newest = write.stored && (await reload(this.#context, old))
      if (newest !== undefined) {
        if (newest.record.version > base.record.version) await this.#catchUp(state, write, newest)
        isReplaced = await callStore('delete', () => old.store.delete(old.id))
      }
    } finally {
      const { id, store } = state.identity
      if (!isReplaced) {
        state.identity = old
        if (write.stored !== undefined) await callStore('delete', () => store.delete(id))
        delete write.stored
      }
    }
  }

  /** Makes the changes once more, in the new record, to what others have stored in the old one. */
  async #catchUp({ identity: { id, store } }: SessionState, write: PendingWrite, newest: StoredSession): Promise<void> {
    const next = await applyAll(this.#context, [write], newest)
    if ('error' in write) throw write.error
    const record = { ...next.record, version: 2 }
    if (!(await callStore('update', () => store.update(id, record)))) throw new SessionConflictError(1)
    write.stored = { ...next, record }
  }

  async #touch({ identity, stored }: SessionState): Promise<StoredSession | undefined> {
    const { record, lifetime } = stored
    const now = this.#context.now()
    const expiresAt = expiryWhenUsed(now, record.createdAt, lifetime)
    const isTouched =
      now < stored.expiresAt && (await callStore('touch', () => identity.store.touch(identity.id, expiresAt)))
    return isTouched ? { ...stored, record: { ...record, expiresAt }, expiresAt } : undefined
  }

  async #destroy({ identity: { id, store } }: SessionState): Promise<undefined> {
    await callStore('delete', () => store.delete(id))
  }
}
