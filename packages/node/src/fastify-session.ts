import {
  forgetBody,
  type SessionData,
  type SessionHandle,
  type SessionManager,
  type SessionOptions,
  type SessionSource,
} from '@fetch-sessions/core'
import { NodeHeaders, type OutgoingHeaders } from './node-headers.js'
import type { NodeRequest } from './node-request.js'
import { holdable, type NodeResponse, respondWithoutDetails } from './node-response.js'
import { checkOptions, checkSessions, invalid } from './options.js'
import type { RegisteredData } from './register.js'
import { type NodeSessionOptions, RequestSessions } from './request-sessions.js'
import { isOfAnother, isTaken, refuseAssignment } from './session-property.js'
import { closeUnsent, WaitingStream } from './waiting-stream.js'

// biome-ignore lint/suspicious/noTsIgnore: a doc comment, so that it gets as far as the published types
/** @ts-ignore: Fastify need not be there */
declare module 'fastify' {
  interface FastifyRequest {
    /** The session of this request. Nothing happens before the first `read` or `write`. */
    readonly session: SessionHandle<RegisteredData>
  }
}

/** A `SessionManager`, whatever its sessions hold: Fastify can't infer that, `Register` tells it. */
export type AnySessionManager = Record<'open' | 'begin' | 'handle', (...args: never[]) => unknown>

export interface FastifySessionOptions extends NodeSessionOptions {
  /** A `SessionManager`, its options, or a function that returns either and is called once. */
  sessions: AnySessionManager | SessionOptions<SessionData> | (() => AnySessionManager | SessionOptions<SessionData>)
}

/** The part of a Fastify instance that the plugin needs. Its own types would have to be installed. */
export interface FastifyInstanceLike {
  hasRequestDecorator(name: never): boolean
  decorateRequest(name: never, value: never): unknown
  addHook(name: never, hook: never): unknown
}

interface Request {
  readonly raw: NodeRequest
  readonly log: { error(error: unknown): void; warn(message: string): void }
}

interface Reply {
  readonly raw: NodeResponse
  getHeader(name: string): ReturnType<OutgoingHeaders['getHeader']>
  getHeaders(): Record<string, unknown>
  header(name: string, value: string | readonly string[]): unknown
  removeHeader(name: string): unknown
  code(status: number): unknown
}

type Done = (error?: unknown, payload?: unknown) => void

interface Instance {
  hasRequestDecorator(name: string): boolean
  decorateRequest(name: string, value: { getter(this: Request): unknown; setter(this: Request): unknown }): unknown
  addHook(name: 'onRequest', hook: (request: Request, reply: Reply, done: Done) => void): unknown
  addHook(name: 'onError', hook: (request: Request, reply: Reply, error: unknown, done: Done) => void): unknown
  addHook(
    name: 'onSend',
    hook: (request: Request, reply: Reply, payload: unknown, done: Done) => Promise<unknown> | undefined,
  ): unknown
}

/**
 * A plugin for Fastify that gives each request its session, as `request.session`. It holds for the instance that it is
 * registered with and for everything in it, and comes before the plugins that use sessions.
 *
 * The store has answered before a reply is sent. A status of 500 or more, and everything that Fastify calls an error, saves
 * nothing but a `destroy()`. If a session can't be stored, the error reaches the error handler, and nothing else is sent.
 *
 * @example
 * ```ts
 * await app.register(fastifySession, { sessions })
 *
 * app.get('/', async (request) => {
 *   const session = await request.session.write()
 *   return `Visit ${session.update('count', (n = 0) => n + 1)}`
 * })
 * ```
 */
export async function fastifySession(instance: FastifyInstanceLike, options: FastifySessionOptions): Promise<void> {
  if (options === undefined)
    throw invalid('fastifySession', 'is given to Fastify and not called: app.register(fastifySession, { sessions })')
  const { as, failed } = checkOptions(options, 'sessions')
  if (options.sessions === undefined) {
    throw invalid('sessions', 'is missing: app.register(fastifySession, { sessions: new SessionManager({ … }) })')
  }
  const managerOf = checkSessions(options.sessions as SessionSource<SessionData, []>)
  const app = instance as unknown as Instance
  const before = decorate(app, as, managerOf)
  app.addHook('onRequest', (request, reply, done) => {
    const manager = managerOf()
    if (before !== undefined && before() !== manager) return done(isOfAnother(as))
    const opened = sessionsOf(request, reply)
    const fail = (error: unknown): void => {
      // Only what goes past the reply comes here: a hijacked one, or what is written to its raw response.
      request.log.error(error)
      respondWithoutDetails(holdable(reply.raw))
    }
    opened.name(as, manager)
    opened.add(manager, failed, fail)
    done()
  })
  app.addHook('onError', (request, reply, error, done) => {
    sessionsOf(request, reply).tell(error)
    done()
  })
  app.addHook('onSend', (request, reply, payload, done) => {
    const body = unwrap(reply, payload)
    const sessions = sessionsOf(request, reply)
    if (sessions.isUnderWay) {
      // Another hook has let a second answer through. It stops here: nobody waits for this hook to be done, and if it is a
      // stream, nobody listens to it.
      WaitingStream.of(body)
      request.log.warn(
        'fetch-sessions: a reply was sent twice, and the first one goes out: return reply, or what it is to send',
      )
      return undefined
    }
    const completing = complete(sessions, reply)
    if (completing === undefined) {
      done(null, body)
      return undefined
    }
    const settle = lookSent(sessions, reply.raw)
    const stream = WaitingStream.of(body)
    // A promise, by which what Fastify can't send, such as a header that is none, reaches the error handler.
    return completing.then(
      () => {
        settle()
        stream?.handOver()
        // The client may have gone meanwhile: Fastify would begin to read, and give up so that Node throws past everybody.
        if (!reply.raw.destroyed || !isWebStream(body)) return body
        void closeUnsent(body)
        return null
      },
      (error) => {
        settle()
        void closeUnsent(body)
        startAnew(reply)
        throw error
      },
    )
  })
}

