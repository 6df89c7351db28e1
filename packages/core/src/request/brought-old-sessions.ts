import { endOldSessions } from '../commit/move-in.js'
import type { BroughtSessions, SessionContext } from '../context.js'
import type { Identity } from '../cookie/cookie-format.js'
import type { OldSessions } from '../session/old-sessions.js'
import type { SessionState } from '../session/session-state.js'
import type { Awaitable } from '../store/store.js'

/** The sessions of another library whose cookies one request has brought, beside the session that it has here. */
export class BroughtOldSessions implements BroughtSessions {
  readonly #context: SessionContext
  readonly #oldSessions: OldSessions
  readonly #cookies: { readonly header: string }
  /** Whether they are ended. */
  #isOver = false

  constructor(context: SessionContext, oldSessions: OldSessions, cookies: { readonly header: string }) {
    this.#context = context
    this.#oldSessions = oldSessions
    this.#cookies = cookies
  }

  end(current: SessionState): Awaitable<void> {
    return this.#isOver ? undefined : this.#endAll(current)
  }

  async #endAll(current: SessionState): Promise<void> {
    await endOldSessions(this.#context, this.#oldSessions, this.#cookies.header, current)
    this.#isOver = true
  }

  areLeft({ status }: SessionState): boolean {
    if (status !== 'destroyed' || this.#isOver) return false
    return this.#oldSessions.cookies(this.#cookies.header).length > 0
  }

  stay(current: SessionState, begunAs: Identity | undefined): Awaitable<boolean> {
    if (this.#oldSessions.isKept) return true
    const { now, emit } = this.#context
    const { id, identity, stored } = current
    const until = stored.content.own?.old ?? (identity === begunAs ? Number.POSITIVE_INFINITY : 0)
    if (now() < until) return true
    if (until === 0 || this.#isOver) return false
    return this.#endAll(current).then(
      () => false,
      // The next request tries again.
      (error) => !emit?.({ type: 'dropped', id, reason: 'store', error }),
    )
  }
}
