import fc from 'fast-check'
import { CookieStore, MemoryStore, SessionDestroyedError, type SessionHandle, SessionManager } from '../index.js'
import { secret } from './secret.js'

/** What the generated applications keep: whose session it is, and who has signed in. */
export interface Owned {
  who: string
  user: string
  visits: number
}

export const visitors = ['ada', 'bob', 'eve'] as const
export type Visitor = (typeof visitors)[number]

/** What a layer does with its session. */
export type Op = 'read' | 'write' | 'save' | 'sign-in' | 'sign-out'

/** One handler around the next. */
export interface Layer {
  /** `same`: it hands its request on; `new`: another one that is equal; `clone`: a clone of it. */
  readonly request: 'same' | 'new' | 'clone'
  /** Whose session it opens: everybody's manager, or a second one beside it. */
  readonly manager: 'sessions' | 'carts'
  readonly before: readonly Op[]
  readonly after: readonly Op[]
  /** Whether it makes a page of what the inner one throws. */
  readonly catches: boolean
}

/** One request to a generated application. */
export interface Visit {
  readonly visitor: Visitor
  /** The outermost first; none: a route without the middleware. */
  readonly layers: readonly Layer[]
  readonly answer: keyof Answers
  readonly end: 'return' | 'error' | 'thrown 303' | 'thrown 503'
  /** Whether the same Request is handled again where an error came through. */
  readonly isRetried: boolean
  /** Whether somebody reads the body of what came. */
  readonly isRead: boolean
  /** What else the `Cookie` header brings under the session's name: as planted by a neighbour, or left from before. */
  readonly stray: 'nothing' | 'forged before' | 'dead before' | 'dead behind' | 'twice'
  /** Whether the visitor's next request is sent at the same time. */
  readonly isBesideNext: boolean
}

const ops = (withAuth: boolean): fc.Arbitrary<Op[]> =>
  fc.array(fc.constantFrom<Op>('read', 'write', 'save', ...(withAuth ? (['sign-in', 'sign-out'] as const) : [])), {
    maxLength: 3,
  })

const layer: fc.Arbitrary<Layer> = fc.record({
  request: fc.constantFrom('same', 'new', 'clone'),
  manager: fc.constantFrom('sessions', 'sessions', 'sessions', 'carts'),
  before: ops(true),
  after: ops(true),
  catches: fc.boolean(),
})

/** Requests, in the order in which each visitor sends their own, two at once at times. */
export const visits: fc.Arbitrary<Visit[]> = fc.array(
  fc.record({
    visitor: fc.constantFrom(...visitors),
    layers: fc.array(layer, { maxLength: 3 }).map(withOneAuthentication),
    answer: fc.constantFrom<keyof Answers>('empty', 'text', 'clone', 'rewrapped', 'redirect', 'used', 'error', 'fresh'),
    end: fc.constantFrom('return', 'return', 'return', 'error', 'thrown 303', 'thrown 503'),
    isRetried: fc.boolean(),
    isRead: fc.boolean(),
    stray: fc.constantFrom('nothing', 'nothing', 'forged before', 'dead before', 'dead behind', 'twice'),
    isBesideNext: fc.boolean(),
  }),
  { minLength: 1, maxLength: 12 },
)

/** A request signs in or out once, so that everybody knows what has to come of it. */
function withOneAuthentication(layers: Layer[]): Layer[] {
  let isFree = true
  const keep = (op: Op, { manager }: Layer): boolean => {
    if (op !== 'sign-in' && op !== 'sign-out') return true
    const isKept = isFree && manager === 'sessions'
    isFree &&= !isKept
    return isKept
  }
  const before = layers.map((layer) => ({ ...layer, before: layer.before.filter((op) => keep(op, layer)) }))
  return before.map((layer) => ({ ...layer, after: layer.after.filter((op) => keep(op, layer)) }))
}

/** What a handler returns: constants that serve everybody, and what people make of them. */
export class Answers {
  readonly #done: Response = new Response(null, { status: 303, headers: { location: '/' } })
  readonly #text: Response = new Response('done')
  readonly #moved: Response = Response.redirect('https://example.com/', 303)
  readonly #used: Response = new Response('used')

