import type { SessionContext } from '../context.js'
import { handleOf, knownHandle, openHandles } from './handle-registry.js'
import { type CookieSource, isRequest } from './request-cookies.js'
import { RequestSession } from './request-session.js'
import type { SessionHandle } from './session-handle-type.js'

/** The sessions that a manager has opened, and which of them are committed with one response. */
export class CommittedTogether<Data> {
  readonly #context: SessionContext
  /**
   * Sessions of requests that are being handled by an adapter that tells which request the handler has now. Each knows
   * its place here. A `Set` took a fifth of an untouched request in Hono (`benchmarks/against.js`).
   */
  readonly #atWork: RequestSession<Data>[] = []

  constructor(context: SessionContext) {
    this.#context = context
  }

  open(source: CookieSource): RequestSession<Data> {
    if (!isRequest(source)) return new RequestSession<Data>(this.#context, source)
    const opened = handleOf<Data>(this.#context, source)
    if (!opened.isManaged) this.#adopt(opened, source)
    return opened
  }

  /** `current`: the request that the handler has now. A middleware may have replaced it. */
  enter(session: RequestSession<Data>, current: (() => Request) | undefined): void {
    session.current = current
    if (current !== undefined) session.placeAtWork = this.#atWork.push(session) - 1
  }

  /** Lets go of what belongs to the handler, since a request may live longer than its answer. */
  leave(session: RequestSession<Data>): void {
    if (session.current !== undefined) this.#remove(session)
    session.current = undefined
    session.onUse = undefined
    session.others = undefined
  }

  /** Whether the response of a request commits its own session and no other. */
  isAlone(request: Request, { current, others, earlier, isFollowed }: RequestSession<Data>): boolean {
    if (others !== undefined || earlier !== undefined || isFollowed) return false
    return current === undefined || current() === request
  }

  /** The sessions that the response of a request commits, its own last. */
  handled(request: Request, session: RequestSession<Data>): RequestSession<Data>[] {
    if (this.isAlone(request, session)) return [session]
    const now = session.current?.() ?? request
    const { others } = session
    const opened = [now, request].flatMap((request) => openHandles<Data>(this.#context, request))
    const isOpen = (other: RequestSession<Data>): boolean => !other.isOver && !other.isManaged
    return together([...new Set([...opened, ...(others ?? [])].filter(isOpen)), session])
  }

  /**
   * The sessions to commit if a caller names a request, or its handle: that one, and what else the request has opened.
   * @throws TypeError if it is neither
   */
  named(target: Request | SessionHandle<Data>): RequestSession<Data>[] {
    const isOwn = target instanceof RequestSession && target.isOf(this.#context)
    const request = isOwn ? target.request() : target
    if (isOwn && request === undefined) return [target]
    if (!isRequest(request))
      throw new TypeError('fetch-sessions: commit and fail take a Request, or a handle that this manager opened')
    const own = isOwn ? target : knownHandle<Data>(this.#context, request)
    const others = openHandles<Data>(this.#context, request).filter((other) => other !== own)
    if (own !== undefined) others.push(own)
    return others.length > 0 ? together(others) : [this.open(request)]
  }

  #remove({ placeAtWork }: RequestSession<Data>): void {
    const last = this.#atWork.pop() as RequestSession<Data>
    if (last.placeAtWork === placeAtWork) return
    last.placeAtWork = placeAtWork
    this.#atWork[placeAtWork] = last
  }

  /** A session that is opened with the request that has replaced another one is committed with that one. */
  #adopt(opened: RequestSession<Data>, request: Request): void {
    for (const session of this.#atWork) {
      if (session.current?.() !== request) continue
      session.others ??= new Set()
      session.others.add(opened)
    }
  }
}

/** If one of the sessions of a response has failed, all have. */
function together<Data>(sessions: RequestSession<Data>[]): RequestSession<Data>[] {
  const hasFailed = sessions.some((session) => session.hasFailed && !session.isOver)
  if (hasFailed) for (const session of sessions) session.hasFailed = true
  return sessions
}