/** Not a promise where there is nothing to wait for. */
function complete(sessions: RequestSessions, reply: Reply): Promise<void> | undefined {
  if (sessions.isComplete) return undefined
  try {
    const completing = sessions.complete(new NodeHeaders(new ReplyHeaders(reply)))
    return completing === undefined ? undefined : Promise.resolve(completing)
  } catch (error) {
    return Promise.reject(error)
  }
}

const ENDED: PropertyDescriptor = { configurable: true, get: () => true }

/**
 * Until the returned function is called, the reply looks as if it had gone, as it would have without a session. Else
 * Fastify takes an async handler that returns nothing behind its `reply.send` for one that has not answered, and answers
 * once more.
 */
function lookSent(sessions: RequestSessions, response: NodeResponse): () => void {
  const before = Object.getOwnPropertyDescriptor(response, 'writableEnded')
  const { statusCode } = response
  Object.defineProperty(response, 'writableEnded', ENDED)
  sessions.isUnderWay = true
  return () => {
    if (before === undefined) Reflect.deleteProperty(response, 'writableEnded')
    else Object.defineProperty(response, 'writableEnded', before)
    response.statusCode = statusCode
    sessions.isUnderWay = false
  }
}

/** Those of a request, whose raw response is held back for what goes past the reply. */
function sessionsOf(request: Request, reply: Reply): RequestSessions {
  const known = RequestSessions.of(request.raw)
  if (known !== undefined) return known
  const opened = new RequestSessions(request, () => reply.raw.statusCode)
  opened.hold(reply.raw)
  return opened
}

interface Registered {
  readonly app: Instance
  readonly managerOf: () => SessionManager<never>
}

/** What this plugin is registered with on an instance of Fastify, by the name of the property. Those inside inherit it. */
const REGISTERED: unique symbol = Symbol('fetch-sessions.registered')

/** Gives the manager that has this name on the very same instance already. */
function decorate(
  app: Instance & { [REGISTERED]?: ReadonlyMap<string, Registered> },
  as: string,
  managerOf: Registered['managerOf'],
): Registered['managerOf'] | undefined {
  const registered = app[REGISTERED] ?? new Map<string, Registered>()
  const known = registered.get(as)
  if (known?.app === app) return known.managerOf
  app[REGISTERED] = new Map([...registered, [as, { app, managerOf }]])
  if (known !== undefined) return undefined
  if (app.hasRequestDecorator(as)) throw isTaken(as)
  app.decorateRequest(as, {
    getter() {
      return RequestSessions.of(this.raw)?.named(as)
    },
    setter: () => refuseAssignment(as),
  })
  return undefined
}

/** What Fastify does with a `Response` later: its headers have to be known when the session's are put beside them. */
function unwrap(reply: Reply, payload: unknown): unknown {
  if (!isResponse(payload) || payload.bodyUsed) return payload
  reply.code(payload.status)
  for (const [name, value] of payload.headers) reply.header(name, value)
  return payload.body
}

function isWebStream(body: unknown): body is ReadableStream {
  return typeof (body as Partial<ReadableStream> | null | undefined)?.getReader === 'function'
}

/** As Fastify knows one: there may be several classes of that name. */
function isResponse(payload: unknown): payload is Response {
  return Object.prototype.toString.call(payload) === '[object Response]'
}

/** The headers of a reply, and of the response under it. */
class ReplyHeaders implements OutgoingHeaders {
  readonly #reply: Reply

  constructor(reply: Reply) {
    this.#reply = reply
  }

  getHeader(name: string): ReturnType<OutgoingHeaders['getHeader']> {
    return this.#reply.getHeader(name)
  }

  getHeaderNames(): string[] {
    return Object.keys(this.#reply.getHeaders())
  }

  setHeader(name: string, value: string | readonly string[]): void {
    // Else a cookie would be one more.
    this.removeHeader(name)
    this.#reply.header(name, value)
  }

  removeHeader(name: string): void {
    this.#reply.removeHeader(name)
    this.#reply.raw.removeHeader(name)
  }
}

/** Fastify's error handler begins with the status that it finds. */
function startAnew(reply: Reply): void {
  forgetBody(new NodeHeaders(new ReplyHeaders(reply)))
  reply.code(500)
}

// What fastify-plugin does: the hooks hold for those who register the plugin, not for the plugin alone.
Object.assign(fastifySession, {
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: '@fetch-sessions/node',
  [Symbol.for('plugin-meta')]: { name: '@fetch-sessions/node', fastify: '5.x' },
})
