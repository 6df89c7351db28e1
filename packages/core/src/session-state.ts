import type { Identity } from './carrier.js'
import { SessionCommittedError, SessionDestroyedError } from './errors.js'
import type { OwnLifetime } from './lifetime.js'
import type { StoredSession } from './lookup.js'
import type { WorkingValues } from './working-values.js'

/** What is to become of a session, besides its values. */
export interface Intent {
  regenerate: boolean
  owner: { readonly is: string | undefined } | undefined
  lifetime: OwnLifetime | undefined
}

const noIntent = (): Intent => ({ regenerate: false, owner: undefined, lifetime: undefined })

/** One session during one request: what is known of it, and what the request wants to become of it. */
export class SessionState {
  /** Under which id it is stored, or is going to be. */
  identity: Identity
  /** What the store holds, as far as this request knows; `undefined` for a session that is not stored. */
  stored: StoredSession | undefined
  readonly values: WorkingValues
  /** The response is committed: no cookie can be sent any more. */
  readonly late: boolean
  /** The times of a session that is not stored. Milliseconds since the epoch. */
  readonly #fresh: { readonly createdAt: number; readonly expiresAt: number }

  intent: Intent = noIntent()
  /** `destroy()` was called. */
  destroyed = false
  /** It was in the store and is no more: destroyed by this request, or in between by another. */
  gone = false
  /** The response has to carry the cookie. */
  cookieDue = false
  /** A change from here on would be lost. */
  closed = false

  constructor(
    identity: Identity,
    stored: StoredSession | undefined,
    values: WorkingValues,
    fresh: { createdAt: number; expiresAt: number },
    late: boolean,
  ) {
    this.identity = identity
    this.stored = stored
    this.values = values
    this.#fresh = fresh
    this.late = late
  }

  get createdAt(): number {
    return this.stored?.record.createdAt ?? this.#fresh.createdAt
  }

  get expiresAt(): number {
    return this.stored?.expiresAt ?? this.#fresh.expiresAt
  }

  get owner(): string | undefined {
    return this.intent.owner === undefined ? this.stored?.record.owner : this.intent.owner.is
  }

  /** @throws SessionDestroyedError or SessionCommittedError if a change would be lost */
  assertWritable(): void {
    if (this.destroyed || this.gone) throw new SessionDestroyedError()
    if (this.late && this.stored === undefined) {
      throw new SessionCommittedError('a new session can not start here, since its cookie can not be sent any more')
    }
    if (this.closed) throw new SessionCommittedError()
  }

  /** The intent, to be carried out; the next one starts empty. */
  takeIntent(): Intent {
    const { intent } = this
    this.intent = noIntent()
    return intent
  }

  /** An intent that could not be carried out comes before what was said since. */
  restoreIntent(older: Intent): void {
    this.intent = {
      regenerate: older.regenerate || this.intent.regenerate,
      owner: this.intent.owner ?? older.owner,
      lifetime: this.intent.lifetime ?? older.lifetime,
    }
  }

  /** The session is no more, in the store as for this request. */
  end(): void {
    this.gone = true
    this.stored = undefined
    this.cookieDue = false
    this.values.clear()
  }
}
