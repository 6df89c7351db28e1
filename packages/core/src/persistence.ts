import { CommitQueue } from './commit-queue.js'
import type { PersistencePolicy, SessionContext } from './context.js'
import { SessionConflictError } from './errors.js'
import { expiryWhenUsed, formatMeta, isCookieDue, isTouchDue } from './lifetime.js'
import { type StoredSession, storedSession } from './lookup.js'
import type { SessionState } from './session-state.js'
import { applyAll, type PendingWrite, reload, writeShared } from './shared-write.js'
import { callStore } from './store-call.js'

/** How many new ids are tried. That one is taken is a matter of a broken store, not of chance. */
const MAX_NEW_IDS = 3

type StoreAction = 'create' | 'update' | 'regenerate' | 'touch' | 'destroy'

/** Makes the store agree with what a request did to its session. */
export class Persistence {
  readonly #context: SessionContext
  readonly #queue: CommitQueue<PendingWrite, StoredSession> = new CommitQueue()

  constructor(context: SessionContext) {
    this.#context = context
  }

  /** @throws SessionError if it could not be stored; what is to be stored is then still there to be saved again */
  async save(state: SessionState, policy: PersistencePolicy = this.#context.persistence): Promise<void> {
    const action = this.#decide(state, policy)
    if (action === undefined) return
    const started = performance.now()
    const previousId = state.identity.id
    const isStored = await this.#carryOut(action, state)
    const { id } = state.identity
    if (!isStored) {
      state.end()
      this.#context.emit({ type: 'dropped', id, reason: 'gone' })
    } else {
      const duration = performance.now() - started
      if (action === 'regenerate') this.#context.emit({ type: 'regenerated', id, previousId, duration })
      else this.#context.emit({ type: EVENTS[action], id, duration })
    }
  }

  /** What has to be done, from the state alone. */
  #decide(state: SessionState, policy: PersistencePolicy): StoreAction | undefined {
    const { stored, intent, values } = state
    if (state.gone) return undefined
    if (stored === undefined) {
      if (state.destroyed || state.late) return undefined
      const isEmpty = values.size === 0 && state.owner === undefined
      return isEmpty && policy !== 'always' ? undefined : 'create'
    }
    if (state.destroyed) return 'destroy'
    if (intent.regenerate) return 'regenerate'
    if (intent.owner !== undefined || intent.lifetime !== undefined || values.hasChanges()) return 'update'
    if (policy === 'changed' && !isTouchDue(this.#context.now(), stored.record, stored.lifetime)) return undefined
    // A touch leaves the notes alone, and the expiry must agree with the idle timeout that is noted.
    return stored.record.meta === formatMeta(stored.lifetime, stored.own) ? 'touch' : 'update'
  }

  /** `false`: the record is gone, and with it what was to be stored. */
  #carryOut(action: StoreAction, state: SessionState): Promise<boolean> {
    switch (action) {
      case 'create':
        return this.#create(state)
      case 'update':
        return this.#update(state)
      case 'regenerate':
        return this.#regenerate(state)
      case 'touch':
        return this.#touch(state)
      case 'destroy':
        return this.#destroy(state)
    }
  }

