import { copyResponse, type SessionHandle, type SessionManager, type WritableSession } from '@fetch-sessions/core'
import { Bindings, type BoundState, type DeviceBoundData } from './binding.js'
import { Endpoints } from './endpoints.js'
import { emitter } from './events.js'
import { checkGuard, type GuardOptions, refuse } from './guard.js'
import { quoted, type RequestLike } from './header.js'
import { type DeviceBoundOptions, type Setting, settingOf } from './options.js'
import { Seal } from './seal.js'
import { Tokens } from './tokens.js'

/** The header by which a browser hears that it may make a key. */
const REGISTRATION = 'Secure-Session-Registration'

/**
 * Binds sessions to the devices that they were begun on (Device Bound Session Credentials), where the browser can.
 * Experimental.
 *
 * @throws TypeError that names the option that can't work, and says what to do
 *
 * @example
 * ```ts
 * const bound = deviceBound(sessions)
 *
 * const fetch = withSession(async (request, handle) => {
 *   const answer = bound.handle(request)
 *   if (answer) return answer
 *   if (new URL(request.url).pathname === '/sign-in') {
 *     const session = await handle.write()
 *     session.regenerate()
 *     session.set('userId', 'ada')
 *     return bound.register(request, Response.redirect(new URL('/', request.url), 303))
 *   }
 *   if ((await bound.state(request)) === 'missing') return new Response('Please sign in again', { status: 401 })
 *   return new Response('Hello')
 * }, sessions)
 * ```
 */
export function deviceBound<Data>(sessions: SessionManager<Data>, options: DeviceBoundOptions = {}): DeviceBound<Data> {
  return new DeviceBound<Data>(sessions, options)
}

/** What `deviceBound` makes. All methods can be handed on by themselves. */
export class DeviceBound<Data> {
  readonly #sessions: SessionManager<DeviceBoundData>
  readonly #setting: Setting
  readonly #tokens: Tokens
  readonly #bindings: Bindings
  readonly #endpoints: Endpoints

  constructor(sessions: SessionManager<Data>, options: DeviceBoundOptions) {
    const setting = settingOf(sessions, options)
    const emit = emitter(options.onEvent)
    // The binding lies beside the application's data, under a key of its own.
    this.#sessions = sessions as unknown as SessionManager<DeviceBoundData>
    this.#setting = setting
    this.#tokens = new Tokens(new Seal(sessions, setting.cookie.name), setting)
    this.#bindings = new Bindings(this.#sessions, setting, this.#tokens, emit)
    this.#endpoints = new Endpoints(setting, this.#tokens, this.#bindings, emit)
  }

  /**
   * Answers browsers that register or renew; `undefined`, at once, for any other request. Put it in front of the
   * application's routes.
   */
  readonly handle = (request: RequestLike): Promise<Response> | undefined => this.#endpoints.answer(request)

  /**
   * For a sign-in, once the session has its new id and user: begins a binding, and returns the response with the header
   * that tells the browser. A browser that does not know it ignores it. Call it where somebody has just shown who they
   * are, and nowhere else: it takes the place of the binding before. The session is stored at once.
   * @throws TypeError if a schema drops the binding; SessionError if the session can't be stored
   */
  readonly register = async (request: Request, response: Response): Promise<Response> => {
    const handle = this.#sessions.open(request)
    const value = await this.bind(await handle.write())
    await handle.save()
    await this.#bindings.check(handle)
    // A response of the handler's own may be a constant that serves everybody.
    const copy = copyResponse(response)
    copy.headers.append(REGISTRATION, value)
    return copy
  }

  /** The same for frameworks without a `Response`: the value of the header `Secure-Session-Registration`. */
  readonly bind = async (session: WritableSession<Data> | WritableSession<DeviceBoundData>): Promise<string> => {
    const { id } = this.#bindings.begin(session as WritableSession<DeviceBoundData>)
    const challenge = await this.#tokens.offer(id)
    return `(ES256 RS256);path=${quoted(`${this.#setting.path}/register`)};challenge=${quoted(challenge)}`
  }

  /**
   * How this request stands to its session's device. Loads the session; notes the first proof of a session in it, which is
   * stored with the response. `missing`: do as if nobody were signed in, and leave the session as it is.
   * @throws SessionStoreError if the store fails
   */
  readonly state = (request: Request): Promise<BoundState> =>
    this.#bindings.state(this.#sessions.open(request), request.headers)

  /** The same for frameworks without a `Request`: the handle, and the headers of the request. */
  readonly stateOf = (
    handle: SessionHandle<Data> | SessionHandle<DeviceBoundData>,
    headers: Headers,
  ): Promise<BoundState> => this.#bindings.state(handle as SessionHandle<DeviceBoundData>, headers)

  /**
   * A step that stands in front of routes: the response to a request that lacks proof, or `undefined` if it may go on. A
   * page that was opened by a link of another site, for which browsers do not renew the cookie, loads itself again. All
   * else gets a 401 with `{ "code": "device-proof" }`.
   */
  readonly guard = (
    options: GuardOptions = {},
  ): (<R extends RequestLike>(request: R) => Promise<Response | undefined>) => {
    checkGuard(options)
    const { proven = false } = options
    return async (request) => {
      const handle = this.#sessions.open(request as unknown as Request)
      const state = await this.#bindings.state(handle, request.headers)
      if (state === 'proven' || (state === 'unbound' && !proven)) return undefined
      const isStarting = (milliseconds: number): Promise<boolean> => this.#bindings.isStarting(handle, milliseconds)
      return refuse({ request, cookie: this.#setting.cookie, isMissing: state === 'missing', isStarting }, options)
    }
  }
}
