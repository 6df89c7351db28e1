import type { SessionRecord, SessionStore, StoredInfo } from '@fetch-sessions/core'
import type { Schedule } from '../schedule.js'

/** One call of a store, and what came of it. */
export interface Call {
  readonly by: string
  readonly method: 'load' | 'create' | 'update' | 'touch' | 'delete' | 'listByOwner' | 'deleteByOwner'
  /** Of a session, or whose. */
  readonly of: string
  readonly except?: string | undefined
  readonly record?: SessionRecord | undefined
  /** Of a touch. */
  readonly touched?: { readonly expiresAt: number; readonly version: number }
  /** How many steps of the run there had been. */
  readonly asked: number
  /** `undefined`: it never ended. */
  ended?: number
  answer?: boolean | number | SessionRecord | readonly StoredInfo[] | undefined
  failure?: unknown
}

/** A store that notes what is asked of it. */
export function noting(store: SessionStore, by: string, schedule: Schedule, calls: Call[]): SessionStore {
  const note = async <Answer extends Call['answer']>(
    call: Pick<Call, 'method' | 'of' | 'except' | 'record' | 'touched'>,
    ask: () => Answer | Promise<Answer>,
  ): Promise<Answer> => {
    const noted: Call = { ...call, by, asked: schedule.steps.length }
    calls.push(noted)
    try {
      const answer = await ask()
      noted.answer = answer
      return answer
    } catch (failure) {
      noted.failure = failure
      throw failure
    } finally {
      noted.ended = schedule.steps.length
    }
  }
  const { listByOwner, deleteByOwner } = store
  return {
    load: (id) => note({ method: 'load', of: id }, () => store.load(id)),
    create: (id, record) => note({ method: 'create', of: id, record }, () => store.create(id, record)),
    update: (id, record) => note({ method: 'update', of: id, record }, () => store.update(id, record)),
    touch: (id, expiresAt, version) =>
      note({ method: 'touch', of: id, touched: { expiresAt, version } }, () => store.touch(id, expiresAt, version)),
    delete: (id) => note({ method: 'delete', of: id }, () => store.delete(id)),
    ...(listByOwner && {
      listByOwner: (owner) => note({ method: 'listByOwner', of: owner }, () => listByOwner.call(store, owner)),
    }),
    ...(deleteByOwner && {
      deleteByOwner: (owner, except) =>
        note({ method: 'deleteByOwner', of: owner, except }, () => deleteByOwner.call(store, owner, except)),
    }),
  }
}