  async #create(state: SessionState): Promise<boolean> {
    await this.#attempt(state, false, async (write) => {
      write.stored = await this.#createRecord(state, await applyAll(this.#context, [write], write.base))
    })
    state.cookieDue = true
    return true
  }

  async #update(state: SessionState): Promise<boolean> {
    const before = state.stored?.record
    const { identity } = state
    const { carrier } = this.#context
    const write = await this.#attempt(state, false, (write) =>
      // What a cookie holds is nobody else's, so there is nobody to queue up with.
      carrier.store === undefined
        ? writeShared(this.#context, identity, [write], undefined)
        : this.#queue.submit(identity.id, write, (batch, newest) =>
            writeShared(this.#context, identity, batch, newest),
          ),
    )
    if (write.stored === undefined) return false
    const { record, lifetime } = write.stored
    state.cookieDue ||= identity.stale || write.intent.lifetime !== undefined || carrier.store === undefined
    state.cookieDue ||= before !== undefined && lifetime.persistent && isCookieDue(before, record, lifetime)
    return true
  }

  /** The new record first, then the old one goes; if that fails, the new one is taken back. */
  async #regenerate(state: SessionState): Promise<boolean> {
    const old = state.identity
    const write = await this.#attempt(state, true, (write) =>
      this.#queue.submit(old.id, write, async () => {
        // What others have stored by now comes along, and a session that is gone is not brought back.
        const base = await reload(this.#context, old)
        if (base === undefined) return undefined
        const next = await applyAll(this.#context, [write], base)
        if (write.error !== undefined) return undefined
        state.identity = await this.#context.carrier.issue()
        try {
          const stored = await this.#createRecord(state, { ...next, record: { ...next.record, version: 1 } })
          if (await this.#replace(old, state)) write.stored = stored
        } finally {
          if (write.stored === undefined) state.identity = old
        }
        return undefined
      }),
    )
    if (write.stored === undefined) return false
    state.cookieDue = true
    return true
  }

  /** `false`: the old record went in between, which is a sign-out, so the new one must go too. */
  async #replace(old: SessionState['identity'], { identity }: SessionState): Promise<boolean> {
    let isReplaced = false
    try {
      isReplaced = await callStore(old.store, 'delete', (it) => it.delete(old.id))
      return isReplaced
    } finally {
      if (!isReplaced) await callStore(identity.store, 'delete', (it) => it.delete(identity.id))
    }
  }

  async #touch(state: SessionState): Promise<boolean> {
    const { identity, stored } = state
    if (stored === undefined) return false
    const { record, lifetime } = stored
    const now = this.#context.now()
    const expiresAt = expiryWhenUsed(now, record.createdAt, lifetime)
    if (now >= stored.expiresAt) return false
    if (!(await callStore(identity.store, 'touch', (it) => it.touch(identity.id, expiresAt)))) return false
    const touched = { ...record, expiresAt }
    state.stored = { ...stored, record: touched, expiresAt }
    state.cookieDue ||= identity.stale || (lifetime.persistent && isCookieDue(record, touched, lifetime))
    state.cookieDue ||= this.#context.carrier.store === undefined
    return true
  }

  async #destroy(state: SessionState): Promise<boolean> {
    const { id, store } = state.identity
    await callStore(store, 'delete', (it) => it.delete(id))
    state.end()
    return true
  }

  /** Under the state's identity, or another if the store has that id already: a record is never overwritten. */
  async #createRecord(state: SessionState, stored: StoredSession): Promise<StoredSession> {
    for (let attempt = 1; ; attempt++) {
      const { id, store } = state.identity
      if (await callStore(store, 'create', (it) => it.create(id, stored.record))) return stored
      if (attempt === MAX_NEW_IDS) throw new SessionConflictError(attempt)
      state.identity = await this.#context.carrier.issue()
    }
  }

  /** Seals what the request did and lets `store` write it. If that fails, all of it is put back. */
  async #attempt(
    state: SessionState,
    alone: boolean,
    store: (write: PendingWrite) => Promise<unknown>,
  ): Promise<PendingWrite> {
    const changes = await state.values.seal()
    const base = state.stored ?? this.#unborn(state)
    const write: PendingWrite = { alone, changes, intent: state.takeIntent(), base }
    try {
      await store(write)
      if (write.error !== undefined) throw write.error
    } catch (error) {
      state.values.unseal(changes)
      state.restoreIntent(write.intent)
      throw error
    }
    if (write.stored !== undefined) {
      state.stored = write.stored
      const { data } = write.stored.record
      if (data !== changes.text) await state.values.adopt(data)
    }
    return write
  }

  /** What a new session's changes are made to: version 0, holding nothing. */
  #unborn({ createdAt }: SessionState): StoredSession {
    return storedSession(this.#context, { data: '', owner: undefined, createdAt, version: 0 }, undefined)
  }
}

const EVENTS = { create: 'created', update: 'saved', touch: 'touched', destroy: 'destroyed' } as const
