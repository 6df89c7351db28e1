import type { SessionListener, SessionWarning } from './events.js'
import type { SessionStore } from './store/store.js'

/** What a store says of itself. */
export type StoreTraits = Pick<SessionStore, 'atomic' | 'consistency' | 'isProcessLocal'>

const MESSAGES: Record<SessionWarning, string> = {
  'memory-store': 'MemoryStore keeps all in this process alone. Use a store of your database in production.',
  'cookie-never-returns':
    'sessions are created over http, but no cookie comes back: browsers send a Secure one over https only. Serve https, or set cookie: { secure: false } for a test.',
  'eventual-store': 'this store is eventually consistent: a destroyed session may still open for a while.',
  'no-compare-and-set': 'this store can not compare and set: of two writes at the same moment, one is lost.',
}

/** How many sessions over plain http, without one that comes back, are no accident. */
const SUSPICIOUS = 5

/** Tells what goes wrong on the first day, once each: as an event, and on the console where somebody looks at it. */
export class FirstDayWarnings {
  readonly #emit: SessionListener | undefined
  readonly #isSilent: boolean
  readonly #told: Set<SessionWarning> = new Set()
  #createdOverHttp = 0

  constructor(emit: SessionListener | undefined, isSilent: boolean) {
    this.#emit = emit
    this.#isSilent = isSilent
  }

  /** What a store is weaker at than what core promises. `option`: where it was given, if that is not `store`. */
  weakness({ isProcessLocal, consistency, atomic }: StoreTraits, option: string | undefined): void {
    if (isProcessLocal && isProduction()) this.tell('memory-store', true, option)
    if (consistency === 'eventual') this.tell('eventual-store', false, option)
    if (atomic === false) this.tell('no-compare-and-set', false, option)
  }

  tell(warning: SessionWarning, onConsole: boolean, option?: string): void {
    if (this.#isSilent || this.#told.has(warning)) return
    this.#told.add(warning)
    const message = option ? `${option}: ${MESSAGES[warning]}` : MESSAGES[warning]
    this.#emit?.({ type: 'warning', warning, message })
    if (onConsole) console.warn(`fetch-sessions: ${message}`)
  }

  /** A session came back, so cookies do: there is a proxy that speaks https, or a client that does not care. */
  cookieReturned(): void {
    this.#createdOverHttp = Number.NEGATIVE_INFINITY
  }

  /** A session with a `Secure` cookie was created for this URL. */
  cookieSent(request: Request): void {
    if (this.#createdOverHttp < 0 || !isPlainHttp(request.url) || isBehindHttps(request)) return
    this.#createdOverHttp++
    if (this.#createdOverHttp >= SUSPICIOUS) this.tell('cookie-never-returns', !isProduction())
  }
}

/** The part of Deno's and Node's globals that is looked at. */
interface Environment {
  readonly Deno?: {
    readonly permissions?: { querySync?(about: { name: 'env'; variable: string }): { readonly state: string } }
  }
  readonly process?: { readonly env?: Record<string, string | undefined> }
}

export function isProduction(): boolean {
  const { Deno, process } = globalThis as Environment
  try {
    // Deno asks the user, or throws, for a variable that the program was not allowed to see: it is not worth that.
    const permission = Deno?.permissions?.querySync?.({ name: 'env', variable: 'NODE_ENV' })
    if (permission !== undefined && permission.state !== 'granted') return false
    return process?.env?.NODE_ENV === 'production'
  } catch {
    return false
  }
}

/** To a host that is not this very machine, for which browsers make an exception. */
function isPlainHttp(url: string): boolean {
  return /^http:/i.test(url) && !/^http:\/\/([^/?#]*\.)?(localhost|127(\.\d+){3}|\[::1\])\.?(:\d+)?([/?#]|$)/i.test(url)
}

/** A proxy that speaks https says so. On Deno, the headers can't be read any more once a request is upgraded. */
function isBehindHttps({ headers }: Request): boolean {
  try {
    return /https/i.test(headers.get('x-forwarded-proto') ?? headers.get('forwarded') ?? '')
  } catch {
    return true
  }
}