  constructor() {
    void this.#used.text()
  }

  empty = (): Response => this.#done
  text = (): Response => this.#text
  clone = (): Response => (this.#text.bodyUsed ? this.#done : this.#text).clone()
  rewrapped = (): Response => new Response(this.#done.body, this.#done)
  redirect = (): Response => this.#moved
  used = (): Response => this.#used
  error = (): Response => Response.error()
  fresh = (): Response => new Response('fresh')
}

/** All that the visitors of one generated application share. */
export class World {
  readonly answers: Answers = new Answers()
  readonly sessions: SessionManager<Owned>
  readonly carts: SessionManager<Owned>
  readonly hasStore: boolean
  /** The sessions whose cookie could not be sent, as events have told. */
  readonly unsent: Set<string> = new Set()

  constructor(store: 'memory' | 'cookie') {
    this.hasStore = store === 'memory'
    const options = {
      store: store === 'memory' ? new MemoryStore() : new CookieStore(),
      secret,
      onEvent: (event: { type: string; id?: string; reason?: string }) => {
        if (event.type === 'dropped' && event.reason === 'response') this.unsent.add(String(event.id))
      },
    }
    this.sessions = new SessionManager<Owned>(options)
    this.carts = new SessionManager<Owned>({ store: new MemoryStore(), secret, cookie: { name: '__Host-cart' } })
  }
}

/** What an application notes while it serves a request. */
export interface Notes {
  /** Whose data the handlers were shown. */
  readonly shown: Set<string>
  /** The ids of the sessions that somebody signed in. */
  readonly signedIn: Set<string>
  readonly done: { at: number; op: Op }[]
}

/** Serves one request. `pause` lets others go first. */
export function serve(
  world: World,
  visit: Visit,
  request: Request,
  { isFailing, pause, notes }: { isFailing: boolean; pause: () => Promise<void>; notes: Notes },
): Promise<Response> {
  const run = async (handle: SessionHandle<Owned>, ops: readonly Op[], at: number): Promise<void> => {
    for (const op of ops) {
      await pause()
      try {
        const session = await handle.read()
        const who = session.get('who')
        if (who !== undefined) notes.shown.add(who)
        if (op === 'save') await handle.save()
        else if (op !== 'read') change(await handle.write(), op, visit.visitor, notes)
        notes.done.push({ at, op })
      } catch (error) {
        // A session that was ended before can't be changed, as the error says.
        if (!(error instanceof SessionDestroyedError)) throw error
      }
    }
  }
  const at = async (index: number, request: Request): Promise<Response> => {
    const layer = visit.layers[index]
    if (layer === undefined) return end(world, visit, isFailing)
    const given = layer.request === 'same' ? request : layer.request === 'new' ? new Request(request) : request.clone()
    return world[layer.manager].handle(given, async (handle) => {
      await run(handle, layer.before, index)
      const response = await at(index + 1, given).catch((error: unknown) => {
        if (!layer.catches) throw error
        return error instanceof Response ? error : world.answers[visit.answer]()
      })
      await run(handle, layer.after, index)
      return response
    })
  }
  return at(0, request)
}

function change(
  session: Awaited<ReturnType<SessionHandle<Owned>['write']>>,
  op: Op,
  visitor: Visitor,
  notes: Notes,
): void {
  if (op === 'sign-out') {
    session.destroy()
    return
  }
  session.set('who', visitor).update('visits', (n = 0) => n + 1)
  if (op === 'sign-in') {
    session.set('user', visitor).regenerate()
    notes.signedIn.add(session.id)
  }
}

function end({ answers }: World, { end, answer }: Visit, isFailing: boolean): Response {
  if (end === 'error' && isFailing) throw new Error('thrown by the handler')
  if (end === 'thrown 303') throw answers.empty()
  if (end === 'thrown 503') throw new Response('busy', { status: 503 })
  return answers[answer]()
}
